"""The table of candidate tweaks: one row per action, with what a business can foretell of it, compiled.

Layout of the M rows for S segments and C campaigns, the same in every period so that an action keeps its meaning:
hold | assign[s, c] | merge[s] (retire: customers fall through) | move[s, tighten or loosen] | split[s, best or other].
Of all thresholds, a move or split row offers the one with the highest estimated gain; the second split row offers
the best one on another feature.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

__all__ = [
    "ASSIGN",
    "CANDIDATE_FEATURES",
    "DECODE_FIELDS",
    "HOLD",
    "MERGE",
    "MOVE",
    "SLACK",
    "SPLIT",
    "count_candidates",
    "fill_candidates",
]

HOLD, ASSIGN, MERGE, MOVE, SPLIT = range(5)

CANDIDATE_FEATURES: Final = (
    "is_hold",
    "is_assign",
    "is_merge",
    "is_move",
    "is_split",
    "gain",  # money per customer and period, one-step estimate
    "gain_sd",
    "net_if_kept",  # money per customer: gain over the periods left, less edit and complexity cost
    "share",  # of customers that the tweak touches
    "contact_change",  # share of customers
    "weight_change",  # fatigue that contacts add, per customer
    "value_weight_change",  # the same, each customer counted by their organic margin relative to the mean
    "new_weight",  # fatigue weight of the touched customers' new campaigns, mean
    "fatigue",  # mean of the touched
    "organic",  # organic margin per period of the touched, relative to everyone's
    "recency",  # mean of the touched, periods
    "engagement",  # mean of the touched
    "slack",  # projected gap at the horizon less the tolerance
    "slack_change",  # against holding
    "segments_change",
    "age",  # periods since the segment last changed, as a share of the horizon
)
DECODE_FIELDS: Final = ("op", "segment", "feature", "cut", "side", "campaign")
SLACK: Final = CANDIDATE_FEATURES.index("slack")
_SLACK = SLACK

_N, _M, _FATIGUE, _ORGANIC, _RECENCY, _ENGAGEMENT, _WORTH = range(7)  # sums over customers: n, reachable, habits
_PARTS = 7  # behind them: lift and redemption money per campaign, reachable known members per group
_D_VALUE, _D_LIFT, _D_CONTACT, _D_WEIGHT, _D_WORTH, _D_NEW = range(7, 13)  # sums over who changes campaign
_D_GROUP = 13


def count_candidates(max_segments: int, n_campaigns: int) -> int:
    """Return the number of rows M."""
    return 1 + max_segments * (n_campaigns + 1 + 2 + 2)


@njit(cache=True)
def _habits(row, fatigue, organic, recency, engagement, consent):  # type: ignore[no-untyped-def]
    row[_N] += 1
    row[_M] += consent
    row[_FATIGUE] += fatigue
    row[_ORGANIC] += organic
    row[_RECENCY] += recency
    row[_ENGAGEMENT] += engagement
    row[_WORTH] += consent * organic


@njit(cache=True)
def _worst_gap(per_group, change, scale, n_groups, passed, left, horizon):  # type: ignore[no-untyped-def]
    """Return the projected gap of mean benefit rates at the horizon, given each group's rate so far and from now."""
    low, high = np.float32(2.0), np.float32(-2.0)
    for k in range(n_groups.shape[0]):
        if n_groups[k] > 0:
            rate = (passed[k] + left * (per_group[k] + scale * change[k]) / n_groups[k]) / horizon
            low, high = min(low, rate), max(high, rate)
    return max(high - low, np.float32(0.0))


@njit(cache=True)
def fill_candidates(  # type: ignore[no-untyped-def]
    bins, n_bins, first, second, lo, hi, campaign, size, changed_at, consent, habits, open_part, lift_part,
    redeem_part, open_ratio, redeem_ratio, redeem_sd, cost, weight, beneficial, lift_spread, groups, n_groups, passed,
    period, horizon, explore, edit_cost, complexity_cost, tolerance, min_size, table, mask, decode, held_gap,
):  # fmt: skip
    """Fill `table` (E, M, D), `mask` (E, M), `decode` (E, M, 6) and `held_gap` (E,) for the state that is given.

    `habits` (E, N, 4): fatigue, organic margin, recency, engagement. `groups` (E, N) is the constrained attribute,
    -1 unknown or unconstrained; `n_groups` (E, K) known members at the start; `passed` (E, K) summed benefit rates.
    """
    n_envs, n_customers, n_features = bins.shape
    max_segments, n_campaigns, n_k = lo.shape[1], cost.shape[1], n_groups.shape[1]
    width = _PARTS + 2 * n_campaigns + n_k
    left = np.float32(horizon - period)
    keep = np.float32(1.0 - explore)
    max_bins = 0
    for f in range(n_features):
        max_bins = max(max_bins, int(n_bins[f]))
    benefits = np.float32(0.0)
    for c in range(n_campaigns):
        benefits += beneficial[c]

    for e in range(n_envs):
        sums = np.zeros((max_segments, width), np.float32)
        hist = np.zeros((max_segments, n_features, max_bins, width), np.float32)
        fall = np.zeros((max_segments, _D_GROUP + n_k), np.float32)
        tight = np.zeros((max_segments, n_features, 2, _D_GROUP + n_k), np.float32)
        loose = np.zeros((max_segments, n_features, 2, _D_GROUP + n_k), np.float32)
        rate = np.zeros(n_k, np.float32)
        nothing = np.zeros(n_k, np.float32)
        value = np.zeros(n_campaigns, np.float32)
        gross = np.zeros(n_campaigns, np.float32)
        organic_all = np.float32(0.0)
        table[e] = 0.0
        mask[e] = 0
        decode[e] = 0

        for i in range(n_customers):
            s, two = first[e, i], second[e, i]
            ok = consent[e, i] != 0
            c1, c2 = campaign[e, s], campaign[e, two]
            k = groups[e, i]
            fatigue, organic, recency, engagement = habits[e, i, 0], habits[e, i, 1], habits[e, i, 2], habits[e, i, 3]
            organic_all += organic
            opening = open_part[e, i] * open_ratio[e, s]
            for c in range(1, n_campaigns):
                gross[c] = opening * lift_part[e, i, c]
                value[c] = gross[c] + opening * redeem_ratio[e, s, c] * redeem_part[e, i, c]
                if ok:
                    value[c] -= cost[e, c]
            if k >= 0 and ok:
                rate[k] += keep * beneficial[c1] + np.float32(explore) * benefits / n_campaigns

            _habits(sums[s], fatigue, organic, recency, engagement, ok)
            for c in range(1, n_campaigns):
                sums[s, _PARTS + c] += gross[c]
                sums[s, _PARTS + n_campaigns + c] += opening * redeem_part[e, i, c]
            if k >= 0 and ok:
                sums[s, _PARTS + 2 * n_campaigns + k] += 1
            for f in range(n_features):
                b = bins[e, i, f]
                row = hist[s, f, b]
                _habits(row, fatigue, organic, recency, engagement, ok)
                for c in range(1, n_campaigns):
                    row[_PARTS + c] += gross[c]
                    row[_PARTS + n_campaigns + c] += opening * redeem_part[e, i, c]
                if k >= 0 and ok:
                    row[_PARTS + 2 * n_campaigns + k] += 1
                if s < size[e] - 1:
                    for side in range(2):
                        edge = lo[e, s, f] if side == 0 else hi[e, s, f] - 1
                        bounded = lo[e, s, f] > 0 if side == 0 else hi[e, s, f] < n_bins[f]
                        if bounded and b == edge:
                            _habits(tight[s, f, side], fatigue, organic, recency, engagement, ok)
                            _shift(tight[s, f, side], c1, c2, value, gross, weight[e], beneficial, ok, k, organic)
            if s < size[e] - 1:
                _habits(fall[s], fatigue, organic, recency, engagement, ok)
                _shift(fall[s], c1, c2, value, gross, weight[e], beneficial, ok, k, organic)
            for before in range(s):
                missed, at, side = 0, 0, 0
                for f in range(n_features):
                    b = bins[e, i, f]
                    if b < lo[e, before, f] or b >= hi[e, before, f]:
                        missed += 1
                        at, side = f, (0 if b < lo[e, before, f] else 1)
                        if missed > 1:
                            break
                if missed == 1:
                    b = bins[e, i, at]
                    near = b == lo[e, before, at] - 1 if side == 0 else b == hi[e, before, at]
                    if near:
                        _habits(loose[before, at, side], fatigue, organic, recency, engagement, ok)
                        _shift(
                            loose[before, at, side], c1, campaign[e, before], value, gross, weight[e], beneficial, ok, k, organic
                        )

        held = _worst_gap(rate, nothing, keep, n_groups[e], passed[e], left, horizon)
        held_gap[e] = held
        mean_organic = max(organic_all / n_customers, np.float32(1e-6))
        delta = np.zeros(n_k, np.float32)
        last = size[e] - 1
        money = np.float32(1.0) / n_customers

        # hold
        mask[e, 0] = 1
        table[e, 0, 0] = 1
        table[e, 0, _SLACK] = held - tolerance

        for s in range(size[e]):
            age = np.float32(period - changed_at[e, s]) / horizon
            c1 = campaign[e, s]
            # assign
            for c in range(n_campaigns):
                slot = 1 + s * n_campaigns + c
                decode[e, slot, 0], decode[e, slot, 1], decode[e, slot, 5] = ASSIGN, s, c
                if c == c1:
                    continue
                gain, var = _assign_gain(sums[s], c1, c, n_campaigns, redeem_ratio[e, s], redeem_sd[e, s], cost[e], lift_spread)
                for k in range(n_k):
                    delta[k] = sums[s, _PARTS + 2 * n_campaigns + k] * (np.float32(beneficial[c]) - np.float32(beneficial[c1]))
                gap = _worst_gap(rate, delta, keep, n_groups[e], passed[e], left, horizon)
                contact = sums[s, _M] * ((c > 0) - np.float32(c1 > 0))
                more_weight = weight[e, c] - weight[e, c1]
                mask[e, slot] = 1
                _row(table[e, slot], ASSIGN, sums[s], keep * gain * money, keep * np.sqrt(var) * money, contact * money,
                     more_weight * sums[s, _M] * money, more_weight * sums[s, _WORTH] * money, weight[e, c], gap, held, tolerance, 0, age, left, edit_cost, complexity_cost,
                     n_customers, mean_organic)  # fmt: skip
            # merge: retire
            slot = 1 + max_segments * n_campaigns + s
            decode[e, slot, 0], decode[e, slot, 1] = MERGE, s
            if s < last:
                _shift_row(table[e, slot], MERGE, fall[s], rate, keep, lift_spread, n_groups[e], passed[e], left, horizon,
                           held, tolerance, -1, age, edit_cost, complexity_cost, n_customers, mean_organic, money)  # fmt: skip
                mask[e, slot] = 1
            # move: the best tightening and the best loosening
            for way in range(2):
                slot = 1 + max_segments * (n_campaigns + 1) + 2 * s + way
                decode[e, slot, 0], decode[e, slot, 1] = MOVE, s
                if s == last:
                    continue
                best, best_f, best_side = np.float32(-1e30), -1, 0
                for f in range(n_features):
                    for side in range(2):
                        bounded = lo[e, s, f] > 0 if side == 0 else hi[e, s, f] < n_bins[f]
                        if not bounded:
                            continue
                        if way == 0:  # tighten: something must stay
                            row = tight[s, f, side]
                            fits = hi[e, s, f] - lo[e, s, f] > 1 and sums[s, _N] - row[_N] >= min_size
                        else:  # loosen: the condition must stay a condition
                            row = loose[s, f, side]
                            fits = lo[e, s, f] > 1 if side == 0 else hi[e, s, f] < n_bins[f] - 1
                        if fits and row[_N] > 0 and row[_D_VALUE] > best:
                            best, best_f, best_side = row[_D_VALUE], f, side
                if best_f < 0:
                    continue
                inward = way == 0
                old = lo[e, s, best_f] if best_side == 0 else hi[e, s, best_f]
                step = 1 if (best_side == 0) == inward else -1
                decode[e, slot, 2], decode[e, slot, 3], decode[e, slot, 4] = best_f, old + step, best_side
                row = tight[s, best_f, best_side] if inward else loose[s, best_f, best_side]
                _shift_row(table[e, slot], MOVE, row, rate, keep, lift_spread, n_groups[e], passed[e], left, horizon,
                           held, tolerance, 0, age, edit_cost, complexity_cost, n_customers, mean_organic, money)  # fmt: skip
                mask[e, slot] = 1
            # split: the best, and the best on another feature
            if size[e] >= max_segments:
                continue
            taken = -1
            part = np.zeros(width, np.float32)
            for rank in range(2):
                slot = 1 + max_segments * (n_campaigns + 3) + 2 * s + rank
                best = np.float32(-1e30)
                best_f, best_cut, best_side, best_c = -1, 0, 0, 0
                for f in range(n_features):
                    if f == taken:
                        continue
                    part[:] = 0
                    for cut in range(lo[e, s, f] + 1, hi[e, s, f]):
                        part += hist[s, f, cut - 1]
                        if part[_N] < min_size or sums[s, _N] - part[_N] < min_size:
                            continue
                        for side in range(2):
                            chosen = part if side == 0 else sums[s] - part
                            for c in range(n_campaigns):
                                if c == c1:
                                    continue
                                gain, _ = _assign_gain(
                                    chosen, c1, c, n_campaigns, redeem_ratio[e, s], redeem_sd[e, s], cost[e], lift_spread
                                )
                                if gain > best:
                                    best, best_f, best_cut, best_side, best_c = gain, f, cut, side, c
                if best_f < 0:
                    continue
                taken = best_f
                part[:] = 0
                for b in range(best_cut):
                    part += hist[s, best_f, b]
                if best_side == 1:
                    part = sums[s] - part
                decode[e, slot, 0], decode[e, slot, 1], decode[e, slot, 2] = SPLIT, s, best_f
                decode[e, slot, 3], decode[e, slot, 4], decode[e, slot, 5] = best_cut, best_side, best_c
                c = best_c
                gain, var = _assign_gain(part, c1, c, n_campaigns, redeem_ratio[e, s], redeem_sd[e, s], cost[e], lift_spread)
                for k in range(n_k):
                    delta[k] = part[_PARTS + 2 * n_campaigns + k] * (np.float32(beneficial[c]) - np.float32(beneficial[c1]))
                gap = _worst_gap(rate, delta, keep, n_groups[e], passed[e], left, horizon)
                contact = part[_M] * ((c > 0) - np.float32(c1 > 0))
                more_weight = weight[e, c] - weight[e, c1]
                mask[e, slot] = 1
                _row(table[e, slot], SPLIT, part, keep * gain * money, keep * np.sqrt(var) * money, contact * money,
                     more_weight * part[_M] * money, more_weight * part[_WORTH] * money, weight[e, c], gap, held, tolerance, 1, age, left, edit_cost, complexity_cost,
                     n_customers, mean_organic)  # fmt: skip


@njit(cache=True)
def _shift(row, c1, c2, value, gross, weight, beneficial, ok, k, organic):  # type: ignore[no-untyped-def]
    """Add one customer who goes from campaign c1 to c2."""
    if not ok:
        return
    row[_D_NEW] += weight[c2]
    if c1 == c2:
        return
    new = value[c2] if c2 > 0 else np.float32(0.0)
    old = value[c1] if c1 > 0 else np.float32(0.0)
    row[_D_VALUE] += new - old
    row[_D_LIFT] += (gross[c2] if c2 > 0 else np.float32(0.0)) - (gross[c1] if c1 > 0 else np.float32(0.0))
    row[_D_CONTACT] += np.float32(c2 > 0) - np.float32(c1 > 0)
    row[_D_WEIGHT] += weight[c2] - weight[c1]
    row[_D_WORTH] += (weight[c2] - weight[c1]) * organic
    if k >= 0:
        row[_D_GROUP + k] += np.float32(beneficial[c2]) - np.float32(beneficial[c1])


@njit(cache=True)
def _assign_gain(sums, c1, c, n_campaigns, ratio, sd, cost, spread):  # type: ignore[no-untyped-def]
    """Return the one-step gain of sending c instead of c1 to the customers in `sums`, and its variance."""
    gain, var = np.float32(0.0), np.float32(0.0)
    for turn in range(2):
        pick = int(c) if turn == 0 else int(c1)
        sign = np.float32(1.0) if turn == 0 else np.float32(-1.0)
        if pick > 0:
            lift, redeemed = sums[_PARTS + pick], sums[_PARTS + n_campaigns + pick]
            gain += sign * (lift + ratio[pick] * redeemed - cost[pick] * sums[_M])
            var += (spread * lift) ** 2 + (sd[pick] * redeemed) ** 2
    return gain, var


@njit(cache=True)
def _shift_row(  # type: ignore[no-untyped-def]
    row, op, moved, rate, keep, spread, n_groups, passed, left, horizon, held, tolerance, more, age, edit_cost,
    complexity_cost, n_customers, mean_organic, money,
):  # fmt: skip
    """Write the candidate row of customers who move to campaigns that stand in other segments."""
    gap = _worst_gap(rate, moved[_D_GROUP:], keep, n_groups, passed, left, horizon)
    consenting = max(moved[_M], np.float32(1.0))
    _row(row, op, moved, keep * moved[_D_VALUE] * money, keep * abs(spread * moved[_D_LIFT]) * money,
         moved[_D_CONTACT] * money, moved[_D_WEIGHT] * money, moved[_D_WORTH] * money, moved[_D_NEW] / consenting, gap, held, tolerance, more,
         age, left, edit_cost, complexity_cost, n_customers, mean_organic)  # fmt: skip


@njit(cache=True)
def _row(  # type: ignore[no-untyped-def]
    row, op, habits, gain, sd, contact, heavier, worth, new_weight, gap, held, tolerance, more, age, left, edit_cost,
    complexity_cost, n_customers, mean_organic,
):  # fmt: skip
    """Write the features of one candidate in the order of CANDIDATE_FEATURES."""
    n = max(habits[_N], np.float32(1.0))
    row[op] = 1
    row[5] = gain
    row[6] = sd
    row[7] = gain * left - edit_cost - complexity_cost * left * more
    row[8] = habits[_N] / n_customers
    row[9] = contact
    row[10] = heavier
    row[11] = worth / mean_organic
    row[12] = new_weight
    row[13] = habits[_FATIGUE] / n
    row[14] = habits[_ORGANIC] / n / mean_organic
    row[15] = habits[_RECENCY] / n
    row[16] = habits[_ENGAGEMENT] / n
    row[_SLACK] = gap - tolerance
    row[18] = gap - held
    row[19] = more
    row[20] = age
