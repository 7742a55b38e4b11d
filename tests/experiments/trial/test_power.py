from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, ttest_ind

from evenhand.errors import EvenhandError
from evenhand.experiments.inference.fairness import Against
from evenhand.experiments.trial.power import Design, clustered, each_power, group_units, pair_power


def test_known_sample_sizes_come_out() -> None:
    """Two arms, 80 % power, 5 %: 16 sd^2 / d^2 an arm (Lehr 1992) is 15.7; 0.10 to 0.11 needs 14,749 an arm."""
    assert Design.means(1.0).units(0.1) == pytest.approx(2 * 1570, abs=2)
    assert Design.proportions(0.10, 0.11).units(0.01) == pytest.approx(2 * 14_749, abs=4)


def test_a_fairness_margin_of_5_points_at_a_rate_of_30_percent_needs_about_1320_per_group_and_arm() -> None:
    assert group_units(0.05, 0.3) == 1319
    assert group_units(0.05, 0.3, against="control") > 1319
    assert group_units(0.05, 0.3, against="control", gap=0.1) == pytest.approx(
        2 * group_units(0.05, 0.3, against="control"), abs=1
    )


def test_units_power_and_detectable_effect_are_one_relation() -> None:
    design = Design(4.0, 6.0, 0.2, 0.3, 0.01, 1.1)
    n = design.units(0.3, 0.9)
    assert design.power(0.3, n) == pytest.approx(0.9, abs=1e-4)
    assert design.detectable(n, 0.9) == pytest.approx(0.3, abs=1e-4)


def test_unequal_arms_cost_what_the_formula_says_in_simulated_t_tests() -> None:
    """8,000 trials with a quarter in the treatment; a power off by 0.018 has probability 6e-5."""
    design = Design.means(2.0, share_control=0.75, share_treatment=0.25)
    n = design.units(0.5)
    rng = np.random.default_rng(1)
    control, treatment = rng.normal(0, 2, (8000, round(n * 0.75))), rng.normal(0.5, 2, (8000, round(n * 0.25)))
    assert (ttest_ind(treatment, control, axis=1).pvalue < 0.05).mean() == pytest.approx(0.8, abs=0.018)


def test_covariates_save_the_share_of_the_variance_that_they_explain_in_simulated_trials() -> None:
    """8,000 trials of 400 units, adjusted by a covariate with r2 0.5; off by 0.018 has probability 6e-5."""
    r2, effect = 0.5, Design.means(np.sqrt(0.5)).detectable(400)
    rng = np.random.default_rng(2)
    x = rng.normal(0, 1, (8000, 400))
    y = np.sqrt(r2) * x + rng.normal(0, np.sqrt(1 - r2), x.shape)
    y[:, 200:] += effect
    x -= x.mean(axis=1, keepdims=True)
    centred = y - np.repeat(y.reshape(8000, 2, 200).mean(axis=2), 200, axis=1)
    theta = (x * centred).sum(axis=1) / (x * x).sum(axis=1)
    adjusted = y - theta[:, None] * x
    assert (ttest_ind(adjusted[:, 200:], adjusted[:, :200], axis=1).pvalue < 0.05).mean() == pytest.approx(
        0.8, abs=0.018
    )


def test_clusters_cost_their_design_effect_in_simulated_trials() -> None:
    """4,000 trials of 100 clusters of 20 with icc 0.1, tested on cluster means; off by 0.03 has probability 1e-5.
    The t distribution of 98 degrees of freedom itself costs about 0.006."""
    m, icc, clusters = 20, 0.1, 100
    units = clusters * m
    effect = Design.means(np.sqrt(clustered(m, icc))).detectable(units)
    rng = np.random.default_rng(3)
    means = rng.normal(0, np.sqrt(icc), (4000, clusters)) + rng.normal(0, np.sqrt((1 - icc) / m), (4000, clusters))
    means[:, clusters // 2 :] += effect
    rejected = ttest_ind(means[:, clusters // 2 :], means[:, : clusters // 2], axis=1).pvalue < 0.05
    assert rejected.mean() == pytest.approx(0.8, abs=0.03)


def test_a_group_of_the_needed_size_passes_in_80_percent_of_trials() -> None:
    """20,000 trials at the size for "zero", tested as a one-sided z test; off by 0.012 has probability 2e-5."""
    n = group_units(0.05, 0.3)
    a, b = (np.random.default_rng(4).binomial(n, 0.3, (2, 20_000)) / n)  # fmt: skip
    upper = a - b + norm.ppf(0.975) * np.sqrt((a * (1 - a) + b * (1 - b)) / n)
    assert (upper < 0.05).mean() == pytest.approx(0.8, abs=0.012)


def test_each_guardrail_gets_the_power_that_all_need_together() -> None:
    assert each_power(0.8, 4) == pytest.approx(0.95)
    assert each_power(0.8, 0) == each_power(0.8, 1) == pytest.approx(0.8)


def test_one_unit_a_cluster_costs_nothing_and_uneven_clusters_more() -> None:
    assert clustered(1, 0.5) == 1
    assert clustered(10, 0.05, cv=1) > clustered(10, 0.05) == pytest.approx(1.45)


def test_what_cannot_be_planned_is_refused() -> None:
    with pytest.raises(EvenhandError, match="is the effect too large"):
        Design.proportions(0.9, 1.1)
    with pytest.raises(EvenhandError, match="effect of 0"):
        Design.means(1.0).units(0.0)
    with pytest.raises(EvenhandError, match="power 1"):
        Design.means(1.0).units(0.1, 1.0)
    with pytest.raises(EvenhandError, match="icc"):
        clustered(5, 1.5)
    with pytest.raises(EvenhandError, match="margin above 0"):
        group_units(0.0, 0.3)


def test_the_least_effect_on_a_median_follows_from_the_density_there() -> None:
    """6,000 trials of two exponential samples (density 1/2 at the median); off by 0.021 has probability 1e-4."""
    design = Design.means(np.sqrt(0.25) / 0.5)
    n = 801
    effect = design.detectable(2 * n)
    rng = np.random.default_rng(8)
    medians = np.median(rng.exponential(1, (2, 6000, n)), axis=2)
    z = (medians[1] + effect - medians[0]) / np.sqrt(design.variance / (2 * n))
    assert (z > norm.ppf(0.975)).mean() == pytest.approx(0.8, abs=0.021)


def test_three_guardrails_pass_together_with_the_power_of_the_plan() -> None:
    """20,000 trials of three independent guardrails, each at its own size; below 0.788 has probability 1e-5."""
    sd, margin = 2.0, 0.1
    design = Design.means(sd)
    n = design.units(margin, each_power(0.8, 3))
    se = np.sqrt(design.variance / n)
    found = np.random.default_rng(9).normal(0, se, (20_000, 3))
    passed = (found - norm.ppf(0.975) * se > -margin).all(axis=1)
    assert 0.788 < passed.mean() < 0.83


@pytest.mark.parametrize("against", ["zero", "control"])
def test_two_groups_pass_both_ways_as_often_as_the_formula_says(against: Against) -> None:
    """20,000 trials of 2,000 and 3,000 units, with plain z intervals; off by 0.012 has probability 2e-5."""
    sizes = np.array([2000, 3000])
    rates = np.random.default_rng(6).binomial(sizes, 0.3, (20_000, 2)) / sizes
    z = norm.ppf(0.975 if against == "zero" else 0.9875)
    half = z * np.sqrt((rates * (1 - rates) / sizes).sum(axis=1))
    passed = np.abs(rates[:, 0] - rates[:, 1]) + half < 0.05
    expected = pair_power(0.05, 0.3, (2000, 3000), against=against)
    assert passed.mean() == pytest.approx(expected, abs=0.012)
