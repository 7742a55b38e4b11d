"""The candidate table against a slow oracle that applies every tweak and assigns every customer anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from tests.envs.example import MakeWorld, begin

from evenhand.envs import Setup, World
from evenhand.envs.boxes import apply_to_boxes
from evenhand.envs.candidates import ASSIGN, CANDIDATE_FEATURES, HOLD, MERGE, MOVE, SPLIT

F = {name: k for k, name in enumerate(CANDIDATE_FEATURES)}


@dataclass
class Foretold:
    """What the oracle says of one tweak."""

    gain: float
    variance: float
    share: float
    contact: float
    weight: float
    worth: float
    new_weight: float
    gap: float
    segments: int
    smallest: int  # customers in the smallest of the segment and its part afterwards
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
        self.sd = world.redeem_sd[e, self.first].astype(float)
        margin = float(p.expected_behaviour["margin_rate"][e])
        self.organic = margin * world.sim.state.trips[e].astype(float) * world.sim.state.spend[e]
        self.now = world.campaign[e, self.first].astype(int)

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
            touched, smallest = self.first == s, int((self.first == s).sum())
        elif op == SPLIT:
            touched = (self.first == s) & (first == s)
            smallest = min(int(touched.sum()), int(((self.first == s) & ~touched).sum()))
        else:
            # positions behind a retired segment shift by one
            shifted = first + (first >= s) if op == MERGE else first
            touched = shifted != self.first
            smallest = int((shifted == s).sum())
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


@pytest.fixture(scope="module", params=[("setup", 0, 0), ("setup", 5, 1), ("odd_setup", 1, 2), ("odd_setup", 9, 3)])
def world(request: pytest.FixtureRequest) -> World:
    which, steps, seed = request.param
    setup: Setup = request.getfixturevalue(which)
    return begin(setup, request.getfixturevalue("populations")[:2], steps=steps, seed=seed)


def test_every_row_foretells_what_applying_its_tweak_would_do(world: World) -> None:
    rows = 0
    for e in range(2):
        oracle = Oracle(world, e)
        for m in np.flatnonzero(world.mask[e])[1:]:
            row, told = world.table[e, m], oracle.foretell(world.decode[e, m])
            expected = {
                "gain": told.gain,
                "gain_sd": np.sqrt(told.variance),
                "share": told.share,
                "contact_change": told.contact,
                "weight_change": told.weight,
                "value_weight_change": told.worth,
                "new_weight": told.new_weight,
                "slack": told.gap / 0.05 - 1,
                "slack_change": (told.gap - oracle.gap(oracle.now)) / 0.05,
                "segments_change": told.segments,
            }
            for name, value in expected.items():
                assert row[F[name]] == pytest.approx(value, rel=2e-4, abs=2e-6), (name, world.decode[e, m])
            rows += 1
    assert rows > 40


def test_habits_of_a_row_are_means_over_the_customers_that_it_touches(world: World) -> None:
    state = world.sim.state
    for e in range(2):
        oracle = Oracle(world, e)
        for m in np.flatnonzero(world.mask[e])[1:]:
            row, touched = world.table[e, m], oracle.foretell(world.decode[e, m]).touched
            if not touched.any():
                continue
            s = world.decode[e, m, 1]
            expected = {
                "fatigue": world.pressure[e][touched].mean(),
                "organic": oracle.organic[touched].mean() / oracle.organic.mean(),
                "recency": state.recency[e][touched].mean(),
                "engagement": world.engagement()[e][touched].mean(),
                "age": (world.period - world.changed_at[e, s]) / world.setup.horizon,
            }
            for name, value in expected.items():
                assert row[F[name]] == pytest.approx(value, rel=2e-4, abs=1e-5), name


def test_what_keeping_a_tweak_brings_net_is_the_gain_over_the_periods_left_less_what_it_costs(world: World) -> None:
    left, charges = world.setup.horizon - world.period, world.setup.charges
    for e in range(2):
        for row in world.table[e][world.mask[e] != 0][1:]:
            net = left * (row[F["gain"]] - charges.complexity * row[F["segments_change"]]) - charges.edit
            assert row[F["net_if_kept"]] == pytest.approx(net, abs=1e-5)


def test_the_mask_is_exact_for_holding_assigning_and_retiring(world: World) -> None:
    n_campaigns, most = world.population.effects.beneficial.size, world.setup.max_segments
    for e in range(2):
        size, mask = int(world.size[e]), world.mask[e] != 0
        assert mask[0]
        assert (world.decode[e, 0] == HOLD).all()
        assign = mask[1 : 1 + most * n_campaigns].reshape(most, n_campaigns)
        expected = np.arange(n_campaigns)[None] != world.campaign[e][:, None]
        expected[size:] = False
        np.testing.assert_array_equal(assign, expected)
        merge = mask[1 + most * n_campaigns : 1 + most * (n_campaigns + 1)]
        np.testing.assert_array_equal(merge, np.arange(most) < size - 1)


def test_moves_and_splits_are_offered_when_one_is_possible_and_are_the_best_of_them(world: World) -> None:
    n_campaigns, most = world.population.effects.beneficial.size, world.setup.max_segments
    oracle = Oracle(world, 0)
    mask, decode, gain = world.mask[0] != 0, world.decode[0], world.table[0, :, F["gain"]]
    for s in range(most):
        moves = oracle.possible(MOVE, s) if s < world.size[0] - 1 else []
        for way in range(2):
            slot = 1 + most * (n_campaigns + 1) + 2 * s + way
            these = [d for d in moves if _outward(world, d) == (way == 1)]
            _best_of(these, mask[slot], decode[slot], gain[slot], oracle)
        splits = oracle.possible(SPLIT, s) if s < world.size[0] < most else []
        slot = 1 + most * (n_campaigns + 3) + 2 * s
        _best_of(splits, mask[slot], decode[slot], gain[slot], oracle)
        others = [d for d in splits if d[2] != decode[slot, 2]]
        _best_of(others, mask[slot + 1], decode[slot + 1], gain[slot + 1], oracle)


def _outward(world: World, d: np.ndarray) -> bool:
    old = (world.lo if d[4] == 0 else world.hi)[0, d[1], d[2]]
    return bool((d[3] < old) == (d[4] == 0))


def _best_of(possible: list[np.ndarray], offered: bool, decoded: np.ndarray, gain: float, oracle: Oracle) -> None:
    assert offered == bool(possible)
    if possible:
        assert any((decoded == d).all() for d in possible)
        assert gain == pytest.approx(max(oracle.foretell(d).gain for d in possible), rel=2e-4, abs=2e-6)


def test_rows_that_are_masked_say_nothing(world: World) -> None:
    assert (world.table[world.mask == 0] == 0).all()


def test_holding_changes_nothing(make_world: MakeWorld, setup: Setup) -> None:
    world = make_world(setup, envs=1, steps=3, twin=False)
    before = [a.copy() for a in (world.lo, world.hi, world.campaign, world.size)]
    world.step(np.zeros(1, np.int64))
    for old, new in zip(before, (world.lo, world.hi, world.campaign, world.size), strict=True):
        np.testing.assert_array_equal(old, new)
