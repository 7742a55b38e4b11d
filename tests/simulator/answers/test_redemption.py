"""Redemption given contact: recovers a known hazard, keeps to the prior where nothing is seen."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from evenhand.simulator.answers.redemption import ContactLog, Redemption, fit_redemption, tells_redemption, weekly_logit

TRUTH = Redemption(np.array([-3.0, -4.0]), np.array([0.6, 0.0, 0.4]), 0.7)


def _log(n: int, spread: float, seed: int = 0) -> tuple[ContactLog, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x, affinity = rng.standard_normal((n, 2)), rng.uniform(0.5, 1.5, (n, 2))
    customer = np.repeat(np.arange(n), 4)
    campaign = np.tile([0, 1, 0, 1], n)
    weeks = np.full(4 * n, 6.0)
    frailty = spread * rng.standard_normal(n) - spread**2 / 2
    logit = weekly_logit(TRUTH, x, affinity)[customer, campaign] + frailty[customer]
    return ContactLog(customer, campaign, weeks, rng.binomial(6, expit(logit)).astype(float)), x, affinity


def test_a_known_hazard_is_recovered() -> None:
    log, x, affinity = _log(4_000, spread=0.0)
    fit = fit_redemption(log, x, affinity, np.ones(4_000))
    np.testing.assert_allclose(fit.intercept, TRUTH.intercept, atol=0.1)
    np.testing.assert_allclose(fit.slopes, TRUTH.slopes, atol=0.1)
    assert fit.spread < 0.3


def test_repeated_contacts_tell_the_spread() -> None:
    log, x, affinity = _log(4_000, spread=0.7, seed=1)
    assert fit_redemption(log, x, affinity, np.ones(4_000)).spread == pytest.approx(0.7, abs=0.15)


def test_counting_a_customer_twice_is_a_copy_of_them() -> None:
    log, x, affinity = _log(200, spread=0.3, seed=2)
    rng = np.random.default_rng(0)
    count = rng.integers(0, 3, 200).astype(float)
    weighted = fit_redemption(log, x, affinity, count)
    rows = np.repeat(np.arange(200), count.astype(int))
    pick = [np.nonzero(log.customer == row)[0] for row in rows]
    at, who = np.concatenate(pick), np.repeat(np.arange(len(rows)), [len(p) for p in pick])
    copy = ContactLog(who, log.campaign[at], log.weeks[at], log.redeemed[at])
    copied = fit_redemption(copy, x[rows], affinity[rows], np.ones(len(rows)))
    np.testing.assert_allclose(weighted.intercept, copied.intercept, atol=1e-6)
    np.testing.assert_allclose(weighted.slopes, copied.slopes, atol=1e-6)
    assert weighted.spread == pytest.approx(copied.spread)


def test_nobody_redeemed_is_finite_and_small() -> None:
    log, x, affinity = _log(100, spread=0.3)
    fit = fit_redemption(log._replace(redeemed=np.zeros(400)), x, affinity, np.ones(100))
    assert (expit(fit.intercept) < 0.001).all()
    assert np.isfinite(fit.slopes).all()


def test_a_campaign_never_sent_gets_the_general_level() -> None:
    log, x, affinity = _log(500, spread=0.3)
    first = log.campaign == 0
    only = ContactLog(log.customer[first], log.campaign[first], log.weeks[first], log.redeemed[first])
    fit = fit_redemption(only, x, affinity, np.ones(500))
    share = log.redeemed[first].sum() / log.weeks[first].sum()
    assert expit(fit.intercept[1]) == pytest.approx(share, rel=0.01)


def test_a_single_contact_says_little() -> None:
    """One week without a redemption leaves the guess where it was, and such a log is not taken for one that tells."""
    log = ContactLog(np.array([0]), np.array([0]), np.ones(1), np.zeros(1))
    assert not tells_redemption(log)
    fit = fit_redemption(log, np.zeros((30, 2)), np.ones((30, 2)), np.ones(30), guess=0.02)
    assert 0.01 < expit(fit.intercept[0]) < 0.02
    assert tells_redemption(log._replace(redeemed=np.full(1, 10.0)))
    assert tells_redemption(log._replace(weeks=np.full(1, 1_000.0)))
