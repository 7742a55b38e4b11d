"""Who is in which segment, compiled: bins, first and second match, and the draw of the exploration share."""

from __future__ import annotations

import numpy as np
from numba import njit

from evenhand.simulator.random import EXPLORE, EXPLORE_CAMPAIGN, customer_hash, uniform

__all__ = ["bin_column", "choose_campaigns", "match", "note_bounds"]


@njit(cache=True)
def bin_column(values, unit, edges, bins, f):
    """Write the bin of `unit * values` (E, N) among `edges` (K,) into `bins[:, :, f]`, (E, N, F) uint8."""
    for e in range(values.shape[0]):
        for i in range(values.shape[1]):
            x, b = unit * values[e, i], np.uint8(0)
            for k in range(edges.shape[0]):  # no early way out: without branches the compiler does many at once
                b += np.uint8(x >= edges[k])
            bins[e, i, f] = b


@njit(cache=True)
def match(bins, n_bins, lo, hi, size, both, first, second):
    """Write the first and the second segment that each customer matches into `first` and `second`, (E, N) int8.

    `lo`, `hi` (E, S, F): a customer matches a segment when lo <= bin < hi for every feature. The last of `size[e]`
    segments is the default, which matches everyone; for its own customers the second match is the default again.
    Without `both` the second is not looked for.
    """
    bounded = np.zeros(lo.shape[1:], np.int64)
    n_bounded = np.zeros(lo.shape[1], np.int64)
    for e in range(bins.shape[0]):
        last = size[e] - 1
        note_bounds(lo[e], hi[e], size[e], n_bins, bounded, n_bounded)
        for i in range(bins.shape[1]):
            one = -1
            two = last
            for s in range(size[e]):
                if not _inside(bins[e, i], lo[e, s], hi[e, s], bounded[s], n_bounded[s]):
                    continue
                if one >= 0:
                    two = s
                    break
                one = s
                if not both:
                    break
            first[e, i] = one
            second[e, i] = two


@njit(cache=True)
def _inside(bins, lo, hi, bounded, n):
    for j in range(n):
        f = bounded[j]
        if bins[f] < lo[f] or bins[f] >= hi[f]:
            return False
    return True


@njit(cache=True)
def note_bounds(lo, hi, size, n_bins, bounded, n_bounded):
    """Note which features each of `size` segments bounds: `n_bounded[s]` of them in `bounded[s]`."""
    for s in range(size):
        n = 0
        for f in range(len(n_bins)):
            if lo[s, f] > 0 or hi[s, f] < n_bins[f]:
                bounded[s, n] = f
                n += 1
        n_bounded[s] = n


@njit(cache=True)
def choose_campaigns(first, campaign, keys, share, n_campaigns, given, explored):
    """Write the campaign of every customer: the segment's, or in the exploration share one drawn at random.

    `keys` (E, ...) are `period_keys` of the block of periods: the draw belongs to (seed, customer, block), so that
    carry-over does not mix arms within a block. The propensity of campaign c is (1 - share) * [c is the segment's]
    + share / n_campaigns.
    """
    for e in range(first.shape[0]):
        for i in range(first.shape[1]):
            hashed = customer_hash(np.uint32(i), keys[e, 0])
            if uniform(hashed, keys[e, 1 + EXPLORE]) < share:
                drawn = int(uniform(hashed, keys[e, 1 + EXPLORE_CAMPAIGN]) * np.float32(n_campaigns))
                given[e, i] = min(drawn, n_campaigns - 1)
                explored[e, i] = 1
            else:
                given[e, i] = campaign[e, first[e, i]]
                explored[e, i] = 0
