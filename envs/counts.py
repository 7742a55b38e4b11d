"""What is counted of a period for the observation and the audit, compiled."""

from __future__ import annotations

import numpy as np
from numba import njit

__all__ = ["benefit_counts", "segment_sums"]

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
