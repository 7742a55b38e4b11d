from __future__ import annotations

import numpy as np
import pytest

from evenhand.simulator.answers.response import CERTAIN, Outcomes, Response, expected, fit_response, refit_response

LEVELS = np.array([False, True, True])
NONE = np.empty(0)
TRUTH = Response(
    visit=np.array([-1.5, 0.4, 0.5, 0.0]),
    click=np.array([[-1.8, 0.2, 0.6, 0.0], [-1.2, -0.2, -0.6, 0.0]]),
    closing=np.array([-1.0, 0.3, 0.0, 0.0]),
    shift=np.array([0.6, 0.0]),
    basket=np.array([4.0, 0.2, 0.0, 0.0]),
    bonus=np.array([0.0, 0.4]),
    spread=0.7,
    bounded=0.0,
    precisions=(NONE, NONE, NONE),
)


def columns(n: int, rng: np.random.Generator) -> np.ndarray:
    levels = rng.integers(0, 2, (n, 2)) - 0.5
    return np.column_stack([rng.standard_normal(n), levels])


def log(n: int, seed: int, truth: Response = TRUTH) -> tuple[np.ndarray, Outcomes]:
    """Draw a randomised log from the model itself, by its parts and not by its formula of expectations."""
    rng = np.random.default_rng(seed)
    x, arm = columns(n, rng), rng.integers(0, 3, n)
    one = np.column_stack([np.ones(n), x])

    def happens(log_odds: np.ndarray) -> np.ndarray:
        return np.asarray(rng.random(n) < 1 / (1 + np.exp(-log_odds)))

    came = happens(one @ truth.visit)
    brought = np.where(arm == 1, happens(one @ truth.click[0]), happens(one @ truth.click[1])) & (arm > 0)
    bought = came & happens(one @ truth.closing)
    redeemed = brought & happens(one @ truth.closing + np.r_[0, truth.shift][arm])
    basket = np.exp(one @ truth.basket + truth.spread * rng.standard_normal(n) - truth.spread**2 / 2)
    spend = basket * ((bought | redeemed) + np.r_[0, truth.bonus][arm] * redeemed)
    return x, Outcomes(arm, (came | brought).astype(float), (bought | redeemed).astype(float), spend)


def test_expectations_are_those_of_the_parts() -> None:
    x, outcomes = log(200_000, 0)
    found = expected(TRUTH, x, outcomes.arm)
    for mean, seen in zip(found, outcomes[1:], strict=True):
        assert seen is not None
        for arm in range(3):
            mine = outcomes.arm == arm
            error = seen[mine].std() / np.sqrt(mine.sum())
            assert abs(mean[mine].mean() - seen[mine].mean()) < 4 * error


def test_a_known_response_is_recovered() -> None:
    x, outcomes = log(60_000, 1)
    fit = fit_response(x, LEVELS, outcomes, 2)
    np.testing.assert_allclose(fit.visit, TRUTH.visit, atol=0.12)
    np.testing.assert_allclose(fit.click, TRUTH.click, atol=0.25)
    np.testing.assert_allclose(fit.closing, TRUTH.closing, atol=0.12)
    np.testing.assert_allclose(fit.shift, TRUTH.shift, atol=0.3)
    np.testing.assert_allclose(fit.basket, TRUTH.basket, atol=0.1)
    np.testing.assert_allclose(fit.bonus, TRUTH.bonus, atol=0.2)
    assert fit.spread == pytest.approx(TRUTH.spread, abs=0.05)
    assert fit.bounded < 0.01


def test_bootstrap_intervals_hold_what_is_true() -> None:
    """Visits of each arm and level: of 12 intervals from 40 refits, at most two miss (a miss has 5 %)."""
    x, outcomes = log(8_000, 2)
    point = fit_response(x, LEVELS, outcomes, 2)
    rng = np.random.default_rng(0)
    new = columns(20_000, rng)
    refits = []
    for _ in range(40):
        weight = np.bincount(rng.integers(0, 8_000, 8_000), minlength=8_000).astype(float)
        refits.append(refit_response(x, LEVELS, outcomes, 2, weight, point))
    missed = 0
    for arm in range(3):
        given = np.full(len(new), arm)
        truth = expected(TRUTH, new, given).visit
        draws = np.array([expected(refit, new, given).visit for refit in refits])
        for mine in (new[:, 1] < 0, new[:, 1] > 0, new[:, 2] < 0, new[:, 2] > 0):
            means = draws[:, mine].mean(1)
            missed += abs(means.mean() - truth[mine].mean()) > 1.96 * means.std()
    assert missed <= 2


def test_counting_a_customer_twice_is_a_copy_of_them() -> None:
    x, outcomes = log(2_000, 3)
    point = fit_response(x, LEVELS, outcomes, 2)
    count = np.random.default_rng(0).integers(0, 3, 2_000)
    rows = np.repeat(np.arange(2_000), count)
    weighted = refit_response(x, LEVELS, outcomes, 2, count.astype(float), point)
    copies = Outcomes(*(None if part is None else part[rows] for part in outcomes))  # type: ignore[arg-type]  # arms are given
    copied = refit_response(x[rows], LEVELS, copies, 2, np.ones(len(rows)), point)
    for one, other in zip(weighted[:6], copied[:6], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)
    assert weighted.spread == pytest.approx(copied.spread, abs=1e-3)


def test_a_campaign_that_drives_customers_away_is_taken_to_do_nothing() -> None:
    rng = np.random.default_rng(4)
    x, arm = columns(20_000, rng), rng.integers(0, 3, 20_000)
    visited = (rng.random(20_000) < np.array([0.2, 0.1, 0.3])[arm]).astype(float)
    fit = fit_response(x, LEVELS, Outcomes(arm, visited, None, None), 2)
    assert fit.bounded >= 0.45
    worse = expected(fit, x, np.ones(20_000, np.intp)).visit
    never = expected(fit, x, np.zeros(20_000, np.intp)).visit
    assert (worse >= never).all()
    assert worse.mean() - never.mean() < 0.002


def test_campaigns_that_do_the_same_are_hardly_told_apart() -> None:
    """Pulled by what the data themselves show, slopes differ less than half as much as when hardly pulled."""
    same = TRUTH._replace(click=np.array([[-1.5, 0.2, 0.4, 0.0]] * 2))
    x, outcomes = log(3_000, 5, same)
    fit = fit_response(x, LEVELS, outcomes, 2)
    shared = np.r_[fit.precisions[0][:4], 0.05, np.full(3, 1e6)]
    weak = fit._replace(precisions=(np.r_[shared, np.full(8, 0.05)], *fit.precisions[1:]))
    loose = refit_response(x, LEVELS, outcomes, 2, np.ones(3_000), weak)
    pulled, free = (np.abs(model.click[0, 1:] - model.click[1, 1:]).mean() for model in (fit, loose))
    assert pulled < 0.5 * free


def test_conversions_without_visits_count_as_visits_that_close() -> None:
    x, outcomes = log(20_000, 6)
    fit = fit_response(x, LEVELS, outcomes._replace(visited=None), 2)
    assert fit.closing[0] == CERTAIN
    assert outcomes.converted is not None
    for arm in range(3):
        mine = outcomes.arm == arm
        found = expected(fit, x[mine], outcomes.arm[mine]).conversion
        assert found.mean() == pytest.approx(outcomes.converted[mine].mean(), abs=0.006)


def test_spend_of_nobody_is_finite() -> None:
    x, outcomes = log(500, 7)
    nothing = outcomes._replace(converted=np.zeros(500), spend=np.zeros(500))
    fit = fit_response(x, LEVELS, nothing, 2)
    assert np.isfinite(np.concatenate([fit.visit, fit.click.ravel(), fit.closing, fit.basket])).all()
    assert expected(fit, x, outcomes.arm).conversion.max() < 0.1


def test_a_log_without_outcomes_is_refused() -> None:
    x, outcomes = log(100, 8)
    with pytest.raises(ValueError, match="visits or conversions"):
        fit_response(x, LEVELS, Outcomes(outcomes.arm, None, None, None), 2)
