"""Many environments side by side: populations, their no-op twins, and segmentations that change by tweaks.

`World.step` reads like the specification: carry out the tweak, draw the exploration share, send, let a period pass,
reward what came beyond the twin, charge what changed, look again. Only what a business can see leaves `look`.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evenhand.customers.rfm import DAYS_PER_MONTH, DAYS_PER_PERIOD, ENGAGEMENT_SHRINK
from evenhand.envs import assignment, candidates, estimates
from evenhand.envs.boxes import Boxes, apply_to_boxes
from evenhand.envs.grid import Grid
from evenhand.envs.observation import GLOBAL_FEATURES, SEGMENT_FEATURES, summarise
from evenhand.envs.rewards import (
    Charges,
    benefit_counts,
    incremental_profit,
    parity_cost,
    remaining_value,
    residual_value,
)
from evenhand.envs.views import Prices, Seen, Shape, Table, Terms
from evenhand.simulator.population import Population, Simulation, stack
from evenhand.simulator.random import period_keys
from evenhand.simulator.types import Outcome, State

__all__ = ["Constraint", "Setup", "Totals", "World"]

HABITS = ("recency", "frequency", "monetary", "engagement")


@dataclass(frozen=True)
class Constraint:
    """Which attribute's groups must receive benefits alike, in positions."""

    attribute: int  # position among the protected attributes
    groups: tuple[int, ...]  # positions of the constrained groups
    tolerance: float


@dataclass(frozen=True)
class Setup:
    """All that stays the same from episode to episode."""

    grid: Grid
    start: Boxes
    habits: tuple[str, ...]  # which of HABITS the first features of the grid are, in order
    group_counts: tuple[int, ...]  # number of groups of each protected attribute
    constraint: Constraint | None
    horizon: int = 26
    warmup: int = 13  # periods under today's segmentation before the first tweak
    explore: float = 0.1
    block: int = 4  # periods that an exploration draw holds
    charges: Charges = field(default_factory=Charges)
    lift_spread: float = 0.35
    min_share: float = 0.02  # smallest part that a tweak may cut, share of customers
    entry: Boxes | None = None  # replaces today's segmentation at the first period, for static challengers
    shield: bool = True
    shield_margin: float = 0.8  # of the tolerance: customers drift between segments after a tweak

    @property
    def max_segments(self) -> int:
        """Most segments, the default included."""
        return int(self.start.lo.shape[0])

    @cached_property
    def n_bins(self) -> NDArray[np.uint8]:
        """Number of bins of each feature, (F,)."""
        return self.grid.bins()

    @cached_property
    def closed(self) -> NDArray[np.uint8]:
        """Which cuts of the grid belong to the part below, (F, K)."""
        return self.grid.closed()

    @cached_property
    def edges(self) -> NDArray[np.float32]:
        """Cuts of the grid as numbers, (F, K)."""
        return self.grid.edges()


@dataclass
class Totals:
    """Sums over an episode, one entry per environment."""

    profit: NDArray[np.float64]  # money per customer, less edit and complexity cost, residual value included
    contacts: NDArray[np.float64]  # per customer
    redeemed: NDArray[np.float64]  # per customer
    unsubscribed: NDArray[np.float64]  # per customer
    lost: NDArray[np.float64]  # per customer
    edits: NDArray[np.float64]
    benefits: NDArray[np.float64]  # (E, P, K) beneficial contacts per group

    @classmethod
    def zero(cls, shape: tuple[int, ...]) -> Totals:
        """Return sums of nothing; `shape` is (E, P, K)."""
        z = [np.zeros(shape[0]) for _ in range(6)]
        return cls(z[0], z[1], z[2], z[3], z[4], z[5], np.zeros(shape))

    def count(self, out: Outcome) -> None:
        """Add what happened to customers in a period."""
        self.contacts += out.contacted.mean(axis=1)
        self.redeemed += out.redeemed.mean(axis=1)
        self.unsubscribed += out.unsubscribed.mean(axis=1)
        self.lost += out.lost.mean(axis=1)


class World:
    """E environments in lockstep; every one ends at the horizon."""

    def __init__(self, setup: Setup, *, twin: bool = True) -> None:
        """Prepare for `setup`; without `twin` rewards are plain profit (evaluation pairs policies itself)."""
        self.setup, self.with_twin = setup, twin

    # -- an episode begins ---------------------------------------------------------------------------------------
    def reset(
        self,
        populations: list[Population],
        seeds: NDArray[np.uint64],
        *,
        start: Callable[[Population], State] | None = None,
    ) -> None:
        """Start an episode: populations of one size, one seed of luck each; warm up under today's segmentation.

        `start` gives the state of known customers, from which the warm-up, if any, goes on.
        """
        p = self.population = stack(populations)
        n_envs, n = p.traits.rate.shape
        s, n_features = self.setup, len(self.setup.grid.names)
        self.seeds, self.watched = seeds, True
        self.lo = np.repeat(s.start.lo[None], n_envs, axis=0)
        self.hi = np.repeat(s.start.hi[None], n_envs, axis=0)
        self.lo_room, self.hi_room = (np.repeat(r[None], n_envs, axis=0) for r in s.start.rooms(s.n_bins))
        self.campaign = np.repeat(s.start.campaign[None], n_envs, axis=0)
        self.size = np.full(n_envs, s.start.size, np.int64)
        self.changed_at = np.zeros((n_envs, s.max_segments), np.int64)
        self.sim = Simulation(p, seeds)
        if start is not None:
            self.sim.state = start(p)
        self.bins = np.zeros((n_envs, n, n_features), np.uint8)
        self.first, self.second = np.zeros((n_envs, n), np.int8), np.zeros((n_envs, n), np.int8)
        self.given, self.explored = np.zeros((n_envs, n), np.int8), np.zeros((n_envs, n), np.uint8)
        self.sent, self.sent_so_far = np.zeros((n_envs, n), np.uint8), np.zeros(n_envs)
        self.sends, self.pressure = self.sim.state.contacts.copy(), self.sim.state.fatigue.copy()
        self._bin_static()
        self._prepare_estimates()
        self.n_groups = self._count_groups()
        self._constrain()
        self._refresh()
        arrival = p.behaviour["arrival"].copy()
        p.behaviour["arrival"] = 0.0  # nobody arrives before the episode begins
        for _ in range(s.warmup):
            self._send()
        p.behaviour["arrival"] = arrival
        self.sim.state.satisfaction[:] = np.clip(self.sim.state.satisfaction, 0.0, None)
        self.period = 0
        self.sent_so_far[:] = 0.0
        self.totals = Totals.zero(self.n_groups.shape)
        self.twin: World | None = None
        if self.with_twin:
            self.twin = self._twin()
        if s.entry is not None:
            self._enter(s.entry)
        self._assign()
        self.look()

    def _enter(self, boxes: Boxes) -> None:
        self.lo[:], self.hi[:], self.campaign[:], self.size[:] = boxes.lo, boxes.hi, boxes.campaign, boxes.size
        self.lo_room[:], self.hi_room[:] = boxes.rooms(self.setup.n_bins)

    def _twin(self) -> World:
        """Return a world with the same customers, luck and history whose segmentation never changes."""
        twin = World.__new__(World)
        twin.__dict__.update(self.__dict__)
        twin.with_twin, twin.twin, twin.watched = False, None, False
        twin.sim = Simulation(self.population, self.seeds)
        twin.sim.state = deepcopy(self.sim.state)
        twin.sim.period = self.sim.period
        moving = ("bins", "first", "second", "given", "explored", "sent", "sends", "pressure")
        for name in (*moving, "size", "campaign", "lo", "hi"):
            setattr(twin, name, getattr(self, name).copy())
        twin.totals = Totals.zero(self.n_groups.shape)
        return twin

    def _bin_static(self) -> None:
        k = len(self.setup.habits)
        names = self.setup.grid.names[k:]
        for f, name in enumerate(names, start=k):
            column = self.population.features[:, :, self.population.feature_names.index(name)]
            values = np.ascontiguousarray(column, np.float32)
            assignment.bin_column(values, np.float32(1.0), self.setup.edges[f], self.bins, f)

    def _prepare_estimates(self) -> None:
        p = self.population
        n_envs, n, n_campaigns = p.traits.interest.shape
        shape, full = (n_envs, n), (n_envs, n, n_campaigns)
        segments = self.setup.max_segments
        self.expected_redeem = (1.0 / (1.0 + np.exp(-p.expected_response))).astype(np.float32)
        self.opens, self.open_hope = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.redeems, self.redeem_hope = np.zeros(full, np.float32), np.zeros(full, np.float32)
        self.open_part = np.zeros(shape, np.float32)
        self.lift_part, self.redeem_part = np.zeros(full, np.float32), np.zeros(full, np.float32)
        self.open_ratio = np.ones((n_envs, segments), np.float32)
        self.redeem_ratio = np.ones((n_envs, segments, n_campaigns), np.float32)
        self.redeem_sd = np.zeros((n_envs, segments, n_campaigns), np.float32)
        m = candidates.count_candidates(segments, n_campaigns)
        self.table = np.zeros((n_envs, m, len(candidates.CANDIDATE_FEATURES)), np.float32)
        self.mask = np.zeros((n_envs, m), np.uint8)
        self.decode = np.zeros((n_envs, m, len(candidates.DECODE_FIELDS)), np.int16)
        self.held_gap = np.zeros(n_envs, np.float32)

    def _count_groups(self) -> NDArray[np.float64]:
        groups = self.population.groups
        counts = np.zeros((groups.shape[0], groups.shape[2], max(self.setup.group_counts, default=1)))
        for k in range(counts.shape[2]):
            counts[:, :, k] = (groups == k).sum(axis=1)
        return counts

    # -- a period ------------------------------------------------------------------------------------------------
    def step(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
        """Carry out candidate rows (E,), let a period pass; return rewards (E,), parity costs (E, K, K) and whether
        the horizon is reached. Rewards are money per customer, beyond the twin where there is one.
        """
        edits = self._carry_out(rows)
        both = self._same_in_both()
        reward = self.pass_period(edits)
        costs = self._parity_costs()
        if self.twin is not None:
            self.twin.pass_period(np.zeros(len(rows)))
            reward = self._beyond_twin(self.twin, both, edits)
        self.period += 1
        if self.twin is not None:
            self.twin.period = self.period
        done = self.period >= self.setup.horizon
        self._assign()
        self.look()
        return reward, costs, done

    def _same_in_both(self) -> NDArray[np.bool_]:
        """Return who is here in both worlds, or away in both, (E, N): single partings are charged by their chance."""
        absent = self.sim.state.absent
        there = absent if self.twin is None else self.twin.sim.state.absent
        return np.asarray(absent == there)

    def _beyond_twin(self, twin: World, both: NDArray[np.bool_], edits: NDArray[np.float64]) -> NDArray[np.float64]:
        s, p = self.setup, self.population
        left = s.horizon - 1 - self.period
        value = remaining_value(p.traits, p.behaviour, periods=left)
        reward = incremental_profit(self.sim.outcome, twin.sim.outcome, both, value)
        reward -= s.charges.edit * edits + s.charges.complexity * (self.size - twin.size)
        if left == 0:
            mine, theirs = (residual_value(w.sim.state, p.traits, p.behaviour) for w in (self, twin))
            reward += (self._same_in_both() * (mine - theirs)).mean(axis=1)
        return reward

    def _carry_out(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        self.done_rows = np.stack([self.decode[e, row] for e, row in enumerate(rows)])
        edits = (rows != 0).astype(np.float64)
        for e, decoded in enumerate(self.done_rows):
            size, at = apply_to_boxes(
                decoded, self.lo[e], self.hi[e], self.lo_room[e], self.hi_room[e], self.campaign[e], int(self.size[e])
            )
            if size != self.size[e]:
                s = int(decoded[1])
                ages = self.changed_at[e]
                if size > self.size[e]:
                    ages[s + 1 :] = ages[s:-1].copy()
                else:
                    ages[s:-1] = ages[s + 1 :].copy()
            if at >= 0:
                self.changed_at[e, at] = self.period
            self.size[e] = size
        return np.asarray(edits)

    def pass_period(self, edits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Send, let a period pass and return the profit per customer less what changes and segments cost, (E,)."""
        out = self._send()
        charges, totals = self.setup.charges, self.totals
        profit = out.profit.mean(axis=1, dtype=np.float64) - charges.edit * edits - charges.complexity * self.size
        if self.period == self.setup.horizon - 1:
            p = self.population
            profit = profit + residual_value(self.sim.state, p.traits, p.behaviour).mean(axis=1)
        totals.profit += profit
        totals.edits += edits
        totals.count(out)
        p = self.population
        self.benefits = benefit_counts(
            out.contacted, self.given, p.effects.beneficial, p.groups, self.n_groups.shape[2]
        )
        totals.benefits += self.benefits
        return np.asarray(profit)

    def _send(self) -> Outcome:
        s = self.setup
        self._assign(both=False)
        block = self.sim.period // s.block
        n_campaigns = self.population.traits.interest.shape[2]
        assignment.choose_campaigns(
            self.first, self.campaign, period_keys(self.seeds, block), s.explore, n_campaigns, self.given, self.explored
        )
        effects, behaviour = self.population.expected_effects, self.population.expected_behaviour
        out = self.sim.advance(self.given)
        self.sent[:] = out.contacted
        contacts = self.sim.state.contacts
        estimates.log_sends(self.given, self.sent, out.joined, contacts, effects, behaviour, self.sends, self.pressure)
        if self.watched:  # nobody looks at a twin's funnel
            estimates.count_funnel(
                self.given, self.sent, out.opened, out.redeemed, self.open_part, self.expected_redeem, self.opens,
                self.open_hope, self.redeems, self.redeem_hope,
            )  # fmt: skip
            self.sent_so_far += self.sent.mean(axis=1)
        self._refresh()
        return out

    def _refresh(self) -> None:
        """Bring what follows from the customers' state up to date: habits, bins, expected value of contacts."""
        state = self.sim.state
        self.engaged = self.engagement()
        seen = {
            "recency": (state.recency, DAYS_PER_PERIOD),
            "frequency": (state.trips, DAYS_PER_MONTH / DAYS_PER_PERIOD),
            "monetary": (state.spend, 1.0),
            "engagement": (self.engaged, 1.0),
        }
        for f, name in enumerate(self.setup.habits):
            values, unit = seen[name]
            assignment.bin_column(values, np.float32(unit), self.setup.edges[f], self.bins, f)
        if self.watched:
            margin = self.population.expected_behaviour["margin_rate"][:, None]
            self.organic = margin * state.trips * state.spend
            self._value_contacts()

    def _assign(self, *, both: bool = True) -> None:
        """Say which segment everyone is in and, with `both`, which they would fall to."""
        n_bins = self.setup.n_bins
        assignment.match(self.bins, n_bins, self.lo, self.hi, self.size, both, self.first, self.second)

    def engagement(self) -> NDArray[np.float32]:
        """Return the shrunken share of contacts that each customer answered, (E, N), as `customers` defines it."""
        state = self.sim.state
        return np.asarray(state.answers / (self.sends + np.float32(ENGAGEMENT_SHRINK)), np.float32)

    def _value_contacts(self) -> None:
        p, state = self.population, self.sim.state
        estimates.contact_values(
            state.trips, state.spend, self.pressure, state.consent, p.expected_openness, self.expected_redeem,
            p.traits.affinity, p.expected_behaviour, p.expected_effects, self.open_part, self.lift_part,
            self.redeem_part,
        )  # fmt: skip

    # -- what a business sees ------------------------------------------------------------------------------------
    def look(self) -> None:
        """Bring the candidate table, its mask and the observation up to date."""
        s, p, state = self.setup, self.population, self.sim.state
        estimates.segment_ratios(
            self.first, self.size, self.opens, self.open_hope, self.redeems, self.redeem_hope, self.open_ratio,
            self.redeem_ratio, self.redeem_sd,
        )  # fmt: skip
        candidates.fill_candidates(
            Seen(
                self.bins, self.first, self.second, self.groups, state.consent, self.pressure, self.organic,
                state.recency, self.engaged, self.open_part, self.lift_part, self.redeem_part,
            ),
            Shape(
                self.lo, self.hi, self.lo_room, self.hi_room, self.campaign, self.size, self.changed_at,
                self.open_ratio, self.redeem_ratio, self.redeem_sd,
            ),
            Prices(
                p.expected_effects.cost, p.expected_effects.weight, p.effects.beneficial, p.effects.channel,
                np.float32(s.charges.edit), np.float32(s.charges.complexity), np.float32(s.lift_spread),
            ),
            self._terms(),
            Table(self.table, self.mask, self.decode, self.held_gap),
        )  # fmt: skip
        self.observation = summarise(self)

    def _terms(self) -> Terms:
        s = self.setup
        return Terms(
            period=self.period,
            horizon=s.horizon,
            explore=np.float32(s.explore),
            tolerance=np.float32(s.constraint.tolerance if s.constraint else 1.0),
            n_groups=self.group_sizes,
            passed=self.passed_rates(),
            n_bins=s.n_bins,
            closed=s.closed,
            min_size=max(2.0, s.min_share * self.population.size),
        )

    def _constrain(self) -> None:
        """Note the constrained attribute's groups (E, N), -1 for the others, and their sizes (E, K)."""
        c, p = self.setup.constraint, self.population
        if c is None:
            self.groups = np.full(self.first.shape, -1, np.int8)
            self.group_sizes = np.zeros((len(self.size), 1), np.float32)
            return
        allowed = np.array(c.groups, np.int8)
        codes = p.groups[:, :, c.attribute]
        self.groups = np.where(np.isin(codes, allowed), codes, np.int8(-1))
        self.group_sizes = np.zeros(self.n_groups.shape[::2], np.float32)
        self.group_sizes[:, allowed] = self.n_groups[:, c.attribute, allowed]

    def passed_rates(self) -> NDArray[np.float32]:
        """Return the benefit rates of the constrained groups, summed over the periods so far, (E, K)."""
        c = self.setup.constraint
        if c is None:
            return np.zeros_like(self.group_sizes)
        counts = self.totals.benefits[:, c.attribute, :]
        return np.asarray(counts / np.maximum(self.group_sizes, 1.0), np.float32)

    def _parity_costs(self) -> NDArray[np.float64]:
        c = self.setup.constraint
        if c is None:
            return np.zeros((len(self.size), 1, 1))
        sizes = self.group_sizes
        rates = self.benefits[:, c.attribute, :] / np.maximum(sizes, 1.0)
        return parity_cost(rates, sizes > 0, tolerance=c.tolerance, horizon=self.setup.horizon)

    def allowed(self) -> NDArray[np.bool_]:
        """Return the mask of rows a policy may choose, (E, M): valid and, with the shield up, within the constraint.

        The shield lets through what keeps the projected gap within its margin of the tolerance; where nothing does,
        what comes nearest.
        """
        mask = self.mask.astype(bool)
        if self.setup.constraint is None or not self.setup.shield:
            return mask
        limit = -(1.0 - self.setup.shield_margin) * self.setup.constraint.tolerance
        slack = np.where(mask, self.table[:, :, candidates.SLACK], np.inf)
        best = slack.min(axis=1, keepdims=True)
        return np.asarray(mask & (slack <= np.maximum(best, limit) + 1e-6))

    @property
    def observation_size(self) -> int:
        """Length of a flat observation."""
        m = candidates.count_candidates(self.setup.max_segments, self.population.traits.interest.shape[2])
        rows = len(GLOBAL_FEATURES) + self.setup.max_segments * len(SEGMENT_FEATURES)
        return rows + m * len(candidates.CANDIDATE_FEATURES)
