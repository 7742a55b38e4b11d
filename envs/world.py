"""Many environments side by side: populations, their no-op twins, and segmentations that change by tweaks.

`World.step` reads like the specification: carry out the tweak, draw the exploration share, send, let a period pass,
reward what came beyond the twin, charge what changed, look again. Only what a business can see leaves `look`.
"""

from __future__ import annotations

from collections.abc import Callable
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
    reach_value,
    remaining_value,
    residual_value,
)
from evenhand.simulator.population import Population, Simulation, stack
from evenhand.simulator.types import State

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
        return self.start.lo.shape[0]

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
        self.seeds = seeds
        self.lo = np.repeat(s.start.lo[None], n_envs, axis=0)
        self.hi = np.repeat(s.start.hi[None], n_envs, axis=0)
        self.campaign = np.repeat(s.start.campaign[None], n_envs, axis=0)
        self.size = np.full(n_envs, s.start.size, np.int64)
        self.changed_at = np.zeros((n_envs, s.max_segments), np.int64)
        self.sim = Simulation(p, seeds)
        if start is not None:
            self.sim.state = start(p)
        self.bins = np.zeros((n_envs, n, n_features), np.uint8)
        self.first, self.second = np.zeros((n_envs, n), np.int8), np.zeros((n_envs, n), np.int8)
        self.given, self.explored = np.zeros((n_envs, n), np.int8), np.zeros((n_envs, n), np.uint8)
        self._bin_static()
        self._prepare_estimates()
        self.n_groups = self._count_groups()
        hazard = p.traits.hazard.copy()
        p.traits.hazard[:] = 0.0  # nobody leaves before the episode begins
        for _ in range(s.warmup):
            self._send()
        p.traits.hazard[:] = hazard
        self.sim.state.satisfaction[:] = np.clip(self.sim.state.satisfaction, 0.0, None)
        self.period = 0
        zeros = np.zeros(n_envs)
        self.totals = Totals(*(zeros.copy() for _ in range(6)), benefits=np.zeros_like(self.n_groups))
        self.twin: World | None = None
        if self.with_twin:
            self.twin = self._twin()
        if s.entry is not None:
            self._enter(s.entry)
        self._assign()
        self.look()

    def _enter(self, boxes: Boxes) -> None:
        self.lo[:], self.hi[:], self.campaign[:], self.size[:] = boxes.lo, boxes.hi, boxes.campaign, boxes.size

    def _twin(self) -> World:
        """Return a world with the same customers, luck and history whose segmentation never changes."""
        twin = World.__new__(World)
        twin.__dict__.update(self.__dict__)
        twin.with_twin, twin.twin = False, None
        twin.sim = Simulation(self.population, self.seeds)
        twin.sim.state = type(self.sim.state)(*(a.copy() for a in self.sim.state))
        twin.sim.period = self.sim.period
        for name in ("bins", "first", "second", "given", "explored", "size", "campaign", "lo", "hi"):
            setattr(twin, name, getattr(self, name).copy())
        for name in ("opens", "open_hope", "redeems", "redeem_hope"):
            setattr(twin, name, getattr(self, name).copy())
        zeros = np.zeros(len(self.size))
        twin.totals = Totals(*(zeros.copy() for _ in range(6)), benefits=np.zeros_like(self.n_groups))
        return twin

    def _bin_static(self) -> None:
        k = len(self.setup.habits)
        names = self.setup.grid.names[k:]
        columns = [self.population.feature_names.index(name) for name in names]
        static = np.ascontiguousarray(self.population.features[:, :, columns])
        assignment.bin_features(static, self.setup.edges[k:], self.bins[:, :, k:])

    def _prepare_estimates(self) -> None:
        p = self.population
        n_envs, n, n_campaigns = p.traits.response.shape
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
        both = self._alive_in_both()
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

    def _alive_in_both(self) -> NDArray[np.bool_]:
        churned = self.sim.state.churned
        return (churned == 0) & ((churned if self.twin is None else self.twin.sim.state.churned) == 0)

    def _beyond_twin(self, twin: World, both: NDArray[np.bool_], edits: NDArray[np.float64]) -> NDArray[np.float64]:
        s, p = self.setup, self.population
        left = s.horizon - 1 - self.period
        value = remaining_value(p.traits, p.behaviour, periods=left)
        reward = incremental_profit(self.sim.outcome, twin.sim.outcome, both, value)
        reward -= s.charges.edit * edits + s.charges.complexity * (self.size - twin.size)
        if left == 0:
            reward += reach_value(self.sim.state, p.traits, p.behaviour)
            reward -= reach_value(twin.sim.state, p.traits, p.behaviour)
        return reward

    def _carry_out(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        self.done_rows = np.stack([self.decode[e, row] for e, row in enumerate(rows)])
        edits = (rows != 0).astype(np.float64)
        for e, decoded in enumerate(self.done_rows):
            size, at = apply_to_boxes(decoded, self.lo[e], self.hi[e], self.campaign[e], int(self.size[e]))
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
        return edits

    def pass_period(self, edits: NDArray[np.float64]) -> NDArray[np.float64]:
        """Send, let a period pass and return the profit per customer less what changes and segments cost, (E,)."""
        out = self._send()
        charges, totals = self.setup.charges, self.totals
        profit = out.profit.mean(axis=1, dtype=np.float64) - charges.edit * edits - charges.complexity * self.size
        if self.period == self.setup.horizon - 1:
            p = self.population
            profit = profit + residual_value(self.sim.state, p.traits, p.behaviour)
        totals.profit += profit
        totals.edits += edits
        for name, flags in (
            ("contacts", out.contacted),
            ("redeemed", out.redeemed),
            ("unsubscribed", out.unsubscribed),
            ("lost", out.lost),
        ):
            setattr(totals, name, getattr(totals, name) + flags.mean(axis=1, dtype=np.float64))
        p = self.population
        self.benefits = benefit_counts(
            out.contacted, self.given, p.effects.beneficial, p.groups, self.n_groups.shape[2]
        )
        totals.benefits += self.benefits
        return profit

    def _send(self):  # type: ignore[no-untyped-def]
        s = self.setup
        self._assign()
        block = self.sim.period // s.block
        n_campaigns = self.population.traits.response.shape[2]
        assignment.choose_campaigns(
            self.first, self.campaign, self.seeds, block, s.explore, n_campaigns, self.given, self.explored
        )
        hope = self._value_contacts()
        out = self.sim.advance(self.given)
        estimates.count_funnel(
            self.given, out.contacted, out.opened, out.redeemed, hope, self.expected_redeem, self.opens,
            self.open_hope, self.redeems, self.redeem_hope,
        )  # fmt: skip
        return out

    def _assign(self) -> None:
        state, habits = self.sim.state, self.setup.habits
        if habits:
            seen = {
                "recency": state.recency * np.float32(DAYS_PER_PERIOD),
                "frequency": state.trips * np.float32(DAYS_PER_MONTH / DAYS_PER_PERIOD),
                "monetary": state.spend,
                "engagement": self.engagement(),
            }
            values = np.stack([seen[name] for name in habits], axis=2)
            k = len(habits)
            assignment.bin_features(values, self.setup.edges[:k], self.bins[:, :, :k])
        assignment.match(self.bins, self.lo, self.hi, self.size, self.first, self.second)

    def engagement(self) -> NDArray[np.float32]:
        """Return the shrunken share of contacts that each customer answered, (E, N), as `customers` defines it."""
        state = self.sim.state
        return np.asarray(state.answers / (state.contacts + np.float32(ENGAGEMENT_SHRINK)), np.float32)

    def _value_contacts(self) -> NDArray[np.float32]:
        p, state = self.population, self.sim.state
        estimates.contact_values(
            state.trips, state.spend, state.fatigue, state.consent, p.expected_openness, self.expected_redeem,
            p.traits.affinity, p.expected_behaviour, p.expected_effects, self.open_part, self.lift_part,
            self.redeem_part,
        )  # fmt: skip
        return self.open_part

    # -- what a business sees ------------------------------------------------------------------------------------
    def look(self) -> None:
        """Bring the candidate table, its mask and the observation up to date."""
        s, p, state = self.setup, self.population, self.sim.state
        self._value_contacts()
        estimates.segment_ratios(
            self.first, self.size, self.opens, self.open_hope, self.redeems, self.redeem_hope, self.open_ratio,
            self.redeem_ratio, self.redeem_sd,
        )  # fmt: skip
        organic = p.expected_behaviour["margin_rate"][:, None] * state.trips * state.spend
        habits = np.stack([state.fatigue, organic, state.recency, self.engagement()], axis=2)
        groups, n_groups, passed = self._constrained()
        tolerance = s.constraint.tolerance if s.constraint else 1.0
        min_size = max(2.0, s.min_share * p.size)
        candidates.fill_candidates(
            self.bins, s.grid.bins(), self.first, self.second, self.lo, self.hi, self.campaign, self.size,
            self.changed_at, state.consent, habits, self.open_part, self.lift_part, self.redeem_part, self.open_ratio,
            self.redeem_ratio, self.redeem_sd, p.expected_effects.cost, p.expected_effects.weight,
            p.effects.beneficial, np.float32(s.lift_spread), groups, n_groups, passed, self.period, s.horizon,
            np.float32(s.explore), np.float32(s.charges.edit), np.float32(s.charges.complexity),
            np.float32(tolerance), min_size, self.table, self.mask, self.decode, self.held_gap,
        )  # fmt: skip
        self.observation = summarise(self)

    def _constrained(self) -> tuple[NDArray[np.int8], NDArray[np.float32], NDArray[np.float32]]:
        """Return the constrained attribute's groups (E, N), their sizes and summed benefit rates so far (E, K)."""
        c, p = self.setup.constraint, self.population
        if c is None:
            return np.full(self.first.shape, -1, np.int8), *(np.zeros((len(self.size), 1), np.float32),) * 2
        allowed = np.array(c.groups, np.int8)
        codes = p.groups[:, :, c.attribute]
        codes = np.where(np.isin(codes, allowed), codes, np.int8(-1))
        sizes = np.zeros(self.n_groups.shape[::2], np.float32)
        sizes[:, allowed] = self.n_groups[:, c.attribute, allowed]
        passed = self.totals.benefits[:, c.attribute, :] / np.maximum(sizes, 1.0)
        return codes, sizes, passed.astype(np.float32)

    def _parity_costs(self) -> NDArray[np.float64]:
        c = self.setup.constraint
        if c is None:
            return np.zeros((len(self.size), 1, 1))
        _, sizes, _ = self._constrained()
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
        return mask & (slack <= np.maximum(best, limit) + 1e-6)

    @property
    def observation_size(self) -> int:
        """Length of a flat observation."""
        m = candidates.count_candidates(self.setup.max_segments, self.population.traits.response.shape[2])
        rows = len(GLOBAL_FEATURES) + self.setup.max_segments * len(SEGMENT_FEATURES)
        return rows + m * len(candidates.CANDIDATE_FEATURES)
