"""Sums over customers that candidate rows are made of, compiled: a few plain passes over one environment's customers.

A *habit* row says of customers how many they are, what is known of them and what each campaign would bring from them.
It prices sending them all another campaign. Customers who would change segments are added up by the campaign at the
other end, so that `moved` can price moving a threshold or retiring a segment from a few habit rows.

The named tuples are taken apart once per environment: inside the passes only arrays travel, which is what keeps them
fast.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from evenhand.envs.assignment import note_bounds
from evenhand.simulator.types import FloatArray

__all__ = [
    "Sums",
    "add_now",
    "come_in",
    "fresh_sums",
    "gather",
    "gather_parts",
    "lasting_of",
    "moved",
    "moved_value",
    "value_of",
    "weights",
]

# Entries of a habit row: customers, those who may be contacted (on any channel), habits, organic margin of the latter,
# answers that are expected of them, in means.
N, M, FATIGUE, ORGANIC, RECENCY, ENGAGEMENT, WORTH, ANSWERS = range(8)
# From PARTS on: lift money, redemption money, value less cost and lasting value of each campaign; then the weights of
# who may be contacted, a column for each sum that constraints ask for.
PARTS = 8
# Entries of a moved row after the first PARTS: changes of value, lift money, contacts, fatigue weight, weight times
# organic margin; fatigue weight of the new campaigns; change of lasting value; from D_SUMS on, change of each sum that
# constraints ask for.
D_VALUE, D_LIFT, D_CONTACT, D_WEIGHT, D_WORTH, D_NEW, D_LASTING, D_SUMS = range(8, 16)


class Sums(NamedTuple):
    """Sums over the customers of one environment; S segments, F features, B bins, C campaigns, Q constrained sums."""

    segment: FloatArray  # (S, W) habit rows, W = 8 + 4 C + Q
    bins: FloatArray  # (S, F, B, C) answers of the customers in a bin, then the lasting value of each campaign
    part: FloatArray  # (S, 2, W) of the parts that splits would make
    fall: FloatArray  # (S, C, W) of who falls through when a segment is retired, by the campaign that they then get
    tight: FloatArray  # (S, F, 2, C, W) of who falls out when a bound moves inward by one cut; side 0 is the lower
    loose: FloatArray  # (S, F, 2, C, W) of who comes in when it moves outward, by the campaign that they have now
    moved: FloatArray  # (15 + Q,) a moved row
    now: FloatArray  # (Q,) the constrained sums per period as things stand
    bounded: NDArray[np.int64]  # (S, F) features that a segment bounds
    n_bounded: NDArray[np.int64]  # (S,)
    splits: NDArray[np.int64]  # (S, 2, 4) feature, cut, side, campaign of the chosen splits; feature -1: none
    row: FloatArray  # (N, W) habit row of each customer


@njit(cache=True)
def fresh_sums(n_customers, n_segments, n_features, n_bins, n_campaigns, n_columns):
    """Return room for the sums of one environment at a time."""
    width = weights(n_campaigns) + n_columns
    return Sums(
        np.zeros((n_segments, width), np.float32),
        np.zeros((n_segments, n_features, n_bins, n_campaigns), np.float32),
        np.zeros((n_segments, 2, width), np.float32),
        np.zeros((n_segments, n_campaigns, width), np.float32),
        np.zeros((n_segments, n_features, 2, n_campaigns, width), np.float32),
        np.zeros((n_segments, n_features, 2, n_campaigns, width), np.float32),
        np.zeros(D_SUMS + n_columns, np.float32),
        np.zeros(n_columns, np.float32),
        np.zeros((n_segments, n_features), np.int64),
        np.zeros(n_segments, np.int64),
        np.zeros((n_segments, 2, 4), np.int64),
        np.zeros((n_customers, width), np.float32),
    )


@njit(cache=True)
def value_of(c, n_campaigns):
    """Return where a habit row says what campaign `c` is worth in the coming period."""
    return PARTS + 2 * n_campaigns + c


@njit(cache=True)
def lasting_of(c, n_campaigns):
    """Return where a habit row says what campaign `c` is worth a period, kept up to the horizon."""
    return PARTS + 3 * n_campaigns + c


@njit(cache=True)
def weights(n_campaigns):
    """Return where a habit row's weights begin."""
    return PARTS + 4 * n_campaigns


@njit(cache=True)
def gather(e, seen, shape, prices, terms, sums):
    """Add up the customers of environment `e` into `sums`; what each bin holds only where a segment can be split."""
    first, bins, campaign = seen.first[e], seen.bins[e], shape.campaign[e]
    lo, hi, size = shape.lo[e], shape.hi[e], shape.size[e]
    _describe(
        first, seen.consent[e], seen.weights[e], seen.fatigue[e], seen.organic[e], seen.recency[e], seen.engagement[e],
        seen.answering[e], sums.row, prices.cost.shape[1],
    )  # fmt: skip
    _value(
        first, seen.consent[e], seen.open_part[e], seen.lift_part[e], seen.redeem_part[e], shape.open_ratio[e],
        shape.redeem_ratio[e], prices.cost[e], prices.channel, sums.row,
    )  # fmt: skip
    _last(
        first, seen.consent[e], seen.lasting_lift[e], seen.lasting_redeem[e], seen.burden[e], shape.open_ratio[e],
        shape.redeem_ratio[e], prices.cost[e], prices.channel, sums.row,
    )  # fmt: skip
    note_bounds(lo, hi, size, terms.n_bins, sums.bounded, sums.n_bounded)
    _add_to_segments(first, sums.row, sums.segment)
    add_now(sums.segment, campaign, prices.doses[e], terms.explore, sums.now)
    if size < len(lo):
        _add_to_bins(first, bins, sums.row, sums.bins)
    _fall_through(
        first, seen.second[e], bins, lo, hi, size, terms.n_bins, campaign, sums.bounded, sums.n_bounded, sums.row,
        sums.fall, sums.tight,
    )  # fmt: skip
    come_in(first, bins, lo, hi, campaign, sums.bounded, sums.n_bounded, sums.row, sums.loose)


@njit(cache=True)
def gather_parts(first, bins, splits, row, part):
    """Add up the customers of the parts that the chosen `splits` would make into `part`."""
    part[:] = 0.0
    for i in range(len(first)):
        s = first[i]
        for rank in range(2):
            f = splits[s, rank, 0]
            if f >= 0 and (bins[i, f] < splits[s, rank, 1]) == (splits[s, rank, 2] == 0):
                for j in range(row.shape[1]):
                    part[s, rank, j] += row[i, j]


@njit(cache=True)
def _describe(first, consent, weight, fatigue, organic, recency, engagement, answering, row, n_campaigns):
    """Write who each customer is into their habit row."""
    start = weights(n_campaigns)
    for i in range(len(first)):
        reached = np.float32(consent[i] != 0)
        row[i, N], row[i, M], row[i, WORTH] = 1.0, reached, reached * organic[i]
        row[i, FATIGUE], row[i, ORGANIC] = fatigue[i], organic[i]
        row[i, RECENCY], row[i, ENGAGEMENT], row[i, ANSWERS] = recency[i], engagement[i], answering[i]
        for q in range(weight.shape[1]):
            row[i, start + q] = reached * weight[i, q]


@njit(cache=True)
def _value(first, consent, opens, lift, redeem, open_ratio, redeem_ratio, cost, channel, row):
    """Write what each campaign would bring from each customer, given how their segment has answered so far."""
    n_campaigns = len(cost)
    for i in range(len(first)):
        s = first[i]
        opening = opens[i] * open_ratio[s]
        for c in range(1, n_campaigns):
            lifted, redeemed = opening * lift[i, c], opening * redeem[i, c]
            row[i, PARTS + c], row[i, PARTS + n_campaigns + c] = lifted, redeemed
            reached = np.float32((consent[i] >> channel[c]) & 1)
            row[i, value_of(c, n_campaigns)] = lifted + redeem_ratio[s, c] * redeemed - reached * cost[c]


@njit(cache=True)
def _last(first, consent, lift, redeem, burden, open_ratio, redeem_ratio, cost, channel, row):
    """Write what each campaign would bring from each customer a period, kept up to the horizon."""
    n_campaigns = len(cost)
    for i in range(len(first)):
        s = first[i]
        for c in range(1, n_campaigns):
            answered = open_ratio[s] * (lift[i, c] + redeem_ratio[s, c] * redeem[i, c])
            reached = np.float32((consent[i] >> channel[c]) & 1)
            row[i, lasting_of(c, n_campaigns)] = answered - burden[i, c] - reached * cost[c]


@njit(cache=True)
def _add_to_segments(first, row, segment):
    segment[:] = 0.0
    for i in range(len(first)):
        s = first[i]
        for j in range(row.shape[1]):
            segment[s, j] += row[i, j]


@njit(cache=True)
def add_now(segment, campaign, doses, explore, now):
    """Write what each constrained sum may be expected to be in a period as things stand, exploration included."""
    n_campaigns = doses.shape[1]
    for q in range(len(now)):
        drawn, total = explore * doses[q].sum() / np.float32(n_campaigns), np.float32(0.0)
        for s in range(len(segment)):
            dose = (np.float32(1.0) - explore) * doses[q, campaign[s]] + drawn
            total += dose * segment[s, weights(n_campaigns) + q]
        now[q] = total


@njit(cache=True)
def _add_to_bins(first, bins, row, table):
    table[:] = 0.0
    n_campaigns = table.shape[3]
    start = lasting_of(0, n_campaigns)
    for i in range(len(first)):
        s = first[i]
        for f in range(bins.shape[1]):
            b = bins[i, f]
            table[s, f, b, 0] += row[i, ANSWERS]
            for c in range(1, n_campaigns):
                table[s, f, b, c] += row[i, start + c]


@njit(cache=True)
def _fall_through(first, second, bins, lo, hi, size, n_bins, campaign, bounded, n_bounded, row, fall, tight):
    """Count who goes to their second match: all of a retired segment, and who sits in the bin next to a bound."""
    fall[:] = 0.0
    tight[:] = 0.0
    for i in range(len(first)):
        s = first[i]
        if s == size - 1:
            continue
        c = campaign[second[i]]
        for w in range(row.shape[1]):
            fall[s, c, w] += row[i, w]
        for j in range(n_bounded[s]):
            f = bounded[s, j]
            if lo[s, f] > 0 and bins[i, f] == lo[s, f]:
                for w in range(row.shape[1]):
                    tight[s, f, 0, c, w] += row[i, w]
            if hi[s, f] < n_bins[f] and bins[i, f] + 1 == hi[s, f]:
                for w in range(row.shape[1]):
                    tight[s, f, 1, c, w] += row[i, w]


@njit(cache=True)
def come_in(first, bins, lo, hi, places, bounded, n_bounded, row, loose):
    """Count whom one bound, by one bin, keeps out of a segment before their own: they come in when it loosens.

    `places` (S,) says where in `loose` (S, F, 2, places, W) those of a segment are counted, as by its campaign.
    """
    loose[:] = 0.0
    for i in range(len(first)):
        c = places[first[i]]
        for s in range(first[i]):
            missed, at = 0, 0
            for j in range(n_bounded[s]):
                f = bounded[s, j]
                if bins[i, f] < lo[s, f] or bins[i, f] >= hi[s, f]:
                    missed += 1
                    at = f
                    if missed > 1:
                        break
            if missed != 1:
                continue
            side = 0 if bins[i, at] < lo[s, at] else 1
            if bins[i, at] + 1 == lo[s, at] or bins[i, at] == hi[s, at]:
                for w in range(row.shape[1]):
                    loose[s, at, side, c, w] += row[i, w]


@njit(cache=True)
def moved_value(rows, own, inward):
    """Return how many customers the habit `rows` (C, W) count, their answers, and what moving them changes in lasting
    value: to `own` campaign where `inward`, else from it to those at the other ends.
    """
    n, answers, gain = np.float32(0.0), np.float32(0.0), np.float32(0.0)
    n_campaigns = rows.shape[0]
    for c in range(n_campaigns):
        n += rows[c, N]
        answers += rows[c, ANSWERS]
        gain += rows[c, lasting_of(c, n_campaigns)] - rows[c, lasting_of(own, n_campaigns)]  # 0 for "no contact"
    return n, answers, (-gain if inward else gain)


@njit(cache=True)
def moved(rows, own, inward, weight, doses, total):
    """Write the moved row of the customers that the habit `rows` (C, W) count into `total`; see `moved_value`."""
    n_campaigns = rows.shape[0]
    total[:] = 0.0
    for c in range(n_campaigns):
        old, new = (c, own) if inward else (own, c)
        row, reached = rows[c], rows[c, M]
        for w in range(PARTS):
            total[w] += row[w]
        heavier = weight[new] - weight[old]
        total[D_VALUE] += row[value_of(new, n_campaigns)] - row[value_of(old, n_campaigns)]
        total[D_LIFT] += row[PARTS + new] - row[PARTS + old]
        total[D_CONTACT] += reached * (np.float32(new > 0) - np.float32(old > 0))
        total[D_WEIGHT] += reached * heavier
        total[D_WORTH] += row[WORTH] * heavier
        total[D_NEW] += reached * weight[new]
        total[D_LASTING] += row[lasting_of(new, n_campaigns)] - row[lasting_of(old, n_campaigns)]
        for q in range(len(doses)):
            total[D_SUMS + q] += (doses[q, new] - doses[q, old]) * row[weights(n_campaigns) + q]
