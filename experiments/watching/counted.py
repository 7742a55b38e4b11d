"""Means and counts of the two arms of a roll-out, and how far one group falls behind another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.experiments.inference import ArmMeans, Metric, arm_means
from evenhand.experiments.inference.contrasts import contrast, z_reaching
from evenhand.experiments.moments import Moments
from evenhand.experiments.watching.units import COMING, CURRENT, GROUP
from evenhand.fairness import UNKNOWN
from evenhand.fairness.gaps import GroupRate

__all__ = ["LEAST_GROUP", "Counted", "Group", "Shortfall", "shortfalls"]

LEAST_GROUP = 50  # customers of a group an arm before it is compared


class Group(NamedTuple):
    """One group: customers and how many of them had something, by arm."""

    name: str
    n: dict[str, float]
    positive: dict[str, float]

    def rate(self, arm: str) -> float:
        """Return the share of the group in one arm."""
        return self.positive[arm] / self.n[arm]


class Shortfall(NamedTuple):
    """How much worse than `other` the new version treats `group`; `z` says how far that is harm, see `shortfalls`."""

    group: str
    other: str
    value: float
    z: float


class Counted(NamedTuple):
    """The customers of both arms, column by column; those of other arms are left out."""

    columns: dict[str, NDArray[Any]]  # (n,) each
    arms: dict[str, NDArray[np.bool_]]  # (n,) who is in it

    @classmethod
    def of(cls, units: pd.DataFrame) -> Counted:
        """Take the columns of a table apart, once for all that is counted."""
        arm = units["arm"].to_numpy(dtype=object)
        arms = {name: np.asarray(arm == name, dtype=np.bool_) for name in (COMING, CURRENT)}
        return cls({str(name): units[name].to_numpy() for name in units if name not in ("customer", "arm")}, arms)

    @property
    def attributes(self) -> list[str]:
        """The protected attributes whose groups are known."""
        return [name.removeprefix(GROUP) for name in self.columns if name.startswith(GROUP)]

    def size(self, arm: str) -> int:
        """Return how many customers an arm has."""
        return int(self.arms[arm].sum())

    def means(self, name: str) -> ArmMeans | None:
        """Return a metric's mean with each version; None where it is not told, or has no spread to judge it by."""
        if name not in self.columns:
            return None
        values = [self.columns[name][self.arms[arm]] for arm in (CURRENT, COMING)]
        if any(np.ptp(value) == 0 for value in values):
            return None
        mean = np.array([[value.mean()] for value in values])
        comoment = np.array([[[((value - value.mean()) ** 2).sum()]] for value in values])
        n = np.array([len(value) for value in values], dtype=np.int64)
        moments = Moments((name,), ("arm",), ((CURRENT,), (COMING,)), n, mean, comoment, np.zeros(2, dtype=np.int64))
        return arm_means(moments, Metric(name), arms=(CURRENT, COMING))

    def rate(self, name: str, arm: str) -> GroupRate:
        """Return the share of one arm's customers who had something."""
        values = self.columns[name][self.arms[arm]]
        return GroupRate(arm, len(values), float(values.mean()), 0.0, 1.0)

    def groups(self, attribute: str, column: str) -> list[Group]:
        """Return the groups of an attribute that are known and large enough with both versions."""
        codes, names = pd.factorize(self.columns[GROUP + attribute], sort=True)
        values, found = self.columns[column], list[Group]()
        for code, name in enumerate(names):
            here = {arm: values[inside & (codes == code)] for arm, inside in self.arms.items()}
            if str(name) != UNKNOWN and min(map(len, here.values())) >= LEAST_GROUP:
                n = {arm: float(len(value)) for arm, value in here.items()}
                found.append(Group(str(name), n, {arm: float(value.sum()) for arm, value in here.items()}))
        return found


def shortfalls(groups: Sequence[Group], margin: float, sign: float) -> Iterator[Shortfall]:
    """Yield each group's shortfall against each other one; `sign` is 1 where more is worse, -1 where it is better.

    Harm lies beyond the margin with the new version, and is more beyond the margin than it is with the old one: both
    must hold, so no error rate is divided (as in `inference.fairness`).
    """
    for one, other in permutations(groups, 2):
        positive = [group.positive[arm] for arm in (COMING, CURRENT) for group in (one, other)]
        n = [group.n[arm] for arm in (COMING, CURRENT) for group in (one, other)]
        z = min(
            _harmed(positive, n, [sign * weight for weight in weights], margin)
            for weights in ((1, -1, 0, 0), (1, -1, -1, 1))
        )
        yield Shortfall(one.name, other.name, sign * (one.rate(COMING) - other.rate(COMING)), z)


def _harmed(positive: Sequence[float], n: Sequence[float], weights: Sequence[float], margin: float) -> float:
    return z_reaching(lambda z: float(contrast(positive, n, weights, z=z)[1]), margin, falling=True)
