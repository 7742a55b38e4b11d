"""The start is left for what beats it beyond chance, and seldom for what does not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from evenhand.agents.learning.beyond_chance import ERROR, sure_gain

LOOKS, POPULATIONS = 10, 32


def test_the_limit_is_where_the_one_sided_paired_test_changes_its_mind() -> None:
    """SciPy's paired t test of "more than the limit" has the error rate of one look as its p value."""
    rng = np.random.default_rng(1)
    start, profits = rng.normal(30.0, 20.0, POPULATIONS), rng.normal(32.0, 20.0, POPULATIONS)
    limit = sure_gain(profits, start, looks=LOOKS)
    assert limit is not None
    found = stats.ttest_rel(profits, start + limit, alternative="greater")
    assert found.pvalue == pytest.approx(ERROR / LOOKS)


def test_of_trainings_that_learn_nothing_few_leave_the_start() -> None:
    """2,000 trainings of ten looks: at most `ERROR`, three standard errors allowed, looks alike or not at all.

    Without the correction, more than half of them where looks have nothing in common.
    """
    rng, start = np.random.default_rng(2), np.zeros(POPULATIONS)

    def left(trainings: np.ndarray, looks: int) -> float:
        return float(np.mean([any((sure_gain(x, start, looks=looks) or 0) > 0 for x in one) for one in trainings]))

    for alike in (0.0, 0.5, 0.9):
        common = np.sqrt(alike) * rng.normal(size=(2000, 1, POPULATIONS))
        trainings = common + np.sqrt(1 - alike) * rng.normal(size=(2000, LOOKS, POPULATIONS))
        assert left(trainings, LOOKS) <= ERROR + 3 * np.sqrt(ERROR * (1 - ERROR) / 2000)
        if not alike:
            assert left(trainings, LOOKS) > 0.07  # no more careful than it must be
            assert left(trainings, 1) > 0.5


def test_equal_profits_and_a_single_population_prove_nothing() -> None:
    assert sure_gain(np.ones(8), np.ones(8), looks=3) == 0.0
    assert sure_gain(np.ones(1), np.zeros(1), looks=3) is None
    assert sure_gain(np.ones(8), np.zeros(8), looks=3) == 1.0
