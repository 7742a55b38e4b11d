"""How things vary over simulated populations: what a plan reckons with, and what intervals of its data rest on."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.experiments.inference import Estimate
from evenhand.experiments.validating.twins import Twins

__all__ = ["LEAST_SE", "Counted", "counted", "design_effect", "difference", "likeness"]

LEAST_SE = 1e-12  # where both arms do exactly the same: an effect of 0 that is known well, and shows no gain


class Counted(NamedTuple):
    """One group in one arm over all populations."""

    n: int
    positive: float  # sum of the members' chances of a beneficial contact


def difference(twins: Twins, metric: int) -> Estimate:
    """Return policy minus today on a metric: the mean over populations of paired differences, by Student's t."""
    d = twins.policy[:, metric] - twins.today[:, metric]
    return Estimate(float(d.mean()), max(float(d.std(ddof=1) / np.sqrt(d.size)), LEAST_SE), float(d.size - 1))


def likeness(twins: Twins, metric: int) -> float:
    """Return the correlation of the arms over populations, 0 to 0.999: how much the same luck saves."""
    a, b = twins.today[:, metric], twins.policy[:, metric]
    if not (a.std() > 0 and b.std() > 0):
        return 0.0
    return float(np.clip(np.corrcoef(a, b)[0, 1], 0.0, 0.999))


def counted(rates: NDArray[np.float64], members: NDArray[np.float64]) -> Counted:
    """Return the counts of a group from its rate and its members in each population, (n,) each."""
    n = int(members.sum())
    return Counted(n, min(float(np.nansum(rates * members)), float(n)))


def design_effect(twins: Twins, attribute: int, groups: Sequence[int]) -> float:
    """Return by what the counts of groups must be divided, since customers of a population resemble each other.

    How much the difference of two groups' pooled rates varies, beside how much that of as many independent customers
    would: the worst of all pairs and arms, 1 or more. What both groups share cancels out of a difference.
    """
    arms = (twins.today_rates[:, attribute], twins.policy_rates[:, attribute])
    pairs = [list(pair) for pair in combinations(groups, 2)]
    sizes = twins.members[:, attribute]
    return max([1.0, *(_of_pair(rates[:, pair], sizes[:, pair]) for rates, pair in product(arms, pairs))])


def _of_pair(rates: NDArray[np.float64], sizes: NDArray[np.float64]) -> float:
    """Return the design effect of the difference of two pooled rates, by linearisation; both (n, 2).

    A pooled rate is a ratio of sums: population j moves it by its share of the group's members times the distance of
    its own rate, and a population without members does not move it (Cochran, Sampling Techniques, 1977, section 6.3
    and 9A.3; derived in docs/experiments/validating.md).
    """
    if len(sizes) < 2 or not sizes.any(axis=0).all():
        return 1.0
    mean_size = sizes.mean(axis=0)
    pooled = np.where(sizes > 0, rates * sizes, 0.0).mean(axis=0) / mean_size
    moves = np.where(sizes > 0, sizes / mean_size * (rates - pooled), 0.0)
    alone = float((pooled * (1 - pooled) / mean_size).sum())
    return float((moves[:, 0] - moves[:, 1]).var(ddof=1)) / alone if alone > 0 else 1.0
