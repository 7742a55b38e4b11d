"""The doubly robust policy tree finds who should get what, or says what is missing."""

from __future__ import annotations

import sys

import pytest
from tests.agents.baselines.test_uplift_tree import N_BINS, trial

from evenhand.agents.baselines.policy_tree import policy_tree
from evenhand.errors import EvenhandError


def test_its_leaves_get_what_works_there() -> None:
    pytest.importorskip("econml")
    leaves = policy_tree(trial(), N_BINS, depth=1)
    assert [(leaf.hi.tolist(), leaf.campaign) for leaf in leaves] == [([6, 2], 1), ([6, 4], 2)]


def test_without_its_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "econml.policy", None)
    with pytest.raises(EvenhandError, match=r"needs the package econml.*evenhand\[causal\]"):
        policy_tree(trial(n=30), N_BINS, depth=1)
