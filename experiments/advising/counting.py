"""What a change means for the customers as they are: whom it touches, and each group's chances before and after."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.customers import UNKNOWN, Customers
from evenhand.envs import Setup
from evenhand.experiments.advising.impact import Groups
from evenhand.experiments.start import given_by
from evenhand.segments import Segmentation

__all__ = ["Counted", "GroupCount", "count_change"]


class GroupCount(NamedTuple):
    """How one group of one protected attribute is touched."""

    attribute: str
    group: str
    n: int  # customers in the group
    affected: int  # of them, whose segment or campaign changes
    before: float  # mean chance of a beneficial contact in a period, exploration included
    after: float


class Counted(NamedTuple):
    """A change, counted on the customers."""

    affected: NDArray[np.bool_]  # (n,) whose segment or campaign changes
    groups: tuple[GroupCount, ...]
    fairness: tuple[Groups, ...]  # of every attribute with two groups large enough to compare

    @property
    def customers_share(self) -> float:
        """Share of all customers whom the change touches."""
        return float(self.affected.mean()) if len(self.affected) else 0.0

    @property
    def margin_used(self) -> float:
        """The largest share of a fairness tolerance that is used up afterwards; 0 where nothing is constrained."""
        return max((one.after / one.tolerance for one in self.fairness if one.tolerance), default=0.0)


def count_change(customers: Customers, before: Segmentation, after: Segmentation, setup: Setup) -> Counted:
    """Return what changing `before` into `after` means for the customers, with the constraint of `setup`."""
    ids = [np.array(one.ids)[one.assign(customers.frame)] for one in (before, after)]
    given = [given_by(one, customers.frame) for one in (before, after)]
    affected = (ids[0] != ids[1]) | (given[0] != given[1])
    rates = [_benefit(customers, one, setup) for one in given]
    return Counted(affected, _groups(customers, affected, rates), _fairness(customers, rates, setup))


def _benefit(customers: Customers, given: NDArray[np.int64], setup: Setup) -> NDArray[np.float64]:
    """Return each customer's chance of a beneficial contact in a period, exploration included, (n,)."""
    good = np.array([campaign.beneficial for campaign in customers.catalogue.campaigns], float)
    received = good * customers.reachable
    own = received[np.arange(len(given)), given]
    return np.asarray((1 - setup.explore) * own + setup.explore * received.mean(axis=1), np.float64)


def _groups(
    customers: Customers, affected: NDArray[np.bool_], rates: list[NDArray[np.float64]]
) -> tuple[GroupCount, ...]:
    codes = customers.protected_codes()
    found = []
    for p, attribute in enumerate(customers.protected):
        names = {k: group.name for k, group in enumerate(attribute.known)} | {-1: UNKNOWN}
        for k, name in names.items():
            member = codes[:, p] == k
            if member.any():
                before, after = (float(rate[member].mean()) for rate in rates)
                touched = int((member & affected).sum())
                found.append(GroupCount(attribute.name, name, int(member.sum()), touched, before, after))
    return tuple(found)


def _fairness(customers: Customers, rates: list[NDArray[np.float64]], setup: Setup) -> tuple[Groups, ...]:
    codes, limit = customers.protected_codes(), setup.parity
    found = []
    for p, attribute in enumerate(customers.protected):
        members = [codes[:, p] == k for k, group in enumerate(attribute.known) if group.constrained]
        if len(members) > 1:
            before, after = (float(np.ptp([rate[member].mean() for member in members])) for rate in rates)
            tolerance = limit.tolerance if limit and limit.attribute == p else None
            found.append(Groups(attribute.name, before, after, tolerance))
    return tuple(found)
