"""Sums over customers who stay as they are, tabulated for any answers of their segments, compiled.

What a customer adds to a habit row (see `tallies`) is linear in how their segment answers: with o its ratio of opens
and k its ratio of redemptions, observed over expected, a value is (1 - o) v(0, .) + o (1 - k) v(1, 0) + o k v(1, 1).
So sums at these three settings, kept apart by the segment that customers are in, give the sums for any others, without
a pass over the customers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from evenhand.envs.candidates import choose_splits, make_rows
from evenhand.envs.tallies import (
    ANSWERS,
    PARTS,
    N,
    add_now,
    come_in,
    fresh_sums,
    gather,
    lasting_of,
    value_of,
    weights,
)
from evenhand.envs.views import Prices, Shape, Terms
from evenhand.simulator.types import FloatArray

__all__ = ["SETTINGS", "Tabulated", "blank", "fill_tabulated", "tabulate"]

SETTINGS = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))  # ratios of opens and of redemptions


class Tabulated(NamedTuple):
    """Habit rows at each of the SETTINGS, as `tallies.Sums` has them; B bins, W entries."""

    segment: FloatArray  # (3, S, W)
    bins: FloatArray  # (3, S, F, B, W) of the customers in a bin
    fall: FloatArray  # (3, S, C, W)
    tight: FloatArray  # (3, S, F, 2, C, W)
    loose: FloatArray  # (3, S, F, 2, S, W) by the segment that customers are in, which answers in its own way


def blank(shape: Shape, prices: Prices, terms: Terms) -> Tabulated:
    """Return room for one environment."""
    (_, s, f), c, q = shape.lo.shape, prices.cost.shape[1], prices.doses.shape[1]
    width = int(weights(c)) + q
    shapes = ((s,), (s, f, int(terms.n_bins.max())), (s, c), (s, f, 2, c), (s, f, 2, s))
    return Tabulated(*(np.zeros((len(SETTINGS), *one, width), np.float32) for one in shapes))


@njit(cache=True)
def tabulate(k, seen, shape, prices, terms, tabulated):
    """Add up the customers of the only environment, whose ratios are those of setting `k`."""
    (n_segments, n_features), n_campaigns = shape.lo.shape[1:], prices.cost.shape[1]
    first, bins = seen.first[0], seen.bins[0]
    sums = fresh_sums(
        len(first), n_segments, n_features, terms.n_bins.max(), n_campaigns, prices.doses.shape[1]
    )  # fmt: skip
    gather(0, seen, shape, prices, terms, sums)
    tabulated.segment[k], tabulated.fall[k], tabulated.tight[k] = sums.segment, sums.fall, sums.tight
    come_in(
        first, bins, shape.lo[0], shape.hi[0], np.arange(n_segments), sums.bounded, sums.n_bounded, sums.row,
        tabulated.loose[k],
    )  # fmt: skip
    for i in range(len(first)):
        for f in range(n_features):
            for w in range(sums.row.shape[1]):
                tabulated.bins[k, first[i], f, bins[i, f], w] += sums.row[i, w]


@njit(cache=True)
def fill_tabulated(n_customers, tabulated, answered, shape, prices, terms, sums, table):
    """Fill `table` as `candidates.fill_candidates` does, from what is tabulated of the `n_customers`.

    `answered` (S, Q) is what the answers of a segment multiply the weights by, `sums` room for those that are mixed.
    The bounds are those that `sums` notes.
    """
    shares = _shares(shape.open_ratio[0], shape.redeem_ratio[0], answered)
    size, campaign = shape.size[0], shape.campaign[0]
    _mix_segments(size, tabulated, shares, sums)
    _mix_moves(size, campaign, tabulated, shares, sums)
    add_now(sums.segment, campaign, prices.doses[0], terms.explore, sums.now)
    if size < shape.lo.shape[1]:
        _mix_bins(size, terms.n_bins, tabulated.bins, shares, sums.bins)
        choose_splits(0, shape, terms, sums)
        _mix_parts(size, terms.n_bins, tabulated.bins, shares, sums.splits, sums.part)
    make_rows(0, n_customers, shape, prices, terms, sums, table)


@njit(cache=True)
def _shares(open_ratio, redeem_ratio, answered):
    """Return how much of each setting makes up each entry of a habit row, for each segment's customers, (S, 3, W)."""
    n_segments, n_campaigns = redeem_ratio.shape
    start = weights(n_campaigns)
    shares = np.zeros((n_segments, 3, start + answered.shape[1]), np.float32)
    for s in range(n_segments):
        o = open_ratio[s]
        shares[s, 2, :PARTS] = 1.0  # who they are
        shares[s, 2, PARTS : PARTS + 2 * n_campaigns] = o  # money by lift and by redemption, as expected of who opens
        shares[s, 2, start:] = answered[s]
        for c in range(1, n_campaigns):
            for w in (value_of(c, n_campaigns), lasting_of(c, n_campaigns)):
                shares[s, 0, w] = np.float32(1.0) - o
                shares[s, 1, w] = o * (np.float32(1.0) - redeem_ratio[s, c])
                shares[s, 2, w] = o * redeem_ratio[s, c]
    return shares


@njit(cache=True)
def _add(total, nobody_opens, nobody_redeems, as_expected, shares):
    """Add a habit row, mixed of those at the three settings."""
    for w in range(len(total)):
        total[w] += (
            shares[0, w] * nobody_opens[w] + shares[1, w] * nobody_redeems[w] + shares[2, w] * as_expected[w]
        )  # fmt: skip


@njit(cache=True)
def _mix_segments(size, tabulated, shares, sums):
    """Write what customers are and bring who are in each segment, and who fall through when it is retired."""
    sums.segment[:] = 0.0
    sums.fall[:] = 0.0
    whole, fall = tabulated.segment, tabulated.fall
    for s in range(size):
        _add(sums.segment[s], whole[0, s], whole[1, s], whole[2, s], shares[s])
        for c in range(fall.shape[2]):
            _add(sums.fall[s, c], fall[0, s, c], fall[1, s, c], fall[2, s, c], shares[s])


@njit(cache=True)
def _mix_moves(size, campaign, tabulated, shares, sums):
    """Write who falls out of each segment and who comes in when one of its bounds moves."""
    sums.tight[:] = 0.0
    sums.loose[:] = 0.0
    tight, loose = tabulated.tight, tabulated.loose
    for s in range(size):
        for j in range(sums.n_bounded[s]):
            f = sums.bounded[s, j]
            for side in range(2):
                for c in range(tight.shape[4]):
                    at = (s, f, side, c)
                    if tight[2][at][N] > 0:
                        _add(sums.tight[at], tight[0][at], tight[1][at], tight[2][at], shares[s])
                for t in range(s + 1, size):
                    at = (s, f, side, t)
                    if loose[2][at][N] > 0:
                        total = sums.loose[s, f, side, campaign[t]]
                        _add(total, loose[0][at], loose[1][at], loose[2][at], shares[t])


@njit(cache=True)
def _mix_bins(size, n_bins, bins, shares, table):
    """Write the answers of the customers in each bin, and the lasting value of each campaign."""
    n_campaigns = table.shape[3]
    for s in range(size):
        for f in range(len(n_bins)):
            for b in range(n_bins[f]):
                table[s, f, b, 0] = bins[2, s, f, b, ANSWERS]
                for c in range(1, n_campaigns):
                    w, value = lasting_of(c, n_campaigns), np.float32(0.0)
                    for k in range(3):
                        value += shares[s, k, w] * bins[k, s, f, b, w]
                    table[s, f, b, c] = value


@njit(cache=True)
def _mix_parts(size, n_bins, bins, shares, splits, part):
    """Write what the parts that the chosen splits would make are and bring."""
    part[:] = 0.0
    for s in range(size):
        for rank in range(2):
            f, cut, side, _ = splits[s, rank]
            if f >= 0:
                for b in range(n_bins[f]):
                    if (b < cut) == (side == 0):
                        _add(part[s, rank], bins[0, s, f, b], bins[1, s, f, b], bins[2, s, f, b], shares[s])
