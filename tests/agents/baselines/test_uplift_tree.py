"""The uplift tree splits where campaigns work differently."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.agents.baselines.trial import Trial
from evenhand.agents.baselines.uplift_tree import best_cut, grow, uplift

N_BINS = np.array([6, 4], np.uint8)


def trial(*, seed: int = 1, n: int = 6000, effect: float = 1.0) -> Trial:
    """Return customers whose level follows feature 0, and on whom campaign 1 or 2 works by feature 1."""
    rng = np.random.default_rng(seed)
    bins = np.column_stack([rng.integers(0, k, n) for k in N_BINS]).astype(np.uint8)
    campaign = rng.integers(0, 3, n)
    works = np.where(bins[:, 1] < 2, campaign == 1, campaign == 2)
    return Trial(bins, campaign, 3.0 * bins[:, 0] + effect * works + rng.normal(0, 1, n))


def test_it_splits_by_effect_and_not_by_level() -> None:
    leaves = grow(trial(), N_BINS, leaves=2)
    assert [(leaf.lo.tolist(), leaf.hi.tolist(), leaf.campaign) for leaf in leaves] == [
        ([0, 0], [6, 2], 1),
        ([0, 2], [6, 4], 2),
    ]


def test_strength_is_the_sum_of_squared_t_statistics() -> None:
    """By NumPy's means and variances of each side and arm, cut by cut."""
    data = trial(n=900)

    def strength(f: int, at: int) -> float:
        below, total = data.bins[:, f] < at, 0.0
        for c in (1, 2):
            cells = [data.outcome[(below == side) & (data.campaign == arm)] for side in (True, False) for arm in (c, 0)]
            effect = cells[0].mean() - cells[1].mean() - cells[2].mean() + cells[3].mean()
            total += effect**2 / sum(cell.var(ddof=1) / len(cell) for cell in cells)
        return total

    found = best_cut(data, np.arange(900), N_BINS, 3, 10)
    every = {(f, at): strength(f, at) for f in range(2) for at in range(1, N_BINS[f])}
    assert (found.feature, found.at) == max(every, key=lambda cut: every[cut])
    assert found.strength == pytest.approx(max(every.values()))


def test_every_side_keeps_enough_of_every_campaign() -> None:
    assert best_cut(trial(n=300), np.arange(300), N_BINS, 3, 101).strength == 0.0
    assert len(grow(trial(n=300), N_BINS, leaves=5, min_arm=101)) == 1


def test_without_an_effect_nobody_is_contacted_for_long() -> None:
    """A campaign that costs more than it brings is given to no leaf."""
    data = trial(effect=0.0)
    costly = data._replace(outcome=data.outcome - 1.0 * (data.campaign > 0))
    assert {leaf.campaign for leaf in grow(costly, N_BINS, leaves=4)} == {0}


def test_uplift_is_a_difference_of_means() -> None:
    data = trial()
    rows = np.flatnonzero(data.bins[:, 1] == 0)
    c, y = data.campaign[rows], data.outcome[rows]
    expected = [0.0, *(y[c == k].mean() - y[c == 0].mean() for k in (1, 2))]
    np.testing.assert_allclose(uplift(data, rows, 3), expected)
