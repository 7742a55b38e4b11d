"""Many environments side by side: populations, their no-op twins, and segmentations that change by tweaks.

`World.step` reads like the specification: carry out the tweak, draw the exploration share, send, let a period pass,
reward what came beyond the twin, charge what changed, look again. Only what a business can see leaves `look`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from evenhand.customers.rfm import DAYS_PER_MONTH, DAYS_PER_PERIOD, ENGAGEMENT_SHRINK
from evenhand.envs import assignment, candidates, estimates
from evenhand.envs.accounting import account, groups_of
from evenhand.envs.boxes import Boxes, apply_to_boxes
from evenhand.envs.constraints import Constraint, charged
from evenhand.envs.entitlement import believed_chances, true_chances
from evenhand.envs.foresight import Foresight
from evenhand.envs.lasting import lasting_values
from evenhand.envs.observation import GLOBAL_FEATURES, SEGMENT_FEATURES, segment_sums, summarise
from evenhand.envs.reviewing import Desk
from evenhand.envs.rewards import incremental_profit, remaining_value, residual_value
from evenhand.envs.setup import Setup
from evenhand.envs.totals import Totals
from evenhand.envs.twin import twin_of
from evenhand.envs.views import Funnel, Prices, Seen, Shape, Table, Terms
from evenhand.simulator.population import Population, Simulation, stack
from evenhand.simulator.random import period_keys
from evenhand.simulator.types import FloatArray, Outcome, State

__all__ = ["World"]


class World:
    """E environments in lockstep; every one ends at the horizon."""

    def __init__(self, setup: Setup, *, twin: bool = True, measure: bool = False) -> None:
        """Prepare for `setup`; without `twin` rewards are plain profit (evaluation pairs policies itself).

        `measure` keeps account of who would convert also where no constraint asks for it.
        """
        self.setup, self.with_twin = setup, twin
        self.counts_likely = measure or setup.asks_who_converts

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
        self.groups, self.members = groups_of(p.groups, s.group_counts, s.crossings)
        self.belief = believed_chances(p) if self.counts_likely else np.zeros((1, 1), np.float32)
        self._refresh()
        arrival = p.behaviour["arrival"].copy()
        p.behaviour["arrival"] = 0.0  # nobody arrives before the episode begins
        for _ in range(s.warmup):
            self._send()
        p.behaviour["arrival"] = arrival
        self.sim.state.satisfaction[:] = np.clip(self.sim.state.satisfaction, 0.0, None)
        self.period = 0
        self.sent_so_far[:] = 0.0
        self.totals = Totals.zero(self.members.shape)
        self.desk = Desk.empty(n_envs)
        self.carried = np.zeros_like(self.decode[:, 0])  # (E, 6) tweaks that the last period began with
        self.twin: World | None = None
        if self.with_twin or self.counts_likely:
            self.twin = twin_of(self)
        self.foresight = Foresight.begin(self)
        self.passed, self.seen = account(self, None)
        if s.entry is not None:
            self._enter(s.entry)
        self._assign()
        self.look()

    def _enter(self, boxes: Boxes) -> None:
        self.lo[:], self.hi[:], self.campaign[:], self.size[:] = boxes.lo, boxes.hi, boxes.campaign, boxes.size
        self.lo_room[:], self.hi_room[:] = boxes.rooms(self.setup.n_bins)

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
        self.open_part, self.answering = np.zeros(shape, np.float32), np.ones(shape, np.float32)
        self.lift_part, self.redeem_part = np.zeros(full, np.float32), np.zeros(full, np.float32)
        self.lasting_lift, self.lasting_redeem = np.zeros(full, np.float32), np.zeros(full, np.float32)
        self.burden = np.zeros(full, np.float32)
        self.funnel = Funnel.zero((n_envs, segments, n_campaigns))
        self.open_ratio = np.ones((n_envs, segments), np.float32)
        self.redeem_ratio = np.ones((n_envs, segments, n_campaigns), np.float32)
        self.redeem_sd = np.zeros((n_envs, segments, n_campaigns), np.float32)
        m = candidates.count_candidates(segments, n_campaigns)
        self.table = np.zeros((n_envs, m, len(candidates.CANDIDATE_FEATURES)), np.float32)
        self.mask = np.zeros((n_envs, m), np.uint8)
        self.decode = np.zeros((n_envs, m, len(candidates.DECODE_FIELDS)), np.int16)

    # -- a period ------------------------------------------------------------------------------------------------
    def step(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64], bool]:
        """Propose candidate rows (E,), let a period pass; return rewards (E,), costs (E, J) and whether the horizon
        is reached. Rewards are money per customer, beyond the twin where there is one.
        """
        edits = self._carry_out(rows)
        both = self._same_in_both()
        chances = true_chances(self.twin.sim) if self.counts_likely and self.twin is not None else None
        if self.twin is not None:
            self.twin.pass_period(np.zeros(len(rows)), None)
        reward = self.pass_period(edits, chances)
        self.foresight.note(self, self.seen)
        costs = charged(self.setup.constraints, self.passed)
        if self.with_twin and self.twin is not None:
            reward = self._beyond_twin(self.twin, both, edits)
            reward += sum(term(self.passed) - term(self.twin.passed) for term in self.setup.rewards)
        else:
            reward = reward + sum(term(self.passed) for term in self.setup.rewards)
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
        """Propose candidate rows, carry out what the reviewer lets through, return how many tweaks that is, (E,)."""
        self.carried = self.desk.review(self, self.decode[np.arange(len(rows)), rows])
        for e, decoded in enumerate(self.carried):
            before = int(self.size[e])
            boxes = (self.lo[e], self.hi[e], self.lo_room[e], self.hi_room[e], self.campaign[e])
            self.size[e], at = apply_to_boxes(decoded, *boxes, before)
            s, ages = int(decoded[1]), self.changed_at[e]
            if self.size[e] > before:
                ages[s + 1 :] = ages[s:-1].copy()
            elif self.size[e] < before:
                ages[s:-1] = ages[s + 1 :].copy()
            if at >= 0:
                ages[at] = self.period
        return np.asarray(self.carried[:, 0] != candidates.HOLD, np.float64)

    def pass_period(self, edits: NDArray[np.float64], chances: FloatArray | None) -> NDArray[np.float64]:
        """Send, let a period pass and return the profit per customer less what changes and segments cost, (E,).

        `chances` (E, N) to convert, if account is kept of them.
        """
        out, charges = self._send(), self.setup.charges
        profit = out.profit.mean(axis=1, dtype=np.float64) - charges.edit * edits - charges.complexity * self.size
        if self.period == self.setup.horizon - 1:
            p = self.population
            profit = profit + residual_value(self.sim.state, p.traits, p.behaviour).mean(axis=1)
        self.passed, self.seen = account(self, chances)
        self.totals.add(profit, edits, out, self.passed)
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
        estimates.count_answers(self.first, self.opens, self.open_hope, self.redeems, self.redeem_hope, self.funnel)
        estimates.answer_shares(state.consent, state.answers, self.sends, self.answering)
        lasting_values(
            state.trips, state.spend, self.pressure, state.consent, p.expected_hazard, p.expected_openness,
            self.expected_redeem, p.traits.affinity, p.expected_behaviour, p.expected_effects,
            max(s.horizon - self.period, 1), self.lasting_lift, self.lasting_redeem, self.burden,
        )  # fmt: skip
        self.look_at(self.funnel)

    def look_at(self, funnel: Funnel) -> None:
        """Do so for what segments answered as `funnel` says, where customers are what they were when last looked at.

        `look` counts the answers of this world; statistics of the real customers come from elsewhere.
        """
        self.answered(funnel)
        self.foresight.refresh(self)
        candidates.fill_candidates(self.customers_seen(), *self.rules(), self.to_fill())
        self.show(segment_sums(self), self.foresight.distance(self))

    def answered(self, funnel: Funnel) -> None:
        """Take in what segments answered."""
        estimates.segment_ratios(funnel, self.size, self.open_ratio, self.redeem_ratio, self.redeem_sd)

    def show(self, sums: NDArray[np.float64], distance: NDArray[np.float64]) -> None:
        """Bring what follows from a filled table up to date: mask, slacks and observation.

        `sums` (E, S, 7) are those of `observation`, `distance` (E, J) how far the shield keeps from each limit.
        """
        self._offer()
        self._foretell(distance)
        self.observation = summarise(self, sums)

    # -- what the compiled table takes -----------------------------------------------------------------------------
    def customers_seen(self) -> Seen:
        """Return what a business sees of its customers."""
        state = self.sim.state
        return Seen(
            self.bins, self.first, self.second, self.foresight.weights, state.consent, self.pressure, self.organic,
            state.recency, self.engaged, self.answering, self.open_part, self.lift_part, self.redeem_part,
            self.lasting_lift, self.lasting_redeem, self.burden,
        )  # fmt: skip

    def rules(self) -> tuple[Shape, Prices, Terms]:
        """Return the segments, what contacts and changes cost, and how far a tweak may go."""
        s, p = self.setup, self.population
        return (
            Shape(
                self.lo, self.hi, self.lo_room, self.hi_room, self.campaign, self.size, self.changed_at,
                self.open_ratio, self.redeem_ratio, self.redeem_sd,
            ),
            Prices(
                p.expected_effects.cost, p.expected_effects.weight, self.foresight.doses, p.effects.channel,
                np.float32(s.charges.edit), np.float32(s.charges.complexity), np.float32(s.lift_spread),
            ),
            self._terms(),
        )  # fmt: skip

    def to_fill(self) -> Table:
        """Return the table that is filled."""
        return Table(self.table, self.mask, self.decode, self.foresight.change, self.foresight.now)

    # -- what follows from it --------------------------------------------------------------------------------------
    def _offer(self) -> None:
        """Take what is not on offer out of the table: operations withheld, and all of it while a tweak is in review."""
        if not self.setup.offered.all():
            rows = candidates.operations_of_rows(self.setup.max_segments, self.population.traits.interest.shape[2])
            withheld = ~self.setup.offered[rows]
            self.mask[:, withheld] = 0
            self.table[:, withheld] = 0.0
        waiting = self.desk.waiting
        self.mask[waiting, 1:] = 0
        self.table[waiting, 1:] = 0.0

    def _foretell(self, distance: NDArray[np.float64]) -> None:
        """Write what every candidate does to the constraints."""
        slacks = self.foresight.foretell(self)
        self.slack = slacks.max(axis=2)
        self.guarded = (slacks + distance[:, None]).max(axis=2)
        valid = self.mask != 0
        self.table[:, :, candidates.SLACK] = np.where(valid, self.slack, 0.0)
        self.table[:, :, candidates.SLACK_CHANGE] = np.where(valid, self.slack - self.slack[:, :1], 0.0)

    def _terms(self) -> Terms:
        s = self.setup
        return Terms(
            period=self.period,
            horizon=s.horizon,
            explore=np.float32(s.explore),
            n_bins=s.n_bins,
            closed=s.closed,
            min_size=self.least_part,
        )

    @property
    def least_part(self) -> float:
        """Smallest part that a tweak may cut, in customers who answer as everyone does on average."""
        return max(2.0, self.setup.min_share * self.population.size)

    def charged(self, constraints: Sequence[Constraint]) -> NDArray[np.float64]:
        """Return what the last period costs under any constraints, (E, J)."""
        return charged(constraints, self.passed)

    def allowed(self) -> NDArray[np.bool_]:
        """Return the mask of rows a policy may choose, (E, M): valid and, with the shield up, within the constraints.

        The shield lets through what is foretold to keep every slack at its distance from the limit (`guarded` at or
        below zero); where nothing does, what comes nearest.
        """
        mask = self.mask.astype(bool)
        if not (self.setup.constraints and self.setup.shield):
            return mask
        guarded = np.where(mask, self.guarded, np.inf)
        best = guarded.min(axis=1, keepdims=True)
        return np.asarray(mask & (guarded <= np.maximum(best, 0.0) + 1e-5))

    @property
    def observation_size(self) -> int:
        """Length of a flat observation."""
        m = candidates.count_candidates(self.setup.max_segments, self.population.traits.interest.shape[2])
        rows = len(GLOBAL_FEATURES) + self.setup.max_segments * len(SEGMENT_FEATURES)
        return rows + m * len(candidates.CANDIDATE_FEATURES)
