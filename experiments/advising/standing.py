"""A business as it stands: its customers with today's plan running, ready to be looked at for fresh statistics.

The candidate table, the observation and the mask are those of the environment that the policy learned in. What it
knows there from its own funnel comes from the statistics here: observed opens and redemptions of each segment beside
those expected of the same numbers of contacts, under the same shrinkage (`envs.estimates`).
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.customers import Customers
from evenhand.envs import Setup, World
from evenhand.envs.still import Still
from evenhand.envs.views import Funnel
from evenhand.experiments.advising.statistics import Statistics
from evenhand.experiments.now import Now
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator

__all__ = ["MOST_CUSTOMERS", "Standing", "View", "exact_bins", "standing_of"]

MOST_CUSTOMERS = 5000  # looked at; of more a sample, the same one for the same seed
STANDING_SEED = 600_000_000  # the future that `recommend` looks at first


class View(NamedTuple):
    """What a policy is shown for one business (E = 1), and what stands behind each row."""

    observation: NDArray[np.float32]  # (1, L)
    allowed: NDArray[np.bool_]  # (1, M)
    table: NDArray[np.float32]  # (M, D)
    decode: NDArray[np.int16]  # (M, 6)
    opens_expected: NDArray[np.float32]  # (S,) of the contacts that were told


@dataclass(frozen=True)
class Standing:
    """Customers as they are, in a world at its first period; safe to share between threads."""

    customers: Customers  # those looked at
    today: Segmentation
    setup: Setup
    world: World
    still: Still  # that world, its customers tabulated
    n: int  # customers of the business
    open_rate: NDArray[np.float64]  # (S, C) expected of a contact
    redeem_rate: NDArray[np.float64]  # (S, C) expected of an opened one
    members: NDArray[np.int64]  # (S,) of the customers looked at
    lock: Lock

    def look(self, statistics: Statistics) -> View:
        """Return what the policy is shown for these statistics, which `checked` has let through."""
        funnel = self.funnel(statistics)
        with self.lock:
            world = self.world
            self.still.look_at(funnel)
            return View(
                world.observation, world.allowed(), world.table[0].copy(), world.decode[0].copy(), funnel.open_hope[0]
            )

    def funnel(self, statistics: Statistics) -> Funnel:
        """Return the counts that were told beside what was expected of as many contacts."""
        shape = self.open_rate.shape
        funnel = Funnel.zero((1, *shape))
        places = {campaign.id: c for c, campaign in enumerate(self.today.catalogue.campaigns)}
        for s, id_ in enumerate(self.today.ids):
            for campaign, told in statistics[id_].campaigns.items():
                c = places[campaign]
                funnel.opens[0, s] += told.opens
                funnel.open_hope[0, s] += told.sends * self.open_rate[s, c]
                funnel.redeems[0, s, c] += told.redemptions
                funnel.redeem_hope[0, s, c] += told.opens * self.redeem_rate[s, c]
        return funnel


def standing_of(
    customers: Customers,
    today: Segmentation,
    simulator: Simulator,
    setup: Setup,
    *,
    most: int = MOST_CUSTOMERS,
    seed: int = 0,
) -> Standing:
    """Return a business as it stands; of more than `most` customers a sample drawn by `seed`."""
    n = customers.n
    if n > most:
        drawn = np.sort(np.random.default_rng([seed, n]).choice(n, most, replace=False))
        customers = customers.only(customers.frame.index[drawn])
    world = Now.of(setup, customers, today).shown(simulator.population_of(customers, STANDING_SEED))
    world.bins[0] = exact_bins(customers, setup)
    world._assign()
    world.look()
    open_rate, redeem_rate = _expected(world)
    members = np.bincount(world.first[0], minlength=setup.max_segments).astype(np.int64)
    return Standing(customers, today, setup, world, Still(world), n, open_rate, redeem_rate, members, Lock())


def exact_bins(customers: Customers, setup: Setup) -> NDArray[np.uint8]:
    """Return everyone's bins by the numbers in their table, (n, F).

    The environment counts in single precision, where who stands on a threshold may fall to its other side; what people
    are told is counted by the rules as they are written.
    """
    values = customers.numbers(setup.grid.names)
    bins = np.zeros(values.shape, np.uint8)
    for f, cuts in enumerate(setup.grid.cuts):
        for cut in cuts:
            column = values[:, f]
            bins[:, f] += (column > cut.value) if cut.closed else (column >= cut.value)
    return bins


def _expected(world: World) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return what is expected of a contact before anything is learned, for each segment and campaign, (S, C) each.

    The mean over who may get that campaign; everyone's where a segment has nobody.
    """
    first, consent = world.first[0], world.sim.state.consent[0]
    reached = (consent[:, None] >> world.population.effects.channel[None, :]) & 1  # (N, C)
    opening = reached * world.open_part[0].astype(np.float64)[:, None]
    redeeming = opening * world.expected_redeem[0]

    def per_segment(values: NDArray[np.float64]) -> NDArray[np.float64]:
        sums = np.zeros((world.setup.max_segments, values.shape[1]))
        np.add.at(sums, first, values)
        return np.where(per_member > 0, sums, values.sum(axis=0))

    per_member = np.zeros((world.setup.max_segments, reached.shape[1]))
    np.add.at(per_member, first, reached)
    of_everyone = reached.sum(axis=0)
    opens = per_segment(opening)
    contacts = np.maximum(np.where(per_member > 0, per_member, of_everyone), 1)
    return opens / contacts, per_segment(redeeming) / np.maximum(opens, 1e-12)
