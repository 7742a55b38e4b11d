from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtri

from evenhand.errors import DataError, EvenhandError
from evenhand.experiments.inference import contrasts
from evenhand.experiments.inference.contrasts import contrast, rate_limits, z_reaching
from evenhand.experiments.inference.fairness_coverage import fairness_coverage
from evenhand.fairness import GroupRate, newcombe, wilson

Z = float(ndtri(0.975))


def test_without_its_quarter_a_difference_is_newcombes_published_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Newcombe 1998, table II: 56 of 70 against 48 of 80 is 0.0524 to 0.3339 by method 10."""
    monkeypatch.setattr(contrasts, "QUARTER", 0.0)
    value, low, high = contrast([56, 48], [70, 80], (1, -1), z=Z)
    assert (value, low, high) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    limits = np.array(wilson([56, 48], [70, 80]))
    a, b = (GroupRate("", n, x / n, *limits[:, k]) for k, (x, n) in enumerate([(56, 70), (48, 80)]))
    found = newcombe(a, b)
    assert (low, high) == pytest.approx((found.low, found.high), rel=1e-9)


def test_in_large_groups_it_is_the_normal_interval() -> None:
    n, x = np.array([4e6, 5e6, 3e6, 6e6]), np.array([1e6, 1.5e6, 1e6, 1e6])
    p = x / n
    half = Z * math.sqrt(float((p * (1 - p) / n).sum()))
    value, low, high = contrast(x, n, (1, -1, -1, 1), z=Z)
    assert (low, high) == pytest.approx((value - half, value + half), abs=half * 1e-2)


def test_z_reaching_inverts_the_limits() -> None:
    def high(z: float) -> float:
        return float(contrast([30, 45], [400, 410], (1, -1), z=z)[2])

    def low(z: float) -> float:
        return float(contrast([30, 45], [400, 410], (1, -1), z=z)[1])

    assert high(z_reaching(high, 0.02, falling=False)) == pytest.approx(0.02)
    assert low(z_reaching(low, -0.08, falling=True)) == pytest.approx(-0.08)
    assert z_reaching(low, 0.02, falling=True) == 0.0
    assert z_reaching(high, 0.9, falling=False) == math.inf


def test_limits_beyond_what_floats_tell_apart_are_no_limits() -> None:
    low, high = rate_limits([3.0], [50.0], z=9.0)
    assert (low[0], high[0]) == (0, 1)


@pytest.mark.parametrize(("x", "n"), [(-1, 10), (11, 10), (math.nan, 10), (1, math.inf)])
def test_counts_that_cannot_be_are_refused(x: float, n: float) -> None:
    with pytest.raises(DataError, match="events"):
        rate_limits([x], [n], z=Z)


def test_an_empty_group_and_no_interval_are_refused() -> None:
    with pytest.raises(DataError, match="empty"):
        contrast([0, 1], [0, 5], (1, -1), z=Z)
    with pytest.raises(EvenhandError, match="above 0"):
        rate_limits([1], [5], z=0.0)


def test_intervals_cover_the_truth_in_a_short_run_over_the_grid() -> None:
    """420 cells of 1,000 replications: a cell of 94.7 % falls under 91.5 % with probability 1e-5."""
    found = fairness_coverage(seed=2, replications=1000)
    assert min(cell.covered for cell in found) > 0.915
    assert found == fairness_coverage(seed=2, replications=1000)


@pytest.mark.slow
def test_intervals_cover_the_truth_on_the_whole_grid() -> None:
    """420 cells of 20,000 replications (Monte Carlo error 0.0015 each): none under 94 %, large groups not over 96 %."""
    found = fairness_coverage(seed=1)
    assert len(found) == 420
    assert [cell for cell in found if cell.covered < 0.94] == []
    assert [cell for cell in found if min(cell.sizes) > 1000 and cell.covered > 0.96] == []
