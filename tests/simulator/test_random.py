"""The draws: a function of (seed, customer, period, purpose), uniform, independent, the same in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import kstest

from evenhand.simulator import random as rnd

CUSTOMERS = np.arange(20_000)


@pytest.mark.parametrize(
    ("seed", "period", "purpose"), [(0, 0, 0), (1, 51, 6), (2**63 + 11, 7, 3), (2**64 - 1, 999, 8)]
)
def test_compiled_and_numpy_draws_are_the_same(seed: int, period: int, purpose: int) -> None:
    plain = rnd.uniforms(seed, CUSTOMERS[:200], period, purpose)
    compiled = [rnd.uniform(np.uint64(seed), i, period, purpose) for i in range(200)]
    np.testing.assert_array_equal(plain, np.array(compiled, np.float32))


def test_draws_are_uniform_on_the_open_interval() -> None:
    for purpose in range(9):
        u = rnd.uniforms(5, CUSTOMERS, 3, purpose)
        assert 0 < u.min() < u.max() < 1
        assert kstest(u, "uniform").pvalue > 1e-4  # fixed seeds: fails for a bad generator, never by luck


@pytest.mark.parametrize("what", ["seed", "customer", "period", "purpose"])
def test_neighbouring_counters_are_independent(what: str) -> None:
    one = rnd.uniforms(5, CUSTOMERS, 3, 2)
    other = {
        "seed": rnd.uniforms(6, CUSTOMERS, 3, 2),
        "customer": rnd.uniforms(5, CUSTOMERS + 1, 3, 2),
        "period": rnd.uniforms(5, CUSTOMERS, 4, 2),
        "purpose": rnd.uniforms(5, CUSTOMERS, 3, 3),
    }[what]
    limit = 4 / np.sqrt(len(CUSTOMERS))  # four standard errors
    assert abs(np.corrcoef(one, other)[0, 1]) < limit
    assert abs(np.corrcoef((one - 0.5) ** 2, (other - 0.5) ** 2)[0, 1]) < limit
    if what == "customer":
        assert abs(np.corrcoef(one[:-2], one[2:])[0, 1]) < limit


def test_no_two_purposes_share_a_number() -> None:
    purposes = {rnd.OPEN, rnd.REDEEM, rnd.UNSUBSCRIBE, rnd.CHURN, rnd.TRIPS, rnd.SPEND, rnd.DRIFT}
    assert len(purposes | {rnd.EXPLORE, rnd.EXPLORE_CAMPAIGN}) == 9


def test_normal_is_the_quantile_function() -> None:
    u = np.r_[np.linspace(1e-6, 1 - 1e-6, 2001), 2**-24, 1 - 2**-24, 0.02425, 0.97575].astype(np.float32)
    ours = np.array([rnd.normal(x) for x in u])
    np.testing.assert_allclose(ours, ndtri(u.astype(np.float64)), rtol=2e-6, atol=2e-7)


def test_normal_is_odd_and_rises() -> None:
    u = np.linspace(0.001, 0.999, 999).astype(np.float32)
    z = np.array([rnd.normal(x) for x in u])
    assert (np.diff(z) > 0).all()
    assert rnd.normal(np.float32(0.5)) == 0
