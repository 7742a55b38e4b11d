"""Non-inferiority and shrinkage: closed forms, signs, and what they promise in repeated experiments."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.meta_analysis import combine_effects

from evenhand.errors import DataError
from evenhand.experiments.inference import Estimate, Prior, noninferiority, prior_from, shrink


def test_a_guardrail_holds_where_its_bound_is_inside_the_margin() -> None:
    effect = Estimate(-0.2, 0.1, 50.0)
    found = noninferiority(effect, 0.5)
    assert found.bound == pytest.approx(effect.interval(0.95)[0])
    assert found.holds
    assert not noninferiority(effect, 0.4).holds
    assert found.p_value == pytest.approx(effect.p_value(-0.5, "greater"))


@pytest.mark.parametrize("margin", [0.1, 0.3, 0.6])
def test_bound_and_p_value_agree(margin: float) -> None:
    found = noninferiority(Estimate(-0.2, 0.1, 50.0), margin, alpha=0.05)
    assert found.holds == (found.p_value < 0.05)


def test_a_smaller_is_better_metric_is_turned_round() -> None:
    assert noninferiority(Estimate(0.2, 0.1), 0.5, larger_is_better=False) == noninferiority(Estimate(-0.2, 0.1), 0.5)


def test_harm_beyond_the_margin_is_seen() -> None:
    assert noninferiority(Estimate(-2.0, 0.1), 0.5).harmed_beyond_margin
    assert not noninferiority(Estimate(-0.2, 0.1), 0.5).harmed_beyond_margin
    assert noninferiority(Estimate(-0.3, 0.1), 0.5).harm_p_value < 0.025


def test_at_the_margin_it_holds_by_chance_as_often_as_alpha() -> None:
    """20,000 experiments with a true loss of just the margin: outside 0.0217..0.0283 has a chance of 1 in 370."""
    values = np.random.default_rng(1).normal(-0.5, 0.2, 20_000)
    held = np.mean([noninferiority(Estimate(float(v), 0.2), 0.5).holds for v in values])
    assert 0.0217 <= held <= 0.0283


@pytest.mark.parametrize(("margin", "alpha"), [(0.0, 0.025), (-1.0, 0.025), (np.nan, 0.025), (1.0, 0.0), (1.0, 0.9)])
def test_margin_and_alpha_are_checked(margin: float, alpha: float) -> None:
    with pytest.raises(DataError, match="rule:"):
        noninferiority(Estimate(0.0, 1.0), margin, alpha=alpha)


def test_the_posterior_is_the_normal_one() -> None:
    found = shrink(Estimate(3.0, 1.0), Prior(1.0, 2.0, "stated"))
    assert found.kept == pytest.approx(0.8)
    assert found.estimate.value == pytest.approx(2.6)
    assert found.estimate.se == pytest.approx(np.sqrt(0.8))


def test_winners_are_too_good_and_shrunken_winners_are_not() -> None:
    """The best of ten, 4,000 times: its mean error has a standard error of 0.012."""
    rng = np.random.default_rng(2)
    truth = rng.normal(0.0, 0.5, (4000, 10))
    seen = truth + rng.normal(0.0, 1.0, truth.shape)
    best = seen.argmax(axis=1)
    rows = np.arange(4000)
    prior = Prior(0.0, 0.5, "how the effects were drawn")
    posterior = [shrink(Estimate(float(v), 1.0), prior).estimate for v in seen[rows, best]]
    error = np.array([p.value for p in posterior]) - truth[rows, best]
    assert (seen[rows, best] - truth[rows, best]).mean() > 1.0
    assert abs(error.mean()) < 0.035
    covered = [p.interval()[0] <= t <= p.interval()[1] for p, t in zip(posterior, truth[rows, best], strict=True)]
    assert 0.94 <= np.mean(covered) <= 0.96


def test_the_prior_of_past_experiments_is_paule_and_mandels() -> None:
    rng = np.random.default_rng(3)
    se = rng.uniform(0.2, 0.6, 40)
    d = rng.normal(0.1, 0.5, 40) + rng.normal(size=40) * se
    oracle = combine_effects(d, se**2, method_re="iterated")
    found = prior_from([Estimate(float(v), float(s)) for v, s in zip(d, se, strict=True)], mean=None)
    assert found.sd**2 == pytest.approx(oracle.tau2, rel=1e-4)
    assert found.mean == pytest.approx(oracle.mean_effect_re, rel=1e-4)
    assert "40 past experiments" in found.source


def test_a_prior_needs_a_past_and_a_spread() -> None:
    with pytest.raises(DataError, match="at least 5"):
        prior_from([Estimate(1.0, 1.0)] * 4)
    with pytest.raises(DataError, match="no more than chance"):
        prior_from([Estimate(0.01 * i, 1.0) for i in range(8)])
    with pytest.raises(DataError, match="source"):
        Prior(0.0, 1.0, "")
