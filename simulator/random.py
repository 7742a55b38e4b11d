"""Counter-based random numbers: the draw is a function of (seed, customer, period, purpose), never of a sequence.

Two policies that meet the same customer in the same period therefore see the same luck, which makes twins exact and
paired comparisons quiet. The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable
pseudorandom number generators", OOPSLA 2014), applied twice.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

__all__ = [
    "CHURN",
    "DRIFT",
    "EXPLORE",
    "EXPLORE_CAMPAIGN",
    "OPEN",
    "REDEEM",
    "SPEND",
    "START",
    "TRIPS",
    "UNSUBSCRIBE",
    "mix",
    "normal",
    "uniform",
    "uniforms",
]

OPEN, REDEEM, UNSUBSCRIBE, CHURN, TRIPS, SPEND, DRIFT, EXPLORE, EXPLORE_CAMPAIGN, START = range(10)

_GAMMA = 0x9E3779B97F4A7C15
_CUSTOMER = 0xD1342543DE82EF95
_PERIOD = 0xA0761D6478BD642F
_PURPOSE = 0xE7037ED1A0B428DB


@njit(cache=True, inline="always")
def mix(z):  # type: ignore[no-untyped-def]
    """Return the SplitMix64 finaliser of an unsigned 64-bit integer."""
    z = np.uint64(z)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@njit(cache=True, inline="always")
def uniform(seed, customer, period, purpose):  # type: ignore[no-untyped-def]
    """Return the float32 in (0, 1), a multiple of 2**-24, that belongs to (seed, customer, period, purpose)."""
    z = np.uint64(seed) * np.uint64(_GAMMA)
    z += np.uint64(customer) * np.uint64(_CUSTOMER) + np.uint64(period) * np.uint64(_PERIOD)
    z = mix(mix(z) + np.uint64(purpose + 1) * np.uint64(_PURPOSE))
    return (np.float32(z >> np.uint64(41)) + np.float32(0.5)) * np.float32(1.0 / 8388608.0)


@njit(cache=True, inline="always")
def normal(u):  # type: ignore[no-untyped-def]
    """Return the standard normal quantile of `u` (Acklam's rational approximation, relative error < 1.2e-9)."""
    p = np.float64(u)
    if p < 0.02425 or p > 0.97575:
        tail = p if p < 0.5 else 1.0 - p
        q = math.sqrt(-2.0 * math.log(tail))
        top = -7.784894002430293e-03 * q - 3.223964580411365e-01
        top = ((top * q - 2.400758277161838e00) * q - 2.549732539343734e00) * q + 4.374664141464968e00
        top = top * q + 2.938163982698783e00
        low = (7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996e00
        x = top / ((low * q + 3.754408661907416e00) * q + 1.0)
        return np.float32(x if p < 0.5 else -x)
    q = p - 0.5
    r = q * q
    top = (-3.969683028665376e01 * r + 2.209460984245205e02) * r - 2.759285104469687e02
    top = ((top * r + 1.383577518672690e02) * r - 3.066479806614716e01) * r + 2.506628277459239e00
    low = (-5.447609879822406e01 * r + 1.615858368580409e02) * r - 1.556989798598866e02
    low = ((low * r + 6.680131188771972e01) * r - 1.328068155288572e01) * r + 1.0
    return np.float32(top * q / low)


def uniforms(seed: int, customers: NDArray[np.int64], period: int, purpose: int) -> NDArray[np.float32]:
    """Return `uniform` for an array of customers in plain NumPy: the oracle of the compiled draw."""
    with np.errstate(over="ignore"):
        base = np.uint64(seed) * np.uint64(_GAMMA)
        z = base + customers.astype(np.uint64) * np.uint64(_CUSTOMER) + np.uint64(period) * np.uint64(_PERIOD)
        z = _mix(_mix(z) + np.uint64(purpose + 1) * np.uint64(_PURPOSE))
    drawn = ((z >> np.uint64(41)).astype(np.float32) + np.float32(0.5)) * np.float32(1.0 / 8388608.0)
    return np.asarray(drawn, np.float32)


def _mix(z: NDArray[np.uint64]) -> NDArray[np.uint64]:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
