"""A slow oracle of the candidate table: it applies every tweak and assigns every customer anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evenhand.envs import World
from evenhand.envs.boxes import apply_to_boxes
from evenhand.envs.candidates import ASSIGN, MERGE, MOVE, SPLIT


@dataclass
class Foretold:
    """What the oracle says of one tweak."""

    gain: float
    lasting: float
    variance: float
    share: float
    contact: float
    weight: float
    worth: float
    new_weight: float
    gap: float
    segments: int
    smallest: float  # of the segment and its part afterwards, in customers who answer as everyone does on average
    touched: np.ndarray  # (N,) bool


class Oracle:
    """One environment of a world, in plain NumPy."""

    def __init__(self, world: World, e: int) -> None:
        s, p = world.setup, world.population
        self.world, self.e, self.setup = world, e, s
        self.first, self.bins = world.first[e], world.bins[e]
        self.n = len(self.first)
        self.ok = world.sim.state.consent[e] != 0
        self.cost, self.weight = p.expected_effects.cost[e].astype(float), p.expected_effects.weight[e].astype(float)
        self.beneficial = p.effects.beneficial.astype(float)
        opening = world.open_part[e].astype(float) * world.open_ratio[e, self.first]
        self.lift = opening[:, None] * world.lift_part[e]
        self.redeem = opening[:, None] * world.redeem_part[e]
        ratio = world.redeem_ratio[e, self.first].astype(float)
        self.value = self.lift + ratio * self.redeem - self.ok[:, None] * self.cost
        self.value[:, 0] = 0.0
        answered = world.lasting_lift[e] + ratio * world.lasting_redeem[e]
        opens = world.open_ratio[e, self.first].astype(float)[:, None]
        self.lasting = opens * answered - world.burden[e] - self.ok[:, None] * self.cost
        self.lasting[:, 0] = 0.0
        self.sd = world.redeem_sd[e, self.first].astype(float)
        margin = float(p.expected_behaviour["margin_rate"][e])
        self.organic = margin * world.sim.state.trips[e].astype(float) * world.sim.state.spend[e]
        self.now = world.campaign[e, self.first].astype(int)
        shape = 1 / np.expm1(0.8**2)  # of the prior on one customer's answers, from the spread of redemption
        answers, sends = world.sim.state.answers[e].astype(float), world.sends[e].astype(float)
        answers = self.ok * (shape + answers) / (shape * sends.sum() / answers.sum() + sends)
        self.answers = np.minimum(answers / answers.mean(), 4.0)

    def segments_after(self, decoded: np.ndarray) -> tuple[np.ndarray, np.ndarray, int]:
        """Return everyone's segment and campaign after a tweak, and the number of segments."""
        w, e = self.world, self.e
        lo, hi, lo_room, hi_room, campaign = (a[e].copy() for a in (w.lo, w.hi, w.lo_room, w.hi_room, w.campaign))
        size, _ = apply_to_boxes(decoded, lo, hi, lo_room, hi_room, campaign, int(w.size[e]))
        inside = ((self.bins[:, None] >= lo[None, :size]) & (self.bins[:, None] < hi[None, :size])).all(axis=2)
        assert inside[:, size - 1].all()
        first = inside.argmax(axis=1)
        return first, campaign[first].astype(int), size

    def gap(self, campaign: np.ndarray) -> float:
        w, c = self.world, self.setup.parity
        assert c is not None
        groups = w.population.groups[self.e, :, c.attribute]
        explore = self.setup.explore
        chance = self.ok * ((1 - explore) * self.beneficial[campaign] + explore * self.beneficial.mean())
        rates = []
        for k in c.groups:
            n = (groups == k).sum()
            if n:
                passed = w.totals.benefits[self.e, c.attribute, k] / n
                left = self.setup.horizon - w.period
                rates.append((passed + left * chance[groups == k].sum() / n) / self.setup.horizon)
        return max(rates) - min(rates) if rates else 0.0

    def foretell(self, decoded: np.ndarray) -> Foretold:
        op, s, _, _, _, c = (int(x) for x in decoded)
        first, new, size = self.segments_after(decoded)
        if op == ASSIGN:
            touched, smallest = self.first == s, self._mass(self.first == s)
        elif op == SPLIT:
            touched = (self.first == s) & (first == s)
            smallest = min(self._mass(touched), self._mass((self.first == s) & ~touched))
        else:
            # positions behind a retired segment shift by one
            shifted = first + (first >= s) if op == MERGE else first
            touched = shifted != self.first
            smallest = self._mass(shifted == s)
        who = np.arange(self.n)
        keep = 1 - self.setup.explore
        change = self.ok & touched
        d_lift, d_redeem = np.zeros(2), np.zeros(2)
        if op in (ASSIGN, SPLIT):  # both campaigns are one each: their errors are independent
            c1 = int(self.world.campaign[self.e, s])
            sd = self.world.redeem_sd[self.e, s].astype(float)
            for j, pick in enumerate((c, c1)):
                d_lift[j] = self.setup.lift_spread * self.lift[touched, pick].sum()
                d_redeem[j] = sd[pick] * self.redeem[touched, pick].sum()
        else:
            lift = np.where(np.arange(len(self.cost)) > 0, self.lift, 0.0)
            d_lift[0] = self.setup.lift_spread * (lift[who, new] - lift[who, self.now])[touched].sum()
        heavier = (self.weight[new] - self.weight[self.now]) * change
        return Foretold(
            gain=keep * (self.value[who, new] - self.value[who, self.now])[change].sum() / self.n,
            lasting=keep * (self.lasting[who, new] - self.lasting[who, self.now])[change].sum() / self.n,
            variance=keep**2 * float((d_lift**2).sum() + (d_redeem**2).sum()) / self.n**2,
            share=touched.mean(),
            contact=float(((new > 0).astype(float) - (self.now > 0))[change].sum()) / self.n,
            weight=heavier.sum() / self.n,
            worth=(heavier * self.organic).sum() / self.n / self.organic.mean(),
            new_weight=self.weight[c]
            if op in (ASSIGN, SPLIT)
            else self.weight[new][change].sum() / max(change.sum(), 1),
            gap=self.gap(new),
            segments=size - int(self.world.size[self.e]),
            smallest=smallest,
            touched=touched,
        )

    def _mass(self, who: np.ndarray) -> float:
        return float(self.answers[who].sum())

    def possible(self, op: int, s: int) -> list[np.ndarray]:
        """Return every decoded move (side inward or outward by one cut) or split of a segment that is allowed."""
        w, e, setup = self.world, self.e, self.setup
        least = max(2.0, setup.min_share * self.n)
        found = []
        for f, cuts in enumerate(setup.grid.cuts):
            lo, hi, n_bins = int(w.lo[e, s, f]), int(w.hi[e, s, f]), len(cuts) + 1
            if op == SPLIT:
                found += [
                    np.array([SPLIT, s, f, k, side, c], np.int16)
                    for k in range(lo + 1, hi)
                    for side in range(2)
                    for c in range(len(self.cost))
                    if c != w.campaign[e, s]
                ]
                continue
            for side, old in ((0, lo), (1, hi)):
                if not 0 < old < n_bins:
                    continue
                for new in (old - 1, old + 1):
                    outward = (new < old) == (side == 0)
                    room = w.lo_room[e, s, f] < new if side == 0 else new < w.hi_room[e, s, f]
                    crossed = new >= hi if side == 0 else new <= lo
                    if (outward and not room) or crossed or cuts[new - 1].closed != cuts[old - 1].closed:
                        continue
                    found.append(np.array([MOVE, s, f, new, side, 0], np.int16))
        return [d for d in found if self._fits(d, least)]

    def _fits(self, decoded: np.ndarray, least: float) -> bool:
        told = self.foretell(decoded)
        op, s, f, k, side, _ = (int(x) for x in decoded)
        if op == SPLIT:
            return told.smallest >= least
        outward = (k < self.world.lo[self.e, s, f]) if side == 0 else (k > self.world.hi[self.e, s, f])
        return bool(told.touched.any()) and (outward or told.smallest >= least)
