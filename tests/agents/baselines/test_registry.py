"""Every opponent can be tuned, written down, read and rolled out by its name alone."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from tests.agents.toy import Toy, toy_setup

from evenhand.agents import PopulationPool, roll_out
from evenhand.agents.baselines.case import Case
from evenhand.agents.baselines.registry import OPPONENTS, Opponent, named, plain
from evenhand.errors import DataError

CASE = Case(Toy(affinity=(0.3, 0.9)).simulator, toy_setup(tolerance=0.5), populations=2, n_customers=60)


def test_names_are_unique() -> None:
    assert len({opponent.name for opponent in OPPONENTS}) == len(OPPONENTS)
    assert len({opponent.label for opponent in OPPONENTS}) == len(OPPONENTS)


@pytest.mark.parametrize("opponent", OPPONENTS, ids=lambda opponent: opponent.name)
def test_what_tuning_found_survives_a_file(opponent: Opponent) -> None:
    """The same policy, set-up and outcome, and the budget beside them."""
    if opponent.name == "policy-tree":
        pytest.importorskip("econml")
    case = replace(CASE, n_customers=200) if opponent.name == "policy-tree" else CASE
    found = opponent.tune(case)
    again = opponent.read(json.loads(json.dumps(plain(found))), case.setup)
    assert plain(again) == plain(found)
    if found is not None:
        assert found.tried > 1
        assert found.populations == 2
    pool = PopulationPool(case.simulator, first_seed=3, count=2, n_customers=60)
    outcomes = []
    for one in (found, again):
        policy, setup = opponent.enter(case.setup, case.layout, one)
        outcomes.append(roll_out(policy, setup, pool, range(2)).profit.tolist())
    assert outcomes[0] == outcomes[1]


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(DataError, match=r"no opponent 'kmean'.*did you mean 'kmeans'\?"):
        named("kmean")
