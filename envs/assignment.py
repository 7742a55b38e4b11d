"""Who is in which segment, compiled: bins, first and second match, and the draw of the exploration share."""

from __future__ import annotations

import numpy as np
from numba import njit

from evenhand.simulator.random import EXPLORE, EXPLORE_CAMPAIGN, uniform

__all__ = ["bin_features", "choose_campaigns", "match"]


@njit(cache=True)
def bin_features(values, edges, bins):  # type: ignore[no-untyped-def]
    """Write the bin of `values` (E, N, F) among `edges` (F, K) into `bins` (E, N, F) uint8."""
    for e in range(values.shape[0]):
        for i in range(values.shape[1]):
            for f in range(values.shape[2]):
                b, x = 0, values[e, i, f]
                while b < edges.shape[1] and x >= edges[f, b]:
                    b += 1
                bins[e, i, f] = b


@njit(cache=True)
def match(bins, lo, hi, size, first, second):  # type: ignore[no-untyped-def]
    """Write the first and the second segment that each customer matches into `first` and `second`, (E, N) int8.

    `lo`, `hi` (E, S, F): a customer matches a segment when lo <= bin < hi for every feature. The last of `size[e]`
    segments is the default, which matches everyone; for its own customers the second match is the default again.
    """
    for e in range(bins.shape[0]):
        last = size[e] - 1
        for i in range(bins.shape[1]):
            one = -1
            two = last
            for s in range(size[e]):
                inside = True
                for f in range(bins.shape[2]):
                    b = bins[e, i, f]
                    if b < lo[e, s, f] or b >= hi[e, s, f]:
                        inside = False
                        break
                if inside:
                    if one < 0:
                        one = s
                    else:
                        two = s
                        break
            first[e, i] = one
            second[e, i] = two


@njit(cache=True)
def choose_campaigns(first, campaign, seeds, block, share, n_campaigns, given, explored):  # type: ignore[no-untyped-def]
    """Write the campaign of every customer: the segment's, or in the exploration share one drawn at random.

    The draw belongs to (seed, customer, block of periods), so carry-over does not mix arms within a block. The
    propensity of campaign c is (1 - share) * [c is the segment's] + share / n_campaigns.
    """
    for e in range(first.shape[0]):
        for i in range(first.shape[1]):
            if uniform(seeds[e], i, block, EXPLORE) < share:
                drawn = int(uniform(seeds[e], i, block, EXPLORE_CAMPAIGN) * np.float32(n_campaigns))
                given[e, i] = min(drawn, n_campaigns - 1)
                explored[e, i] = 1
            else:
                given[e, i] = campaign[e, first[e, i]]
                explored[e, i] = 0
