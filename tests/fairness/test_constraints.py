from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from evenhand.errors import EvenhandError
from evenhand.fairness import DemographicParity, GroupRate, gap, ordered_pairs


def test_all_slacks_are_at_most_zero_exactly_when_the_gap_is_within_tolerance() -> None:
    rng = np.random.default_rng(0)
    parity = DemographicParity("age", tolerance=0.3)
    seen = set()
    for _ in range(500):
        rates = 0.5 * rng.random(rng.integers(2, 5))
        fair = bool((parity.slack(rates) <= 0).all())
        assert fair == (rates.max() - rates.min() <= 0.3)
        seen.add(fair)
    assert seen == {True, False}


def test_slack_agrees_with_two_loops() -> None:
    rates = np.array([0.1, 0.4, 0.25])
    parity = DemographicParity("age", tolerance=0.05)
    expected = [rates[g] - rates[h] - 0.05 for g in range(3) for h in range(3) if g != h]
    assert parity.slack(rates) == pytest.approx(expected)
    assert parity.pairs("xyz") == (("x", "y"), ("x", "z"), ("y", "x"), ("y", "z"), ("z", "x"), ("z", "y"))
    assert [("xyz"[g], "xyz"[h]) for g, h in ordered_pairs(3)] == list(parity.pairs("xyz"))


def test_costs_of_the_periods_add_up_to_the_slack_of_the_episode() -> None:
    rng = np.random.default_rng(2)
    sizes = np.array([300, 250, 800])
    benefits = rng.binomial(sizes, 0.2, size=(26, 64, 3))  # periods, populations, groups
    parity = DemographicParity("income", tolerance=0.02)
    costs = sum(parity.cost(benefits[t], sizes, 26) for t in range(26))
    rates = benefits.sum(axis=0) / (26 * sizes)
    assert np.shape(costs) == (64, 6)
    np.testing.assert_allclose(costs, parity.slack(rates), atol=1e-12)


def test_groups_that_take_turns_are_fair_over_the_episode() -> None:
    """The sum of the periods' gaps would be 2; the summed slacks see equal rates."""
    parity = DemographicParity("age", tolerance=0.05)
    costs = parity.cost([10, 0], [10, 10], 2) + parity.cost([0, 10], [10, 10], 2)
    assert costs == pytest.approx([-0.05, -0.05])


def test_fewer_than_two_groups_have_no_pairs() -> None:
    parity = DemographicParity("age")
    assert parity.slack(np.zeros((4, 1))).shape == (4, 0)
    assert ordered_pairs(0).shape == (0, 2)


def test_holds_asks_the_gap() -> None:
    rates = [GroupRate("a", 300, 0.30, 0, 1), GroupRate("b", 300, 0.34, 0, 1), GroupRate("c", 5, 1.0, 0, 1)]
    assert gap(rates) == pytest.approx(0.04)
    assert DemographicParity("age", tolerance=0.05).holds(rates)
    assert not DemographicParity("age", tolerance=0.03).holds(rates)
    assert not DemographicParity("age", tolerance=0.05).holds(rates, min_group=5)


def test_a_constraint_is_a_frozen_value() -> None:
    parity = DemographicParity("age", tolerance=0.04)
    assert parity == DemographicParity("age", 0.04)
    assert hash(parity) == hash(DemographicParity("age", 0.04))
    with pytest.raises(dataclasses.FrozenInstanceError):
        parity.tolerance = 0.9  # type: ignore[misc]


@pytest.mark.parametrize("tolerance", [-0.01, 1.5, float("nan")])
def test_a_tolerance_outside_0_to_1_is_refused(tolerance: float) -> None:
    with pytest.raises(EvenhandError, match=r"tolerance .* for 'age'"):
        DemographicParity("age", tolerance=tolerance)


def test_an_empty_group_cannot_be_constrained() -> None:
    with pytest.raises(EvenhandError, match="empty group of 'age'"):
        DemographicParity("age").cost([1, 0], [10, 0], 4)
