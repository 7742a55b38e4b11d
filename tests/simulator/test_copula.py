"""The copula keeps margins and dependence, the chain keeps groups; neither stores anybody's value."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.simulator.copula import (
    SMALLEST_BIN,
    Copula,
    aggregated,
    draw_chain,
    draw_copula,
    fit_chain,
    fit_copula,
    normal_scores,
)


def _cholesky(model: Copula) -> np.ndarray:
    return np.asarray(np.linalg.cholesky(model.correlation), np.float64)


def _values(n: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n, 3))
    skewed = np.exp(z[:, 0])
    linked = 0.8 * z[:, 0] + 0.6 * z[:, 1]
    tied = np.maximum(0.7 * z[:, 0] + 0.71 * z[:, 2], 0)  # half of it exact zeros
    return np.column_stack([skewed, linked, tied])


def test_margins_and_dependence_come_back() -> None:
    x, rng = _values(5_000), np.random.default_rng(1)
    model = fit_copula(x, normal_scores(x, rng)[1])
    y, _ = draw_copula(model, _cholesky(model), 20_000, rng)
    np.testing.assert_allclose(y.mean(0), x.mean(0), atol=0.05)
    np.testing.assert_allclose(np.quantile(y, [0.1, 0.5, 0.9], 0), np.quantile(x, [0.1, 0.5, 0.9], 0), atol=0.12)
    np.testing.assert_allclose(model.correlation[0], [1, 0.8, 0.7], atol=0.05)  # also through the ties


@pytest.mark.parametrize("n", [20, 60, 2_000])
def test_no_knot_is_anybody_s_value(n: int) -> None:
    x = _values(n)[:, :2]
    model = fit_copula(x, normal_scores(x, np.random.default_rng(0))[1])
    assert (np.diff(model.levels) * n >= SMALLEST_BIN).all()
    assert model.knots.min() > x.min()
    assert model.knots.max() < x.max()
    for column in range(2):
        assert not np.isin(model.knots[column], x[:, column]).any()


def test_constant_columns_and_copies_do_no_harm() -> None:
    x = np.column_stack([np.ones(100), np.arange(100.0), np.arange(100.0)])
    model = fit_copula(x, normal_scores(x, np.random.default_rng(0))[1])
    assert np.linalg.eigvalsh(model.correlation).min() > 0
    y, _ = draw_copula(model, _cholesky(model), 500, np.random.default_rng(0))
    assert (y[:, 0] == 1).all()
    assert np.corrcoef(y[:, 1], y[:, 2])[0, 1] > 0.9


def test_the_chain_keeps_shares_and_dependence_that_is_not_monotone() -> None:
    rng = np.random.default_rng(2)
    n = 6_000
    scores = rng.standard_normal((n, 2))
    first = np.where(np.abs(scores[:, 0] + 0.3 * rng.standard_normal(n)) < 0.6, 1, np.where(scores[:, 0] > 0, 2, 0))
    second = np.where(rng.random(n) < 0.9, first == 1, first != 1).astype(int)
    known = rng.random(n) < 1 / (1 + np.exp(-scores[:, 1]))
    codes = np.where(known[:, None], np.column_stack([first, second]), -1).astype(np.int8)
    chain = fit_chain(scores, codes, (3, 2), np.ones((n, 4), np.bool_))
    fresh = rng.standard_normal((30_000, 2))
    drawn, consent = draw_chain(chain, fresh, rng)
    assert (consent == 15).all()
    both = drawn[:, 0] >= 0
    np.testing.assert_array_equal(both, drawn[:, 1] >= 0)  # unknown comes jointly
    assert both.mean() == pytest.approx(known.mean(), abs=0.02)
    for group in range(3):
        real, ours = codes[:, 0] == group, drawn[:, 0] == group
        assert ours[both].mean() == pytest.approx(real[known].mean(), abs=0.03)
        np.testing.assert_allclose(fresh[ours].mean(0), scores[real].mean(0), atol=0.08)
    agree = ((drawn[:, 0] == 1) == (drawn[:, 1] == 1))[both].mean()
    assert agree == pytest.approx(0.9, abs=0.03)


def test_consent_keeps_each_channel_s_share_and_dependence() -> None:
    rng = np.random.default_rng(4)
    n = 5_000
    scores = rng.standard_normal((n, 2))
    base = rng.random(n)
    consent = np.column_stack([base < 1 / (1 + np.exp(-scores[:, 0])), base < 0.9, base < 0.3, base < 0.3])
    chain = fit_chain(scores, np.empty((n, 0), np.int8), (), consent)
    fresh = rng.standard_normal((30_000, 2))
    _, bits = draw_chain(chain, fresh, rng)
    drawn = (bits[:, None] >> np.arange(4)) & 1
    np.testing.assert_allclose(drawn.mean(0), consent.mean(0), atol=0.02)
    np.testing.assert_array_equal(drawn[:, 2], drawn[:, 3])
    assert (drawn[:, 1] >= drawn[:, 2]).mean() > 0.99  # who consents to what few do consents to what most do
    assert fresh[drawn[:, 0] == 1, 0].mean() == pytest.approx(scores[consent[:, 0], 0].mean(), abs=0.05)


@pytest.mark.parametrize("codes", [np.empty((50, 0)), np.full((50, 1), -1), np.zeros((50, 1))])
def test_no_attribute_nobody_known_and_one_group_only(codes: np.ndarray) -> None:
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((50, 2))
    sizes = (1,) * codes.shape[1]
    chain = fit_chain(scores, codes.astype(np.int8), sizes, np.zeros((50, 4), np.bool_))
    drawn, consent = draw_chain(chain, scores, rng)
    np.testing.assert_array_equal(drawn, codes)
    assert not consent.any()


def test_aggregated_values_are_means_of_five_neighbours() -> None:
    rng = np.random.default_rng(5)
    x = np.column_stack([rng.standard_normal(53), rng.integers(0, 2, 53)])
    out = aggregated(x)
    np.testing.assert_allclose(out.mean(0), x.mean(0))
    values, counts = np.unique(out[:, 0], return_counts=True)
    assert counts.min() >= 5
    assert (np.diff(values) > 0).all()
    order = np.argsort(x[:, 0])
    assert (np.diff(out[order, 0]) >= 0).all()  # the order of customers stays
    assert out[order[:5], 0] == pytest.approx(x[order[:5], 0].mean())
    np.testing.assert_array_equal(aggregated(x[:3]), np.broadcast_to(x[:3].mean(0), (3, 2)))
