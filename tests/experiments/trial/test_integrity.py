from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_ind
from tests.experiments.trial.plans import draft

from evenhand.errors import DataError
from evenhand.experiments.inference.estimate import Estimate
from evenhand.experiments.trial.aa import aa_p_values
from evenhand.experiments.trial.integrity import aa_test, carry_over, shared_budget


def test_the_p_values_of_a_split_are_those_of_welchs_test() -> None:
    x = np.random.default_rng(0).gamma(2, 3, 300) + 1e6
    found = aa_p_values(x, seed=4, splits=1, share=0.3)
    coins = np.random.default_rng(4).random((1, 300))[0] < 0.3
    assert found[0] == pytest.approx(ttest_ind(x[coins], x[~coins], equal_var=False).pvalue, rel=1e-6)


def test_well_behaved_data_passes_and_the_same_seed_says_the_same() -> None:
    """The seed is fixed; another one would fail with probability 1e-3."""
    x = np.random.default_rng(1).gamma(2, 3, 2000)
    found = aa_test(x, seed=2)
    assert found.status == "ok"
    assert found == aa_test(x, seed=2)


def test_units_that_belong_together_reject_far_too_often() -> None:
    rng = np.random.default_rng(3)
    stores = np.repeat(np.arange(100), 30)
    x = rng.normal(0, 1, 100)[stores] + rng.normal(0, 1, 3000)
    found = aa_test(x, seed=1, clusters=stores)
    assert found.status == "failed"
    assert "take errors by cluster" in found.mend


def test_one_unit_that_holds_nearly_everything_is_noticed() -> None:
    x = np.zeros(5000)
    x[:2] = 1e6, 9e6
    found = aa_test(x, seed=1)
    assert found.status == "failed"
    assert "cap extreme values" in found.mend


@pytest.mark.parametrize("x", [np.ones(50), np.arange(5.0), np.array([np.nan] * 20), np.ones((20, 2))])
def test_values_that_cannot_be_split_are_refused(x: np.ndarray) -> None:
    with pytest.raises(DataError, match="cannot be split"):
        aa_test(x, seed=0)


def test_shares_and_clusters_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match="share of 1"):
        aa_test(np.arange(20.0), seed=0, share=1.0)
    with pytest.raises(DataError, match="each value has its cluster"):
        aa_test(np.arange(20.0), seed=0, clusters=[1, 2])


def test_carry_over_that_outlasts_the_washout_is_told_with_a_longer_one() -> None:
    quiet, loud = Estimate(0.1, 1.0), Estimate(6.0, 1.0)
    assert carry_over([loud, quiet, quiet], washout_weeks=1).status == "ok"
    found = carry_over([loud, loud, quiet], washout_weeks=1)
    assert found.status == "warning"
    assert "more than 2 weeks" in found.mend
    assert carry_over([loud], washout_weeks=1).status == "not enough data"
    with pytest.raises(DataError, match="washout of -1"):
        carry_over([loud], washout_weeks=-1)


def test_weeks_are_judged_together() -> None:
    """A week at p = 0.009 alone would warn; among four it is nothing unusual."""
    week = Estimate(2.612, 1.0)
    assert carry_over([week], washout_weeks=0).status == "warning"
    assert carry_over([week, *[Estimate(0.0, 1.0)] * 3], washout_weeks=0).status == "ok"


def test_a_shared_budget_is_warned_of_with_shares_to_split_it_by() -> None:
    assert shared_budget(draft()).status == "ok"
    found = shared_budget(draft(shared_budget=True))
    assert found.status == "warning"
    assert "today 50%, finer 50%" in found.mend
