"""The table of candidate tweaks: one row per action, with what a business can foretell of it, compiled.

Layout of the M rows for S segments and C campaigns, the same in every period so that an action keeps its meaning:
hold | assign[s, c] | merge[s] (retire: customers fall through) | move[s, tighten or loosen] | split[s, best or other].
Of all thresholds, a move or split row offers the one with the highest lasting gain, since rules stay; the second split
row offers the best one on another feature. `tallies` adds up the customers; here the sums become rows.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from evenhand.envs.tallies import (
    ANSWERS,
    D_CONTACT,
    D_LASTING,
    D_LIFT,
    D_NEW,
    D_SUMS,
    D_VALUE,
    D_WEIGHT,
    D_WORTH,
    ENGAGEMENT,
    FATIGUE,
    ORGANIC,
    PARTS,
    RECENCY,
    WORTH,
    M,
    N,
    fresh_sums,
    gather,
    gather_parts,
    lasting_of,
    moved,
    moved_value,
    value_of,
    weights,
)

__all__ = [
    "ASSIGN",
    "CANDIDATE_FEATURES",
    "DECODE_FIELDS",
    "HOLD",
    "MERGE",
    "MOVE",
    "OPERATIONS",
    "SLACK",
    "SLACK_CHANGE",
    "SPLIT",
    "choose_splits",
    "count_candidates",
    "fill_candidates",
    "make_rows",
    "operations_of_rows",
]

HOLD, ASSIGN, MERGE, MOVE, SPLIT = range(5)
OPERATIONS: Final = ("assign", "merge", "move", "split")  # numbered from 1; holding is always on offer

CANDIDATE_FEATURES: Final = (
    "is_hold",
    "is_assign",
    "is_merge",
    "is_move",
    "is_split",
    "gain",  # money per customer and period, one-step estimate
    "gain_sd",
    "net_if_kept",  # money per customer: lasting gain over the periods left, less edit and complexity cost
    "share",  # of customers that the tweak touches
    "contact_change",  # share of customers
    "weight_change",  # fatigue that contacts add, per customer
    "value_weight_change",  # the same, each customer counted by their organic margin relative to the mean
    "new_weight",  # fatigue weight of the touched customers' new campaigns, mean
    "fatigue",  # mean of the touched
    "organic",  # organic margin per period of the touched, relative to everyone's
    "recency",  # mean of the touched, periods
    "engagement",  # mean of the touched
    "slack",  # worst at the horizon, foretold, in its scale: 0 is the limit, -1 for parity means no gap at all
    "slack_change",  # against holding
    "segments_change",
    "age",  # periods since the segment last changed, as a share of the horizon
    "lasting",  # money per customer and period if kept up to the horizon: what contacts do later is in it
)
DECODE_FIELDS: Final = ("op", "segment", "feature", "cut", "side", "campaign")
SLACK: Final = CANDIDATE_FEATURES.index("slack")
SLACK_CHANGE: Final = CANDIDATE_FEATURES.index("slack_change")

_LEAST = np.float32(-1e30)


class Scale(NamedTuple):
    """What turns the sums of one environment into rows."""

    left: np.float32  # periods
    keep: np.float32  # share of customers who do get their segment's campaign
    customers: np.float32
    organic: np.float32  # mean margin per customer and period


def count_candidates(max_segments: int, n_campaigns: int) -> int:
    """Return the number of rows M."""
    return 1 + max_segments * (n_campaigns + 1 + 2 + 2)


def operations_of_rows(max_segments: int, n_campaigns: int) -> NDArray[np.int64]:
    """Return the number of each row's operation, (M,)."""
    each = {HOLD: 1, ASSIGN: max_segments * n_campaigns, MERGE: max_segments, MOVE: 2 * max_segments}
    return np.repeat([*each, SPLIT], [*each.values(), 2 * max_segments])


@njit(cache=True)
def fill_candidates(seen, shape, prices, terms, table):
    """Fill `table` for the state that is given; see `views` for what the arguments hold."""
    n_segments, n_features = shape.lo.shape[1:]
    n_customers, most_bins = seen.first.shape[1], terms.n_bins.max()
    sums = fresh_sums(n_customers, n_segments, n_features, most_bins, prices.cost.shape[1], prices.doses.shape[1])
    for e in range(seen.first.shape[0]):
        gather(e, seen, shape, prices, terms, sums)
        if shape.size[e] < n_segments:
            choose_splits(e, shape, terms, sums)
            gather_parts(seen.first[e], seen.bins[e], sums.splits, sums.row, sums.part)
        make_rows(e, n_customers, shape, prices, terms, sums, table)


@njit(cache=True)
def make_rows(e, n_customers, shape, prices, terms, sums, table):
    """Write the rows of environment `e`, whose customers and parts `sums` holds."""
    n = np.float32(n_customers)
    left, keep = np.float32(terms.horizon - terms.period), np.float32(1.0) - terms.explore
    organic = max(sums.segment[:, ORGANIC].sum() / n, np.float32(1e-6))
    scale = Scale(left, keep, n, organic)
    table.rows[e] = 0.0
    table.mask[e] = 0
    table.decode[e] = 0
    table.change[e] = 0.0
    table.now[e] = sums.now
    table.rows[e, 0, HOLD] = 1
    table.mask[e, 0] = 1
    for s in range(shape.size[e]):
        _assigns(e, s, shape, prices, terms, scale, sums, table)
        _merge(e, s, shape, prices, terms, scale, sums, table)
        _moves(e, s, shape, prices, terms, scale, sums, table)
        if shape.size[e] < shape.lo.shape[1]:
            _splits(e, s, shape, prices, terms, scale, sums, table)


# -- one function per operation ---------------------------------------------------------------------------------------
@njit(cache=True)
def _assigns(e, s, shape, prices, terms, scale, sums, table):
    """Offer every other campaign to segment `s`."""
    n_campaigns = prices.cost.shape[1]
    for c in range(n_campaigns):
        slot = 1 + s * n_campaigns + c
        _say(table.decode[e, slot], ASSIGN, s, 0, 0, 0, c)
        if c != shape.campaign[e, s]:
            _send_row(e, s, slot, ASSIGN, sums.segment[s], c, 0, shape, prices, terms, scale, sums, table)


@njit(cache=True)
def _merge(e, s, shape, prices, terms, scale, sums, table):
    """Offer to retire segment `s`; the default stays."""
    slot = 1 + shape.lo.shape[1] * prices.cost.shape[1] + s
    _say(table.decode[e, slot], MERGE, s, 0, 0, 0, 0)
    if s < shape.size[e] - 1:
        moved(sums.fall[s], shape.campaign[e, s], False, prices.weight[e], prices.doses[e], sums.moved)
        _moved_row(e, s, slot, MERGE, sums.moved, -1, shape, prices, terms, scale, sums, table)


@njit(cache=True)
def _moves(e, s, shape, prices, terms, scale, sums, table):
    """Offer the best bound of segment `s` to tighten, and the best to loosen, by one cut."""
    own = shape.campaign[e, s]
    for way in range(2):
        slot = 1 + shape.lo.shape[1] * (prices.cost.shape[1] + 1) + 2 * s + way
        _say(table.decode[e, slot], MOVE, s, 0, 0, 0, 0)
        if s == shape.size[e] - 1:
            continue  # the default has no bounds
        rows = sums.tight[s] if way == 0 else sums.loose[s]
        best, best_f, best_side = _LEAST, -1, 0
        for j in range(sums.n_bounded[s]):
            f = sums.bounded[s, j]
            for side in range(2):
                n, answers, gain = moved_value(rows[f, side], own, way == 1)
                if n > 0 and gain > best and _may_move(e, s, f, side, way, answers, shape, terms, sums):
                    best, best_f, best_side = gain, f, side
        if best_f >= 0:
            at = shape.lo[e, s, best_f] if best_side == 0 else shape.hi[e, s, best_f]
            step = 1 if best_side == way else -1
            _say(table.decode[e, slot], MOVE, s, best_f, at + step, best_side, 0)
            moved(rows[best_f, best_side], own, way == 1, prices.weight[e], prices.doses[e], sums.moved)
            _moved_row(e, s, slot, MOVE, sums.moved, 0, shape, prices, terms, scale, sums, table)


@njit(cache=True)
def _may_move(e, s, f, side, way, answers, shape, terms, sums):
    """Whether a bound may go inward (`way` 0: enough answers stay) or outward (1: it stays the tightest).

    The operator stays, so both cuts must be of a kind.
    """
    lo, hi = np.int64(shape.lo[e, s, f]), np.int64(shape.hi[e, s, f])
    old = lo if side == 0 else hi
    new = old + 1 if side == way else old - 1
    if way == 0:
        bounded = lo > 0 if side == 0 else hi < terms.n_bins[f]
        fits = bounded and hi - lo > 1 and sums.segment[s, ANSWERS] - answers >= terms.min_size
    else:
        fits = new > shape.lo_room[e, s, f] if side == 0 else new < shape.hi_room[e, s, f]
    return fits and terms.closed[f, old - 1] == terms.closed[f, new - 1]


@njit(cache=True)
def choose_splits(e, shape, terms, sums):
    """Choose each segment's two best splits, on two features: write feature, cut, side and campaign to the sums."""
    lo, hi, campaign, min_size = shape.lo[e], shape.hi[e], shape.campaign[e], terms.min_size
    bins, splits = sums.bins, sums.splits
    below, whole = np.zeros(bins.shape[3], np.float32), np.zeros(bins.shape[3], np.float32)
    splits[:] = -1
    for s in range(shape.size[e]):
        for rank in range(2):
            best, chosen = _LEAST, splits[s, rank]
            for f in range(lo.shape[1]):
                if rank == 1 and f == splits[s, 0, 0]:
                    continue
                gain, cut, side, c = _best_cut(bins[s, f], lo[s, f], hi[s, f], campaign[s], min_size, below, whole)
                if gain > best:
                    best = gain
                    chosen[0], chosen[1], chosen[2], chosen[3] = f, cut, side, c


@njit(cache=True)
def _best_cut(bins, lo, hi, c1, min_size, below, whole):
    """Return the highest gain of splitting at one feature's cuts, that cut, the side of the part and its campaign."""
    best, best_cut, best_side, best_c = _LEAST, 0, 0, 0
    whole[:] = 0.0
    for b in range(lo, hi):
        for c in range(len(whole)):
            whole[c] += bins[b, c]
    below[:] = 0.0
    for cut in range(lo + 1, hi):
        for c in range(len(below)):
            below[c] += bins[cut - 1, c]
        if below[0] >= min_size and whole[0] - below[0] >= min_size:
            gain, side, c = _best_part(below, whole, c1)
            if gain > best:
                best, best_cut, best_side, best_c = gain, cut, side, c
    return best, best_cut, best_side, best_c


@njit(cache=True)
def _best_part(below, whole, c1):
    """Return the highest gain of sending one side of a cut another campaign than `c1`, that side and campaign."""
    best, best_side, best_c = _LEAST, 0, 0
    for side in range(2):
        old = np.float32(0.0)
        if c1 > 0:
            old = below[c1] if side == 0 else whole[c1] - below[c1]
        for c in range(len(below)):
            new = np.float32(0.0)
            if c > 0:
                new = below[c] if side == 0 else whole[c] - below[c]
            if c != c1 and new - old > best:
                best, best_side, best_c = new - old, side, c
    return best, best_side, best_c


@njit(cache=True)
def _splits(e, s, shape, prices, terms, scale, sums, table):
    """Offer the splits of segment `s` that were chosen."""
    for rank in range(2):
        slot = 1 + shape.lo.shape[1] * (prices.cost.shape[1] + 3) + 2 * s + rank
        f, cut, side, c = sums.splits[s, rank]
        if f >= 0:
            _say(table.decode[e, slot], SPLIT, s, f, cut, side, c)
            _send_row(e, s, slot, SPLIT, sums.part[s, rank], c, 1, shape, prices, terms, scale, sums, table)


@njit(cache=True)
def _say(decoded, op, s, f, cut, side, c):
    decoded[0], decoded[1], decoded[2] = op, s, f
    decoded[3], decoded[4], decoded[5] = cut, side, c


# -- from sums to rows ------------------------------------------------------------------------------------------------
@njit(cache=True)
def _send_row(e, s, slot, op, habits, c, more, shape, prices, terms, scale, sums, table):
    """Write the row of sending `c` to the customers of segment `s` that `habits` counts."""
    c1, n_campaigns = shape.campaign[e, s], prices.cost.shape[1]
    gain = habits[value_of(c, n_campaigns)] - habits[value_of(c1, n_campaigns)]  # 0 for "no contact"
    variance = np.float32(0.0)
    for pick in range(n_campaigns):
        if pick == c or pick == c1:  # noqa: SIM109  Numba knows no tuples of mixed integers
            variance += (prices.lift_spread * habits[PARTS + pick]) ** 2
            variance += (shape.redeem_sd[e, s, pick] * habits[PARTS + n_campaigns + pick]) ** 2
    for q in range(prices.doses.shape[1]):
        more_each = prices.doses[e, q, c] - prices.doses[e, q, c1]
        table.change[e, slot, q] = more_each * habits[weights(n_campaigns) + q]
    row = table.rows[e, slot]
    money = scale.keep / scale.customers
    heavier = (prices.weight[e, c] - prices.weight[e, c1]) / scale.customers
    row[5], row[6] = money * gain, money * np.sqrt(variance)
    row[9] = habits[M] * (np.float32(c > 0) - np.float32(c1 > 0)) / scale.customers
    row[10], row[11] = heavier * habits[M], heavier * habits[WORTH] / scale.organic
    row[12] = prices.weight[e, c]
    row[21] = money * (habits[lasting_of(c, n_campaigns)] - habits[lasting_of(c1, n_campaigns)])
    _finish(e, s, slot, op, habits, more, shape, prices, terms, scale, table)


@njit(cache=True)
def _moved_row(e, s, slot, op, moved, more, shape, prices, terms, scale, sums, table):
    """Write the row of customers who move to campaigns that stand in other segments."""
    table.change[e, slot] = moved[D_SUMS:]
    row = table.rows[e, slot]
    money = scale.keep / scale.customers
    row[5], row[6] = money * moved[D_VALUE], money * abs(prices.lift_spread * moved[D_LIFT])
    row[9], row[10] = moved[D_CONTACT] / scale.customers, moved[D_WEIGHT] / scale.customers
    row[11] = moved[D_WORTH] / scale.customers / scale.organic
    row[12] = moved[D_NEW] / max(moved[M], np.float32(1.0))
    row[21] = money * moved[D_LASTING]
    _finish(e, s, slot, op, moved, more, shape, prices, terms, scale, table)


@njit(cache=True)
def _finish(e, s, slot, op, habits, more, shape, prices, terms, scale, table):
    """Write what both kinds of rows share and open the row's mask."""
    row, n = table.rows[e, slot], max(habits[N], np.float32(1.0))
    row[op] = 1
    row[7] = (row[21] - prices.complexity * np.float32(more)) * scale.left - prices.edit
    row[8] = habits[N] / scale.customers
    row[13], row[14] = habits[FATIGUE] / n, habits[ORGANIC] / n / scale.organic
    row[15], row[16] = habits[RECENCY] / n, habits[ENGAGEMENT] / n
    row[19], row[20] = more, np.float32(terms.period - shape.changed_at[e, s]) / np.float32(terms.horizon)
    table.mask[e, slot] = 1
