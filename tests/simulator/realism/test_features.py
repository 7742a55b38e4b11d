"""Weekly bands hold what they claim, and features' figures are those of closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.simulator.habits.panel import Panel
from evenhand.simulator.realism.margins import LEVELS, feature_gaps, moments_of
from evenhand.simulator.realism.weekly import trajectories_of, weekly


def panel(trips: np.ndarray) -> Panel:
    return Panel(trips, 10 * trips, 10 * trips[:, :, None], ("all",))


def test_weekly_means_of_a_hand_made_panel() -> None:
    found = weekly(panel(np.array([[0.0, 2.0], [1.0, 0.0]])))
    np.testing.assert_array_equal(found, [[0.5, 1.0], [5.0, 10.0], [0.5, 0.5]])


def test_the_band_holds_about_95_per_cent_of_true_weeks_and_few_of_wrong_ones() -> None:
    """True futures: 52 weeks a table, 20 tables, so 1,040 weeks; the sd of the share is below 1 %."""
    rng = np.random.default_rng(0)
    inside: dict[float, list[float]] = {1.0: [], 1.3: []}
    for rate, shares in inside.items():
        for _ in range(20):
            whole = panel(rng.poisson(rate, (200, 104)).astype(float))
            runs = [weekly(panel(rng.poisson(1.0, (200, 52)).astype(float))) for _ in range(20)]
            lines = trajectories_of(whole, runs)
            assert lines[0].start == 52
            shares.append(lines[0].inside)
    assert np.mean(inside[1.0]) == pytest.approx(0.95, abs=0.03)
    assert np.mean(inside[1.3]) < 0.5


def test_a_shift_has_its_size_as_wasserstein_distance() -> None:
    rng = np.random.default_rng(1)
    real = rng.standard_normal((2000, 2)) * [3, 1]
    gap, same = feature_gaps(("a", "b"), real, real, [real + np.array([0.6, 0.0])], seed=0)
    assert gap.wasserstein == pytest.approx(0.2, abs=0.01)  # in units of the real sd
    assert gap.ks == pytest.approx(0.08, abs=0.02)  # 2 Phi(0.1) - 1
    assert gap.ks_p < 0.001
    assert (same.wasserstein, same.ks, same.ks_p) == (0, 0, 1)
    assert gap.auc == pytest.approx(0.556, abs=0.02)  # Phi(0.2 / sqrt 2)
    assert gap.real_link == pytest.approx(1)
    assert len(gap.real_quantiles) == len(LEVELS)
    assert gap.real_quantiles[0] == real[:, 0].min()


def test_p_values_of_true_features_are_no_smaller_than_uniform() -> None:
    rng = np.random.default_rng(2)
    p = []
    for _ in range(100):
        runs = [rng.standard_normal((200, 1)) for _ in range(5)]
        p.append(feature_gaps(("a",), runs[0], rng.standard_normal((200, 1)), runs, seed=0)[0].ks_p)
    assert np.mean(np.array(p) < 0.1) <= 0.19  # three sd above a tenth


def test_moments_name_the_pairs_that_differ_most() -> None:
    rng = np.random.default_rng(3)
    real = rng.standard_normal((1000, 3))
    real[:, 1] += real[:, 0]
    found = moments_of(("a", "b", "c"), real, [rng.standard_normal((1000, 3))], seed=0)
    assert (found.largest[0].one, found.largest[0].other) == ("a", "b")
    assert found.largest[0].real == pytest.approx(2**-0.5, abs=0.05)
    assert found.largest[0].simulated == pytest.approx(0, abs=0.1)
    assert found.rms == pytest.approx(0.41, abs=0.05)  # (1/2) / 3, the root of it
    assert found.rms_halves < 0.1


def test_a_feature_that_never_varies_is_no_fault() -> None:
    flat = np.ones((50, 2))
    found = moments_of(("a", "b"), flat, [flat], seed=0)
    assert found.rms == 0
    assert feature_gaps(("a", "b"), flat, flat, [flat], seed=0)[0].wasserstein == 0
