"""A world whose customers stay as they are, looked at again and again for what their segments are told to answer.

A server is asked so. What is summed over customers is tabulated once (`tabulated`), and a look costs no pass over them:
it shows what `World.look_at` would, up to the rounding of sums that are added in another order.
"""

from __future__ import annotations

import numpy as np

from evenhand.envs import tallies
from evenhand.envs.assignment import note_bounds
from evenhand.envs.foresight import distance_of
from evenhand.envs.luck import covariance_of
from evenhand.envs.observation import segment_sums
from evenhand.envs.period import Sums
from evenhand.envs.tabulated import SETTINGS, Tabulated, blank, fill_tabulated, tabulate
from evenhand.envs.views import Funnel
from evenhand.envs.world import World
from evenhand.simulator.types import FloatArray

__all__ = ["Still"]


class Still:
    """One environment (E = 1) that takes no steps any more."""

    def __init__(self, world: World) -> None:
        """Tabulate the customers of a world that was looked at; it then stands as if all answered as expected."""
        self.world = world
        self._tabulated = _tabulated(world)
        self._segment_sums, self._pairs = segment_sums(world), _pairs(world)
        self._distance = world.foresight.distance(world)
        self._luck_moves = bool(world.foresight.discounted(world))
        self._room = _room(world)

    def look_at(self, funnel: Funnel) -> None:
        """Bring candidate table, mask and observation of the world up to date for what segments answered."""
        world = self.world
        world.answered(funnel)
        n, answered = world.first.shape[1], world.foresight.answered(world)[0]
        fill_tabulated(n, self._tabulated, answered, *world.rules(), self._room, world.to_fill())
        if self._luck_moves:
            self._distance = distance_of(world.setup, world.foresight.luck_of(world, self._drawn(answered)))
        world.show(self._segment_sums, self._distance)

    def _drawn(self, answered: FloatArray) -> Sums:
        """Return the covariance that the draws of exploration give the constrained sums, (1, Q, Q)."""
        world, answers = self.world, answered.astype(np.float64)
        pairs = self._pairs * answers[:, :, None] * answers[:, None, :]
        doses, campaign = world.foresight.doses, world.campaign[0]
        each = [pairs[campaign == c].sum(axis=0)[None] for c in range(doses.shape[2])]
        return covariance_of(each, doses, world.setup.explore)


def _tabulated(world: World) -> Tabulated:
    """Add up the customers at each setting; the last of them remains."""
    found = blank(*world.rules())
    for k, (opens, redeems) in enumerate(SETTINGS):
        world.open_ratio[:], world.redeem_ratio[:], world.redeem_sd[:] = opens, redeems, 0.0
        world.foresight.refresh(world)
        tabulate(k, world.customers_seen(), *world.rules(), found)
    return found


def _pairs(world: World) -> Sums:
    """Return sum_i w_iq w_ir of the customers of each segment who can be contacted, as expected, (S, Q, Q)."""
    weights = world.foresight.weights[0].astype(np.float64) * (world.sim.state.consent[0] != 0)[:, None]
    members = [weights[world.first[0] == s] for s in range(world.setup.max_segments)]
    return np.stack([own.T @ own for own in members])


def _room(world: World) -> tallies.Sums:
    """Return room for sums that are mixed, which knows the bounds of the segments."""
    shape, prices, terms = world.rules()
    (segments, features), (columns, campaigns) = shape.lo.shape[1:], prices.doses.shape[1:]
    room: tallies.Sums = tallies.fresh_sums(0, segments, features, int(terms.n_bins.max()), campaigns, columns)
    note_bounds(shape.lo[0], shape.hi[0], shape.size[0], terms.n_bins, room.bounded, room.n_bounded)
    return room
