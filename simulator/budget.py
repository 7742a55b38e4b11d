"""A budget that all segments share: contacts are sent, in an order drawn anew each period, until the money is spent."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from evenhand.simulator.random import BUDGET, uniforms
from evenhand.simulator.types import BoolArray, FloatArray, IntArray

__all__ = ["within_budget"]


def within_budget(
    given: IntArray,
    consent: BoolArray,
    cost: FloatArray,
    channel: BoolArray,
    budget: FloatArray,
    seeds: NDArray[np.uint64],
    period: int,
) -> IntArray:
    """Return `given` (E, N) with no contact (0) for whom the money of this period does not reach.

    `cost` (E, C) per contact, `channel` (C,) as bits of `consent` (E, N), `budget` (E,) money, inf for none. Customers
    come in the order of their draw for (seed, period), the same for every policy, so nobody is left out for good; one
    whose contact is too dear is passed over, the next may still be sent a cheaper one.
    """
    kept = given.copy()
    for e in range(len(given)):
        if np.isfinite(budget[e]):
            order = np.argsort(uniforms(int(seeds[e]), given.shape[1], period, BUDGET), kind="stable")
            _spend(kept[e], consent[e], cost[e], channel, float(budget[e]), order)
    return kept


@njit(cache=True)
def _spend(given, consent, cost, channel, left, order):  # type: ignore[no-untyped-def]  # Numba infers types
    for i in order:
        c = given[i]
        if c == 0 or (consent[i] >> channel[c]) & 1 == 0:
            continue
        if cost[c] > left:
            given[i] = 0
        else:
            left -= cost[c]
