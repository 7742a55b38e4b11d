"""Paired differences, counts of groups and how much customers of a population resemble each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from tests.experiments.validating.made_up import twins

from evenhand.experiments.validating.spread import counted, design_effect, difference


def test_a_difference_is_that_of_a_paired_t_test() -> None:
    found = twins(n=40, gain=0.3)
    told = difference(found, 0)
    known = stats.ttest_rel(found.policy[:, 0], found.today[:, 0])
    assert told.value / told.se == pytest.approx(known.statistic)
    assert told.df == known.df
    assert told.interval() == pytest.approx(tuple(known.confidence_interval()))


def test_arms_that_do_the_same_differ_by_nothing_and_show_no_gain() -> None:
    found = twins(n=40, gain=0.3)
    told = difference(found._replace(policy=found.today), 0)
    assert told.value == 0
    assert told.p_value(0.0, "greater") == pytest.approx(0.5)


def test_a_group_without_members_somewhere_counts_where_it_has_some() -> None:
    assert counted(np.array([0.5, np.nan]), np.array([8.0, 0.0])) == (8, 4.0)


def test_independent_customers_need_no_correction() -> None:
    rng = np.random.default_rng(1)
    found = twins(n=2000, gain=0.0)
    rates = rng.binomial(50, 0.3, found.today_rates.shape) / 50
    effect = design_effect(
        found._replace(today_rates=rates, policy_rates=rates, members=np.full(rates.shape, 50.0)), 0, [0, 1]
    )
    assert effect == pytest.approx(1.0, abs=0.15)  # its standard error is 0.03


def test_what_groups_share_cancels_out_and_what_sets_them_apart_counts() -> None:
    rng = np.random.default_rng(2)
    found = twins(n=400, gain=0.0)
    wave = rng.normal(0, 0.1, 400)
    together, apart = np.full((2, 400, 1, 2), 0.5)
    together += wave[:, None, None]
    apart[:, 0, 0] += wave
    apart[:, 0, 1] -= wave
    members = np.full((400, 1, 2), 50.0)
    like, unlike = (
        design_effect(found._replace(today_rates=rates, policy_rates=rates, members=members), 0, [0, 1])
        for rates in (together, apart)
    )
    assert like == 1.0
    assert unlike == pytest.approx(np.var(2 * wave, ddof=1) / (2 * 0.25 / 50), rel=0.01)
