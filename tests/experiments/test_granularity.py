"""Where a segmentation is fine and where it is coarse, against closed forms and scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from tests.experiments.conftest import Business

from evenhand.agents import Hold, PopulationPool, roll_out
from evenhand.experiments.granularity import GranularityWatch, granularity, granularity_of, size_correlation


def test_one_segment_for_all_is_equally_coarse_everywhere() -> None:
    found = granularity(np.zeros(300, np.int8), np.arange(300.0))
    np.testing.assert_allclose(found, 1000 / 300)


def test_only_the_engaged_third_is_cut() -> None:
    """Two thirds are one segment of 200; the engaged hundred have five: 5 and 50 per 1,000."""
    engagement = np.random.default_rng(0).permutation(300).astype(float)
    segments = np.where(engagement < 200, 0, 1 + (engagement.astype(int) - 200) // 20)
    np.testing.assert_allclose(granularity(segments, engagement), [5.0, 5.0, 50.0])
    assert size_correlation(segments, engagement) < 0


def test_thirds_add_up_to_the_number_of_segments() -> None:
    rng = np.random.default_rng(1)
    segments, engagement = rng.choice([0, 2, 3, 7], 99), rng.random(99).round(1)
    assert (granularity(segments, engagement) * 33 / 1000).sum() == pytest.approx(4)


def test_the_correlation_is_spearmans_over_segments() -> None:
    rng = np.random.default_rng(2)
    segments = np.repeat([0, 1, 3, 4, 6], [10, 25, 25, 40, 7])
    engagement = rng.random(len(segments))
    there = np.unique(segments)
    oracle = stats.spearmanr(
        [(segments == k).sum() for k in there], [engagement[segments == k].mean() for k in there]
    ).statistic
    assert size_correlation(segments, engagement) == pytest.approx(oracle)


def test_two_segments_have_no_correlation_to_speak_of() -> None:
    assert np.isnan(size_correlation(np.arange(10) % 2, np.arange(10.0)))
    assert np.isnan(size_correlation(np.arange(9) % 3, np.zeros(9)))


def test_the_watch_measures_ends_by_the_engagement_of_beginnings(business: Business) -> None:
    pool = PopulationPool(business.simulator, first_seed=77, count=3, n_customers=60)
    watch = GranularityWatch(business.setup.horizon)
    roll_out(Hold(), business.setup, pool, range(3), watchers=(watch,), batch=2)
    assert watch.rows.shape == (3, 5)
    segments, *thirds = watch.rows[:, :4].T
    np.testing.assert_allclose(np.sum(thirds, axis=0) * 20 / 1000, segments)
    found = granularity_of(watch.rows)
    assert found.segments.mean == pytest.approx(segments.mean())
    assert found.low.n == 3


def test_without_three_segments_anywhere_the_correlation_is_left_out() -> None:
    rows = np.column_stack([np.full((4, 4), 2.0), np.full(4, np.nan)])
    assert granularity_of(rows).correlation is None
