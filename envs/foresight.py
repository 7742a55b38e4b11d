"""What every candidate tweak would do to the constraints until the horizon, from what a business can see.

Each sum that a constraint names (`Gauge`) is one or more columns: a weight for every customer times a dose for every
campaign, summed over who may be contacted. The compiled table adds up how a tweak changes each column; here columns
become expected periods, to which the constraints' own formulas apply. A slack is foretold as what was seen so far plus
the periods left at the expected rate. Rates that must be estimated stand at an upper confidence bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evenhand.envs.constraints import Constraint, charged, scales_of
from evenhand.envs.luck import draw_covariance
from evenhand.envs.period import Gauge, Period, Sums
from evenhand.simulator.types import FloatArray

if TYPE_CHECKING:
    from evenhand.envs.setup import Setup
    from evenhand.envs.world import World

__all__ = ["NOTHING_TO_BREAK", "Foresight", "distance_of"]

NOTHING_TO_BREAK = -1.0  # slack, in its scale, where nothing is constrained
BOUND = 1.645  # standard errors: a one-sided confidence of 95 %
DRIFT, ESTIMATED = 0.02, 0.05  # of a limit, kept beside the luck of the draws: see `least_distance`
MOST_DISTANCE = 0.5  # of a tolerance or limit: in tiny groups hardly anything would be allowed
LEAST_STEP = 1e-12  # squared, to differentiate where nothing is drawn
BY_GROUP = ("benefits", "likely_benefits")  # fields of a period that are counts of each group; others are per customer
UNSUBSCRIBE_PRIOR = 10.0  # expected unsubscribes that the prior rate is worth


@dataclass
class Foresight:
    """The columns of E environments and what was seen of their constraints so far."""

    weights: FloatArray  # (E, N, Q)
    doses: FloatArray  # (E, Q, C)
    owners: tuple[int, ...]  # (Q,) position of the gauge that a column belongs to
    discounts: tuple[int, ...]  # campaigns whose redemptions are paid for, the last columns of spend
    seen: Sums  # (E, J) slacks so far, of what a business can see
    change: FloatArray  # (E, M, Q) written by the candidate table: per period, if everyone got their segment's campaign
    now: FloatArray  # (E, Q) written by it: per period as things stand, exploration included
    risk: FloatArray  # (E, N) expected chance to unsubscribe; zeros where nothing asks for it
    hoped: NDArray[np.float64]  # (E,) unsubscribes that these chances foretold for the contacts so far

    @classmethod
    def begin(cls, world: World) -> Foresight:
        """Return the columns at the start of an episode; those that move are filled by `refresh`."""
        p, gauges = world.population, world.setup.gauges
        n_envs, n_customers, n_campaigns = p.traits.interest.shape
        discounts = tuple(int(c) for c in np.flatnonzero((p.expected_effects.discount > 0).any(axis=0)))
        weights: list[FloatArray] = []
        doses: list[FloatArray] = []
        owners: list[int] = []
        contact = np.broadcast_to(np.arange(n_campaigns) > 0, (n_envs, n_campaigns)).astype(np.float32)
        everyone = np.ones((n_envs, n_customers), np.float32)

        def add(owner: int, weight: FloatArray, dose: FloatArray) -> None:
            owners.append(owner)
            weights.append(weight)
            doses.append(dose)

        for owner, g in enumerate(gauges):
            if g.field in BY_GROUP:
                inside = (world.groups[:, :, g.attribute] == g.group).astype(np.float32)
                weight = inside * world.belief if g.field == "likely_benefits" else inside
                add(owner, weight, contact * p.effects.beneficial)
            elif g.field == "spend":
                add(owner, everyone, p.expected_effects.cost * contact)
                share = p.expected_behaviour["discount_share"]
                for c in discounts:
                    one = (np.arange(n_campaigns) == c) * (share * p.expected_effects.discount[:, c])[:, None]
                    add(owner, np.zeros_like(everyone), one.astype(np.float32))
            else:
                add(owner, everyone.copy(), contact * (p.expected_effects.delivery if g.field == "unsubscribed" else 1))
        return cls(
            weights=np.stack([np.zeros_like(everyone), *weights], axis=2)[:, :, 1:].copy(),
            doses=np.stack([np.zeros_like(contact), *doses], axis=1)[:, 1:].astype(np.float32),
            owners=tuple(owners),
            discounts=discounts,
            seen=np.zeros((n_envs, len(world.setup.cost_names))),
            change=np.zeros((*world.mask.shape, len(owners)), np.float32),
            now=np.zeros((n_envs, len(owners)), np.float32),
            risk=np.zeros((n_envs, n_customers), np.float32),
            hoped=np.zeros(n_envs),
        )

    def refresh(self, world: World) -> None:
        """Bring the columns up to date that follow from habits: chances to unsubscribe and to redeem a discount."""
        for k, g in enumerate(world.setup.gauges):
            columns = [q for q, owner in enumerate(self.owners) if owner == k]
            if g.field == "unsubscribed":
                observed = world.totals.unsubscribed * world.first.shape[1] + UNSUBSCRIBE_PRIOR
                expected = self.hoped + UNSUBSCRIBE_PRIOR
                bound = (observed + BOUND * np.sqrt(observed)) / expected
                self.risk = unsubscribe_chances(world)
                self.weights[:, :, columns[0]] = bound[:, None] * self.risk
            elif g.field == "spend":
                for q, c in self.discounted(world):
                    ratio = _bound(world, c)
                    opened = world.open_part * np.take_along_axis(world.open_ratio, world.first.astype(np.int64), 1)
                    ratio = np.take_along_axis(ratio, world.first.astype(np.int64), 1)
                    self.weights[:, :, q] = opened * ratio * world.expected_redeem[:, :, c]

    def answered(self, world: World) -> FloatArray:
        """Return what the answers of a segment multiply each column by, beside what is expected, (E, S, Q)."""
        found = np.ones((*world.open_ratio.shape, len(self.owners)), np.float32)
        for q, c in self.discounted(world):
            found[:, :, q] = world.open_ratio * _bound(world, c)
        return found

    def discounted(self, world: World) -> list[tuple[int, int]]:
        """Return the columns that follow from how segments redeem a discount, each with the campaign of it."""
        spent = [q for q, owner in enumerate(self.owners) if world.setup.gauges[owner].field == "spend"]
        return list(zip(spent[1:], self.discounts, strict=True)) if spent else []

    def note(self, world: World, period: Period) -> None:
        """Add a period that has passed to the slacks so far, as a business sees it."""
        self.seen += charged(world.setup.constraints, period)
        self.hoped += (self.risk * world.sent).sum(axis=1, dtype=np.float64)

    def worst_so_far(self, world: World) -> NDArray[np.float64]:
        """Return the worst slack that the episode would end with at the mean rate seen so far, in its scale, (E,)."""
        s = world.setup
        if not s.constraints or world.period == 0:
            return np.full(len(self.seen), NOTHING_TO_BREAK)
        return np.asarray((self.seen / scales_of(s.constraints)).max(axis=1) * s.horizon / world.period)

    def expected(self, last: Period, gauges: tuple[Gauge, ...], keep: float, n: int) -> Period:
        """Return the period that each candidate would bring, (E, M); what is not gauged stays as in the `last`."""
        sums = self.now[:, None].astype(np.float64) + keep * self.change
        shape = sums.shape[:2]

        def as_before(values: Sums) -> Sums:
            return np.broadcast_to(values[:, None], (*shape, *values.shape[1:])).copy()

        expected = last._replace(
            members=last.members[:, None],
            benefits=as_before(last.benefits),
            likely=None if last.likely is None else last.likely[:, None],
            likely_benefits=None if last.likely_benefits is None else as_before(last.likely_benefits),
            contacts=as_before(last.contacts),
            unsubscribed=as_before(last.unsubscribed),
            spend=as_before(last.spend),
        )
        for k, gauge in enumerate(gauges):
            amount = sums[:, :, [q for q, owner in enumerate(self.owners) if owner == k]].sum(axis=2)
            if gauge.field in BY_GROUP:
                getattr(expected, gauge.field)[:, :, gauge.attribute, gauge.group] = amount
            else:
                getattr(expected, gauge.field)[:] = amount / n
        return expected

    def foretell(self, world: World) -> Sums:
        """Return the slacks at the horizon that each candidate leads to, in their scales, (E, M, J); 0 is the limit."""
        s = world.setup
        if not s.constraints:
            return np.full((*world.mask.shape, 1), NOTHING_TO_BREAK)
        expected = self.expected(world.seen, s.gauges, 1.0 - s.explore, world.first.shape[1])
        left = s.horizon - world.period
        slack = self.seen[:, None] + left * charged(s.constraints, expected)
        return np.asarray(slack / scales_of(s.constraints))

    def luck(self, world: World) -> Sums:
        """Return the standard deviation that the draws of the coming period give each slack, in its scale, (E, J).

        As things stand: what a tweak does to it is small beside it. Zeros for constraints without gauges.
        """
        reached = self.weights * (world.sim.state.consent != 0)[:, :, None]
        campaign = np.take_along_axis(world.campaign, world.first.astype(np.int64), 1)
        return self.luck_of(world, draw_covariance(reached, self.doses, campaign, world.setup.explore))

    def luck_of(self, world: World, draws: Sums) -> Sums:
        """Return the same from the covariance that the draws give the columns, (E, Q, Q)."""
        s, n = world.setup, world.first.shape[1]
        owned = (np.array(self.owners) == np.arange(len(s.gauges))[:, None]).astype(np.float64)  # (K, Q)
        covariance = owned @ draws @ owned.T
        step = np.sqrt(np.maximum(np.diagonal(covariance, axis1=1, axis2=2), LEAST_STEP))
        at, slopes = charged(s.constraints, world.seen), np.zeros((len(self.seen), len(s.cost_names), len(s.gauges)))
        for k, gauge in enumerate(s.gauges):
            slopes[:, :, k] = (charged(s.constraints, _more(world.seen, gauge, step[:, k], n)) - at) / step[:, k, None]
        variance = np.einsum("ejk,ekl,ejl->ej", slopes, covariance, slopes)
        return np.asarray(np.sqrt(np.maximum(variance, 0.0)) / scales_of(s.constraints))

    def distance(self, world: World) -> Sums:
        """Return how far below its limit the shield keeps each slack, in its scale, (E, J)."""
        if not world.setup.constraints:
            return np.zeros((len(self.seen), 1))
        return distance_of(world.setup, self.luck(world))


def distance_of(setup: Setup, luck: Sums) -> Sums:
    """Return the distance that the shield keeps where the draws give each slack the standard deviation `luck`."""
    least = [least_distance(c) for c in setup.constraints for _ in c.names]
    return np.minimum(setup.shield_sds * luck + least, MOST_DISTANCE)


def least_distance(constraint: Constraint) -> float:
    """Return the distance that the shield keeps from a limit whatever the draws do, as a share of it.

    Benefits of groups are known but for the draws and for customers who drift between segments. What else is foretold
    rests on estimates (who unsubscribes, who redeems), on single events, or, without gauges, on the last period.
    """
    gauges = getattr(constraint, "gauges", ())
    known = bool(gauges) and all(gauge.field == "benefits" for gauge in gauges)
    return DRIFT if known else ESTIMATED


def _bound(world: World, c: int) -> FloatArray:
    """Return the upper bound of how many times as often as expected each segment redeems a discount, (E, S)."""
    return np.asarray(world.redeem_ratio[:, :, c] + BOUND * world.redeem_sd[:, :, c], np.float32)


def _more(period: Period, gauge: Gauge, amount: Sums, n: int) -> Period:
    """Return the period with `amount` (E,) more of what a gauge counts, among `n` customers."""
    sums = getattr(period, gauge.field).copy()
    if gauge.field in BY_GROUP:
        sums[:, gauge.attribute, gauge.group] += amount
    else:
        sums += amount / n
    return period._replace(**{gauge.field: sums})


def unsubscribe_chances(world: World) -> FloatArray:
    """Return everyone's expected chance to unsubscribe when a contact arrives, before anything is learned, (E, N)."""
    b = world.population.expected_behaviour[:, None]
    return np.asarray(np.minimum(b["unsubscribe_base"] * np.exp(b["fatigue_unsubscribe"] * world.pressure), 0.5))
