"""What is counted of a period for the observation, the constraints and the audit, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["benefit_counts", "segment_sums", "spend_sums", "weight_sums"]

COUNT, REACHED, RECENCY, TRIPS, ORGANIC, ENGAGEMENT, FATIGUE = range(7)


@njit(cache=True)
def segment_sums(first, n_segments, consent, recency, trips, organic, engagement, fatigue):
    """Return sums over each segment's customers, (E, S, 7): customers, with consent, then the other arguments."""
    sums = np.zeros((first.shape[0], n_segments, 7))
    for e in range(first.shape[0]):
        for i in range(first.shape[1]):
            row = sums[e, first[e, i]]
            row[COUNT] += 1.0
            row[REACHED] += consent[e, i] != 0
            row[RECENCY] += recency[e, i]
            row[TRIPS] += trips[e, i]
            row[ORGANIC] += organic[e, i]
            row[ENGAGEMENT] += engagement[e, i]
            row[FATIGUE] += fatigue[e, i]
    return sums


@njit(cache=True)
def benefit_counts(contacted, given, beneficial, groups, n_groups):
    """Return how many of each group of each attribute got a beneficial contact, (E, P, K) float64.

    `contacted` and `given` are (E, N), `beneficial` (C,), `groups` (E, N, P) with -1 for unknown.
    """
    counts = np.zeros((groups.shape[0], groups.shape[2], n_groups))
    for e in range(groups.shape[0]):
        for i in range(groups.shape[1]):
            if contacted[e, i] and beneficial[given[e, i]]:
                for p in range(groups.shape[2]):
                    if groups[e, i, p] >= 0:
                        counts[e, p, groups[e, i, p]] += 1.0
    return counts


@njit(cache=True)
def weight_sums(weight, contacted, given, beneficial, groups, n_groups):
    """Return the sums of `weight` (E, N) over each group, and over those of it who got a beneficial contact.

    Both (E, P, K) float64; the other arguments are those of `benefit_counts`.
    """
    whole = np.zeros((groups.shape[0], groups.shape[2], n_groups))
    part = np.zeros((groups.shape[0], groups.shape[2], n_groups))
    for e in range(groups.shape[0]):
        for i in range(groups.shape[1]):
            got = contacted[e, i] and beneficial[given[e, i]]
            for p in range(groups.shape[2]):
                if groups[e, i, p] >= 0:
                    whole[e, p, groups[e, i, p]] += weight[e, i]
                    if got:
                        part[e, p, groups[e, i, p]] += weight[e, i]
    return whole, part


@njit(cache=True)
def spend_sums(contacted, redeemed, given, cost, discount):
    """Return what contacts and redeemed discounts cost per customer, (E,) money.

    `contacted`, `redeemed` and `given` are (E, N), `cost` and `discount` (E, C), of the latter the business's own part.
    """
    total = np.zeros(given.shape[0])
    for e in range(given.shape[0]):
        for i in range(given.shape[1]):
            if contacted[e, i]:
                total[e] += cost[e, given[e, i]]
            if redeemed[e, i]:
                total[e] += discount[e, given[e, i]]
        total[e] /= given.shape[1]
    return total
