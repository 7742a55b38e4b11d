"""Whom a tweak touches, and what it does to groups: counted on the real customers, by their bins."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.envs import assignment
from evenhand.envs.boxes import apply_to_boxes
from evenhand.envs.candidates import MERGE, SPLIT
from evenhand.experiments.advising.standing import Standing

__all__ = ["Groups", "Impact", "Touched"]


class Groups(NamedTuple):
    """The gap of one protected attribute: how far the chances of a beneficial contact lie apart between its groups."""

    attribute: str
    before: float
    after: float
    tolerance: float | None  # where a constraint stands on it


class Touched(NamedTuple):
    """What a tweak would do now."""

    customers: NDArray[np.bool_]  # (n,) of those looked at, whose segment or campaign changes
    fairness: tuple[Groups, ...]  # of every attribute with two groups large enough to compare


@dataclass(frozen=True)
class Impact:
    """Counts what tweaks do to the customers of a standing business."""

    standing: Standing

    def of(self, decoded: NDArray[np.int16]) -> Touched:
        """Return what a decoded row of the candidate table would do."""
        world, first = self.standing.world, self.standing.world.first[0]
        lo, hi, lo_room, hi_room, campaign = (
            rows[0].copy() for rows in (world.lo, world.hi, world.lo_room, world.hi_room, world.campaign)
        )
        size, _ = apply_to_boxes(decoded, lo, hi, lo_room, hi_room, campaign, int(world.size[0]))
        after, none = np.empty_like(world.first), np.empty_like(world.first)
        assignment.match(world.bins, world.setup.n_bins, lo[None], hi[None], np.array([size]), False, after, none)
        given, new = world.campaign[0][first], campaign[after[0]]
        moved = _as_before(decoded)[after[0]] != first
        rates = [self._group_rates(one) for one in (given, new)]
        return Touched(moved | (given != new), self._gaps(*rates))

    def _gaps(self, before: list[NDArray[np.float64]], after: list[NDArray[np.float64]]) -> tuple[Groups, ...]:
        parity = self.standing.setup.parity
        return tuple(
            Groups(
                name,
                float(np.ptp(old)),
                float(np.ptp(new)),
                parity.tolerance if parity and parity.attribute == p else None,
            )
            for (p, name, _), old, new in zip(self._compared, before, after, strict=True)
        )

    def _group_rates(self, given: NDArray[np.int8]) -> list[NDArray[np.float64]]:
        """Return each compared group's chance of a beneficial contact in a period, exploration included."""
        received = self._received
        explore = self.standing.setup.explore
        rate = (1 - explore) * received[np.arange(len(given)), given] + explore * self._drawn
        return [membership @ rate for _, _, membership in self._compared]

    @cached_property
    def _received(self) -> NDArray[np.float64]:
        """Whether each campaign would reach the customer and benefit them, (n, C)."""
        customers = self.standing.customers
        good = np.array([campaign.beneficial for campaign in customers.catalogue.campaigns], float)
        return np.asarray(good * customers.reachable, np.float64)

    @cached_property
    def _drawn(self) -> NDArray[np.float64]:
        return np.asarray(self._received.mean(axis=1), np.float64)

    @cached_property
    def _compared(self) -> list[tuple[int, str, NDArray[np.float64]]]:
        """Return place and name of each attribute with two comparable groups, and weights of their means, (G, n)."""
        customers = self.standing.customers
        codes, found = customers.protected_codes(), []
        for p, attribute in enumerate(customers.protected):
            members = [codes[:, p] == k for k, group in enumerate(attribute.known) if group.constrained]
            if len(members) > 1:
                weights = np.stack([member / max(member.sum(), 1) for member in members])
                found.append((p, attribute.name, weights))
        return found


def _as_before(decoded: NDArray[np.int16]) -> NDArray[np.int64]:
    """Return which segment of before each position after the tweak is, -1 for a new part."""
    places = np.arange(np.iinfo(np.int8).max)
    op, s = int(decoded[0]), int(decoded[1])
    if op == SPLIT:
        return np.where(places < s, places, np.where(places == s, -1, places - 1))
    if op == MERGE:
        return np.where(places < s, places, places + 1)
    return places
