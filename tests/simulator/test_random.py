"""The draws: a function of (seed, customer, period, purpose), uniform, independent, the same in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from scipy.special import ndtri
from scipy.stats import chi2, kstest

from evenhand.simulator import random as rnd

N = 20_000


@njit
def _compiled(keys, purpose, out):  # type: ignore[no-untyped-def]  # Numba infers types
    for i in range(len(out)):
        out[i] = rnd.uniform(rnd.customer_hash(np.uint32(i), keys[0]), keys[1 + purpose])


@pytest.mark.parametrize(
    ("seed", "period", "purpose"), [(0, 0, 0), (1, 51, 6), (2**63 + 11, 7, 3), (2**64 - 1, 999, 8), (5, -3, 13)]
)
def test_compiled_and_numpy_draws_are_the_same(seed: int, period: int, purpose: int) -> None:
    out = np.zeros(2_000, np.float32)
    _compiled(rnd.period_keys(np.array([seed], np.uint64), period)[0], purpose, out)
    np.testing.assert_array_equal(rnd.uniforms(seed, 2_000, period, purpose), out)


@pytest.mark.parametrize("purpose", range(rnd.PURPOSES))
def test_draws_are_uniform_on_the_open_interval(purpose: int) -> None:
    u = rnd.uniforms(5, N, 3, purpose)
    assert 0 < u.min() < u.max() < 1
    assert kstest(u, "uniform").pvalue > 1e-4  # fixed seeds: fails for a bad generator, never by luck


@pytest.mark.parametrize("what", ["seed", "period", "purpose"])
def test_neighbouring_counters_are_independent(what: str) -> None:
    """Draws of the same customers under neighbouring counters fill the unit square evenly: chi-square."""
    for k in range(20):
        one = rnd.uniforms(5 + k, N, 3, 2)
        other = {
            "seed": rnd.uniforms(6 + k, N, 3, 2),
            "period": rnd.uniforms(5 + k, N, 4, 2),
            "purpose": rnd.uniforms(5 + k, N, 3, 3),
        }[what]
        cells, _, _ = np.histogram2d(one, other, bins=32, range=[[0, 1], [0, 1]])
        statistic = float(((cells - N / 1024) ** 2).sum() / (N / 1024))
        assert chi2.sf(statistic, 1023) > 1e-5
        assert abs(np.corrcoef(one, other)[0, 1]) < 4.5 / np.sqrt(N)


@pytest.mark.parametrize("lag", [1, 2, 16, 128])
def test_neighbouring_customers_are_independent(lag: int) -> None:
    for period in range(10):
        u = rnd.uniforms(7, N, period, rnd.FUNNEL)
        cells, _, _ = np.histogram2d(u[:-lag], u[lag:], bins=32, range=[[0, 1], [0, 1]])
        expected = (N - lag) / 1024
        assert chi2.sf(float(((cells - expected) ** 2).sum() / expected), 1023) > 1e-5


def test_one_customer_s_draws_over_time_are_uniform() -> None:
    """A customer's own sequence matters most: 500 customers, 400 periods, mean and spread of every one."""
    u = np.stack([rnd.uniforms(11, 500, period, rnd.PRESENCE) for period in range(400)])
    z = (u.mean(0) - 0.5) * np.sqrt(12 * 400)
    assert kstest(z, "norm").pvalue > 1e-4
    lagged = (u[1:] - 0.5) * (u[:-1] - 0.5)
    assert kstest(lagged.mean(0) * 12 * np.sqrt(399), "norm").pvalue > 1e-4


def test_rare_events_come_as_often_as_they_should() -> None:
    """What is rarer than one in 10,000 still comes: 40 million draws, five standard errors."""
    n, p = 1_000_000, 5e-5
    hits = sum(int((rnd.uniforms(3, n, period, rnd.PRESENCE) < p).sum()) for period in range(40))
    assert abs(hits - 40 * n * p) < 5 * np.sqrt(40 * n * p)


def test_no_two_purposes_share_a_key() -> None:
    keys = rnd.period_keys(np.arange(50, dtype=np.uint64), 3)
    assert len(np.unique(keys)) == keys.size


def test_normals_are_quantiles_of_the_same_draws() -> None:
    u = rnd.uniforms(5, N, 3, rnd.TRIPS).astype(np.float64)
    np.testing.assert_allclose(rnd.normals(5, N, 3, rnd.TRIPS), ndtri(u), rtol=2e-6, atol=1e-6)
