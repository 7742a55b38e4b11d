from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from evenhand.simulator.answers.scoring import FREE, Model, fit_pooled, maximise, poisson


def logistic(x: np.ndarray) -> Model:
    def model(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        p = np.clip(expit(x @ theta), 1e-9, 1 - 1e-9)
        return p, x * (p * (1 - p))[:, None]

    return model


def test_it_is_ridge_logistic_regression_where_the_model_is_logistic() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((800, 3))
    y = (rng.random(800) < expit(x @ [1.0, -0.5, 0.0])).astype(float)
    weight = rng.integers(0, 3, 800).astype(float)
    theta, _ = maximise(logistic(x), y, weight, np.zeros(3), np.full(3, 2.0), tolerance=1e-12)
    peer = LogisticRegression(C=0.5, fit_intercept=False, tol=1e-10, max_iter=1000).fit(x, y, sample_weight=weight)
    np.testing.assert_allclose(theta, peer.coef_[0], atol=1e-4)


def test_a_far_start_still_ends_at_the_maximum() -> None:
    rng = np.random.default_rng(1)
    x = np.column_stack([np.ones(400), rng.standard_normal(400)])
    y = (rng.random(400) < expit(x @ [-1.0, 1.0])).astype(float)
    one = np.ones(400)
    near, _ = maximise(logistic(x), y, one, np.zeros(2), np.full(2, 0.1), tolerance=1e-12)
    far, _ = maximise(logistic(x), y, one, np.array([6.0, -6.0]), np.full(2, 0.1), steps=100, tolerance=1e-12)
    np.testing.assert_allclose(near, far, atol=1e-4)


@pytest.mark.parametrize(("spread", "low", "high"), [(1.0, 0.6, 1.5), (0.0, 0.0, 0.2)])
def test_the_spread_between_groups_is_found(spread: float, low: float, high: float) -> None:
    rng = np.random.default_rng(2)
    groups = rng.integers(0, 30, 6_000)
    x = np.column_stack([np.ones(6_000), np.eye(30)[groups]])
    y = (rng.random(6_000) < expit(-1 + (spread * rng.standard_normal(30))[groups])).astype(float)
    pool = np.array([FREE] + [0] * 30)
    fit = fit_pooled(logistic(x), y, np.ones(6_000), np.zeros(31), pool, np.full(31, 0.05), rounds=60)
    assert low <= fit.precision[1] ** -0.5 <= high
    assert fit.precision[0] == 0.05


def test_a_small_group_ends_nearer_to_what_is_common() -> None:
    rng = np.random.default_rng(3)
    groups = np.r_[np.repeat(np.arange(9), 1_000), np.full(10, 9)]
    x = np.column_stack([np.ones(len(groups)), np.eye(10)[groups]])
    effect = np.r_[0.5 * rng.standard_normal(8), 0.8, 0.8]
    y = (rng.random(len(groups)) < expit(-1 + effect[groups])).astype(float)
    y[-10:] = np.r_[np.ones(5), np.zeros(5)]
    fit = fit_pooled(logistic(x), y, np.ones(len(y)), np.zeros(11), np.r_[FREE, np.zeros(10)], np.full(11, 0.05))
    alone = np.log(0.5 / 0.5) - fit.coefficients[0]
    assert 0 < fit.coefficients[-1] < 0.8 * alone


def test_a_fitted_total_of_money_is_the_total_seen() -> None:
    rng = np.random.default_rng(4)
    x = np.column_stack([np.ones(500), rng.standard_normal(500)])
    y = np.exp(x @ [3.0, 0.2] + 0.8 * rng.standard_normal(500))

    def model(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean = np.exp(x @ theta)
        return mean, x * mean[:, None]

    theta, _ = maximise(
        model, y, np.ones(500), np.array([3.0, 0.0]), np.zeros(2), family=poisson(20.0), tolerance=1e-12
    )
    assert model(theta)[0].sum() == pytest.approx(y.sum(), rel=1e-4)
