"""Counter-based random numbers: the draw is a function of (seed, customer, period, purpose), never of a sequence.

Two policies that meet the same customer in the same period therefore see the same luck, which makes twins exact and
paired comparisons quiet. A seed and a period become 32-bit keys by SplitMix64 (Steele, Lea and Flood, "Fast splittable
pseudorandom number generators", OOPSLA 2014); a customer's number is then hashed twice under these keys by 32-bit
finalisers of the Murmur kind, whose multipliers were searched for low bias (Wellons, "Prospecting for hash functions",
2018). Thirty-two bits, because vector units multiply them sixteen at a time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numba.extending import register_jitable
from numpy.typing import NDArray
from scipy.special import ndtri

from evenhand.simulator.floats import Real

__all__ = [
    "BROWSE",
    "BUDGET",
    "DRIFT",
    "EXPLORE",
    "EXPLORE_CAMPAIGN",
    "FUNNEL",
    "PRESENCE",
    "PURPOSES",
    "REVIEW",
    "REVIEW_DELAY",
    "REVIEW_EDIT",
    "ROUNDING",
    "SHOCK",
    "SPEND",
    "START_DRIFT",
    "START_TASTE",
    "TASTE",
    "TRIPS",
    "UNSUBSCRIBE",
    "WEATHER",
    "common_draws",
    "customer_hash",
    "normals",
    "period_keys",
    "uniform",
    "uniforms",
]

(
    FUNNEL,  # how far a contact gets: delivered, opened, clicked, redeemed
    UNSUBSCRIBE,
    PRESENCE,  # leaves, comes back, arrives
    ROUNDING,  # away, or the trips between two whole numbers
    TRIPS,
    SPEND,
    DRIFT,
    TASTE,
    BROWSE,
    EXPLORE,
    EXPLORE_CAMPAIGN,
    START_DRIFT,
    START_TASTE,
    WEATHER,
    SHOCK,
    BUDGET,
    REVIEW,  # what the reviewer says of a tweak, whether they say it yet, and what an edit makes of it
    REVIEW_DELAY,
    REVIEW_EDIT,
) = range(19)
PURPOSES = 19

_U = np.uint32
_STEP = _U(0x9E3779B1)


def period_keys(seeds: NDArray[np.uint64], period: int) -> NDArray[np.uint32]:
    """Return one key for hashing customers and one per purpose, (E, 1 + PURPOSES), of seeds (E,) in a period."""
    return np.asarray(_keys(seeds, np.array([period]), np.arange(1 + PURPOSES))[:, 0])


def common_draws(seeds: NDArray[np.uint64], periods: NDArray[np.int64], purpose: int) -> NDArray[np.float32]:
    """Return what is drawn once for all customers, (E, T), of seeds (E,) in `periods` (T,), which may lie before 0."""
    return np.asarray(_first_customer(_keys(seeds, periods, np.array([0, 1 + purpose]))))


@njit(cache=True)
def _keys(seeds, periods, lanes):  # type: ignore[no-untyped-def] # compiled: the docstring says the shapes
    """Return keys (E, T, lanes); lane 0 hashes customers, lane 1 + purpose draws."""
    keys = np.empty((len(seeds), len(periods), len(lanes)), np.uint32)
    for e in range(len(seeds)):
        seed = _split(np.uint64(seeds[e]))
        for t in range(len(periods)):
            z = _split(seed + np.uint64(periods[t]) * np.uint64(0xA0761D6478BD642F))
            for k in range(len(lanes)):
                mixed = _split(z + np.uint64(lanes[k]) * np.uint64(0xE7037ED1A0B428DB))
                keys[e, t, k] = np.uint32(mixed >> np.uint64(32))
    return keys


@njit(cache=True)
def _first_customer(keys):  # type: ignore[no-untyped-def] # as above
    draws = np.empty(keys.shape[:2], np.float32)
    for e in range(keys.shape[0]):
        for t in range(keys.shape[1]):
            draws[e, t] = uniform(customer_hash(np.uint32(0), keys[e, t, 0]), keys[e, t, 1])
    return draws


@njit(cache=True)
def _split(z):  # type: ignore[no-untyped-def] # as above
    """Return the SplitMix64 step of an unsigned 64-bit integer."""
    z = z + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@register_jitable(forceinline=True)
def customer_hash(customer: Any, key: Any) -> Any:
    """Return a hash of a customer's number (below 2**32) under the first key of a period, uint32."""
    z = _U(_U(_U(customer) * _STEP) + key)
    z = _U(_U(z ^ _U(z >> _U(16))) * _U(0x7FEB352D))
    z = _U(_U(z ^ _U(z >> _U(15))) * _U(0x846CA68B))
    return _U(z ^ _U(z >> _U(16)))


@register_jitable(forceinline=True)
def uniform(hashed: Any, key: Any) -> Real:
    """Return the float32 in (0, 1), an odd multiple of 2**-24, of a hashed customer under a purpose's key."""
    z = _U(hashed + key)
    z = _U(_U(z ^ _U(z >> _U(17))) * _U(0xED5AD4BB))
    z = _U(_U(z ^ _U(z >> _U(11))) * _U(0xAC4C1B51))
    z = _U(_U(z ^ _U(z >> _U(15))) * _U(0x31848BAB))
    z = _U(z ^ _U(z >> _U(14)))
    return (np.float32(np.int32(z >> _U(9))) + np.float32(0.5)) * np.float32(1.0 / 8388608.0)


def uniforms(seed: int, customers: int, period: int, purpose: int) -> NDArray[np.float32]:
    """Return the draws of customers 0 to `customers` - 1 for a purpose in a period, (customers,)."""
    keys = period_keys(np.array([seed], np.uint64), period)[0]
    hashed = customer_hash(np.arange(customers, dtype=np.uint32), keys[0])
    return np.asarray(uniform(hashed, keys[1 + purpose]), np.float32)


def normals(seed: int, customers: int, period: int, purpose: int) -> NDArray[np.float32]:
    """Return standard normal draws, otherwise like `uniforms`."""
    return np.asarray(ndtri(uniforms(seed, customers, period, purpose).astype(np.float64)), np.float32)
