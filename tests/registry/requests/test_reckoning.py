"""What was foretold against what came."""

from __future__ import annotations

from typing import Any

import pytest

from evenhand.registry.requests import compared, record_of


def told(mean: float, half: float) -> dict[str, Any]:
    return {"profit": {"mean": mean, "low": mean - half, "high": mean + half}}


def test_intervals_that_share_a_value_agree() -> None:
    found = compared(told(1.0, 0.5), told(2.0, 0.5))
    assert found is not None
    assert found.within
    apart = compared(told(1.0, 0.5), told(2.5, 0.5))
    assert apart is not None
    assert not apart.within


@pytest.mark.parametrize("other", [None, {}, {"profit": 3}, {"profit": {"mean": 1, "low": 0}}, {"profit": {
    "mean": True, "low": 0, "high": 1}}, "text", [1]])  # fmt: skip
def test_documents_that_do_not_tell_the_profit_are_not_compared(other: Any) -> None:
    assert compared(told(1, 1), other) is None
    assert compared(other, told(1, 1)) is None


def test_a_record_counts_what_both_tell() -> None:
    pairs = [(told(1.0, 0.1), told(1.1, 0.2)), (told(1.0, 0.1), told(2.0, 0.1)), (None, told(9.0, 0.1))]
    found = record_of(pairs)
    assert (found.compared, found.within) == (2, 1)
    assert found.bias == pytest.approx(0.55)
    assert record_of([]) == (0, 0, None)
