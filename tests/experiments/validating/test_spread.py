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


TRIALS, POPULATIONS, TRUTH = 4000, 128, 0.05


def trial_of(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rates and sizes of two groups, (trials, populations, 2): uneven populations, in whose large ones the gap is wide.

    The pooled rates are 0.35 and 0.30 in expectation.
    """
    shape = (TRIALS, POPULATIONS)
    large = rng.random(shape) < 0.3
    sizes = np.stack([np.where(large, 90, 10), np.where(large, 60, 15)], axis=2)
    wave = rng.normal(0, 0.05, shape)  # shared by both groups: cancels
    apart = np.where(large, rng.normal(0, 0.12, shape), rng.normal(0, 0.02, shape))
    chance = np.stack([0.30 + TRUTH + wave + apart / 2, 0.30 + wave - apart / 2], axis=2)
    return rng.binomial(sizes, np.clip(chance, 0.0, 1.0)) / sizes, sizes.astype(float)


def test_the_design_effect_is_what_the_difference_varies_by_over_trials() -> None:
    """Against the truth: the variance of the difference over 4,000 trials (its standard error is 2.2 %).

    So is the share of intervals that hold the true difference: its standard error is 0.35 %.
    """
    rng = np.random.default_rng(7)
    rates, sizes = trial_of(rng)
    pooled = (rates * sizes).sum(axis=1) / sizes.sum(axis=1)  # (trials, 2)
    told = pooled[:, 0] - pooled[:, 1]
    alone = (pooled * (1 - pooled) / sizes.sum(axis=1)).sum(axis=1)
    made_up = twins(n=POPULATIONS, gain=0.0)
    effects = np.array(
        [
            design_effect(
                made_up._replace(today_rates=r[:, None], policy_rates=r[:, None], members=s[:, None]), 0, [0, 1]
            )
            for r, s in zip(rates, sizes, strict=True)
        ]
    )
    assert (effects * alone).mean() == pytest.approx(told.var(), rel=0.07)
    held = np.abs(told - TRUTH) < 1.96 * np.sqrt(effects * alone)
    assert held.mean() == pytest.approx(0.95, abs=0.012)


def test_a_population_without_a_group_moves_nothing() -> None:
    rates = np.array([[0.5, 0.4], [0.3, np.nan], [0.4, 0.2]])[:, None]
    members = np.array([[10.0, 10.0], [10.0, 0.0], [10.0, 20.0]])[:, None]
    found = twins(n=3, gain=0.0)._replace(today_rates=rates, policy_rates=rates, members=members)
    assert np.isfinite(design_effect(found, 0, [0, 1]))
    nobody = found._replace(members=np.zeros_like(members))
    assert design_effect(nobody, 0, [0, 1]) == 1.0


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
