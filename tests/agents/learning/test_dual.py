"""Multipliers by hand, and the worst tail of episodes as an ordinary cost."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.agents import DualSettings
from evenhand.agents.learning.dual import Dual, tail_costs, tail_slack

ASCENT = DualSettings(rate=0.5, proportional=0.0, derivative=0.0, cap=0.2, tail=1.0)


def moved(settings: DualSettings, *slacks: list[float]) -> list[list[float]]:
    dual, seen = Dual.zero(len(slacks[0])), []
    for slack in slacks:
        dual = dual.moved(np.array(slack), settings)
        seen.append(dual.multipliers.round(12).tolist())
    return seen


def test_without_the_other_gains_multipliers_are_plain_projected_ascent() -> None:
    found = moved(ASCENT, [0.2, -0.3], [-0.06, 0.01], [9.0, -9.0], [-1.0, 0.0])
    assert found == [[0.1, 0.0], [0.07, 0.005], [0.2, 0.0], [0.0, 0.0]]


def test_the_other_gains_answer_the_slack_and_its_rise() -> None:
    """0.1 * slack + integral at rate 0.5 + 2 * rise; a falling slack adds nothing."""
    settings = DualSettings(rate=0.5, proportional=0.1, derivative=2.0, cap=5.0)
    found = moved(settings, [0.2], [0.3], [0.1])
    np.testing.assert_allclose(found, [[0.02 + 0.1 + 0.4], [0.03 + 0.25 + 0.2], [0.01 + 0.3]])


def test_the_tail_is_the_mean_of_the_worst_episodes_of_each_constraint() -> None:
    slacks = np.array([[0.1, -0.4], [0.3, -0.1], [-0.2, -0.2], [0.0, -0.3]])
    threshold, mean = tail_slack(slacks, 0.5)
    np.testing.assert_allclose(threshold, [0.1, -0.2])
    np.testing.assert_allclose(mean, [0.2, -0.15])
    np.testing.assert_allclose(tail_slack(slacks, 0.01)[1], [0.3, -0.1])
    np.testing.assert_allclose(tail_slack(slacks, 1.0)[1], slacks.mean(axis=0))


def test_all_episodes_as_the_tail_are_charged_their_own_costs() -> None:
    costs = np.random.default_rng(0).normal(size=(5, 8, 3))
    threshold, _ = tail_slack(costs.sum(axis=0), 1.0)
    np.testing.assert_array_equal(tail_costs(costs, threshold, 1.0), costs)


@pytest.mark.parametrize("tail", [0.125, 0.25, 0.5])
def test_the_mean_of_tail_costs_is_the_tail(tail: float) -> None:
    """Rockafellar and Uryasev's identity at the quantile, with the tail by sorting as the oracle.

    The paid sums leave out nu and what max(0, nu) an episode begins with, constants that no policy moves.
    """
    costs = np.random.default_rng(1).normal(size=(5, 40, 3))
    threshold, mean = tail_slack(costs.sum(axis=0), tail)
    paid = tail_costs(costs, threshold, tail).sum(axis=0).mean(axis=0)
    np.testing.assert_allclose(paid + threshold + (np.maximum(0.0, threshold) - threshold) / tail, mean)


def test_only_episodes_in_the_tail_are_charged_more_in_the_end() -> None:
    costs = np.random.default_rng(2).normal(size=(5, 40, 1))
    sums = costs.sum(axis=0)[:, 0]
    threshold, _ = tail_slack(costs.sum(axis=0), 0.25)
    paid = tail_costs(costs, threshold, 0.25).sum(axis=0)[:, 0]
    np.testing.assert_allclose(paid - paid.min(), np.maximum(sums - threshold[0], 0.0) / 0.25, atol=1e-12)
