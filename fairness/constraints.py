"""Constraints as slacks that add up over an episode.

**Parity.** The rates r_g of beneficial offers in all groups of a protected attribute lie within a tolerance t of each
other. It is written as one slack per *ordered* pair of groups,

    s[g, h] = r_g - r_h - t          (all s <= 0   <=>   max r - min r <= t)

Pairs, not distances from one reference rate: a reference has to be guessed before the episode, and a wrong guess
forbids fair policies, those whose groups agree with each other at another rate. Pairs need none, and the equivalence
above is exact.

The criteria differ in whose rate it is. With b[t, i] = 1 where customer i got a benefit in period t and e[t, i] how
much they were entitled to one, the rate of group g in period t, and over T periods, is

    r[t, g] = sum_{i in g} e[t, i] b[t, i] / sum_{i in g} e[t, i]          r_g = 1/T sum_t r[t, g]

| criterion | e[t, i] |
|---|---|
| demographic parity | 1 |
| equal opportunity | c[t, i], the chance to convert if offered a benefit (Hardt, Price and Srebro 2016) |
| equalized odds | c[t, i], and beside it 1 - c[t, i] |

The slack is then a sum of terms, each known at the end of its own period, whatever e is:

    cost[t, g, h] = (r[t, g] - r[t, h] - t) / T          sum_t cost[t, g, h] = s[g, h]

It is the mean over periods of each period's rate, because one rate over all periods, sum_t sum_i e b / sum_t sum_i e,
has a denominator that is known at the end only, and U_g B_h - U_h B_g is no sum over periods. For demographic parity
both are the same, since group sizes are counted once, at the start. No policy moves e: c is read along a twin in which
nothing ever changes, so tiring a group out does not take it out of the count. In a period in which nobody of a group is
entitled to anything, its pairs differ by nothing.

The gap itself is no such sum: adding up each period's gap over-reports whenever groups take turns.

**Floors and caps.** Equal zero exposure satisfies parity, so a floor stands beside it: least - r_g <= 0. Caps bound
what each customer meets or costs per period: x - most <= 0, x the mean over periods. Both are linear, hence sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evenhand.errors import EvenhandError
from evenhand.fairness.gaps import MIN_GROUP, GroupRate, gap

__all__ = [
    "ContactCap",
    "CoverageFloor",
    "DemographicParity",
    "EqualOpportunity",
    "EqualizedOdds",
    "GroupParity",
    "SpendCap",
    "UnsubscribeCap",
    "ordered_pairs",
]

FloatArray = NDArray[np.float64]


def ordered_pairs(n_groups: int) -> NDArray[np.intp]:
    """Return the positions (g, h), g != h, of all ordered pairs: shape (n_groups * (n_groups - 1), 2)."""
    return np.array(list(permutations(range(n_groups), 2)), dtype=np.intp).reshape(-1, 2)


@dataclass(frozen=True, slots=True)
class GroupParity:
    """What the parity criteria share: groups of `attribute` have rates within `tolerance` of each other.

    Several names mean the intersections of these attributes.
    """

    attribute: str | tuple[str, ...]
    tolerance: float = 0.05

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance <= 1:
            raise EvenhandError(
                f"tolerance {self.tolerance} for {self.attribute!r}",
                rule="0 <= tolerance <= 1",
                mend="use 0.05",
            )

    def pairs(self, groups: Sequence[str]) -> tuple[tuple[str, str], ...]:
        """Return the names of the ordered pairs, in the order of every slack array."""
        return tuple(permutations(groups, 2))

    def slack(self, rates: ArrayLike) -> FloatArray:
        """Return r_g - r_h - tolerance per ordered pair: rates (..., n_groups) -> (..., n_pairs)."""
        r = np.asarray(rates, dtype=np.float64)
        pairs = ordered_pairs(r.shape[-1])
        return r[..., pairs[:, 0]] - r[..., pairs[:, 1]] - self.tolerance

    def cost(self, benefits: ArrayLike, sizes: ArrayLike, horizon: int) -> FloatArray:
        """Return one period's cost per ordered pair; summed over `horizon` periods it is the episode's slack.

        `benefits` (..., n_groups) are benefits received in the period, `sizes` (..., n_groups) the group
        sizes at the start of the episode, all above 0; returns (..., n_pairs).
        """
        n = np.asarray(sizes, dtype=np.float64)
        if not (n > 0).all():
            raise EvenhandError(f"an empty group of {self.attribute!r} in a constraint", mend="leave it out")
        return self.slack(np.asarray(benefits, dtype=np.float64) / n) / horizon

    def holds(self, rates: Sequence[GroupRate], *, min_group: int = MIN_GROUP) -> bool:
        """Whether the gap of `rates`, unknown and small groups left out, is within the tolerance."""
        return gap(rates, min_group=min_group) <= self.tolerance


@dataclass(frozen=True, slots=True)
class DemographicParity(GroupParity):
    """Groups of `attribute` get beneficial offers at rates within `tolerance` of each other."""


@dataclass(frozen=True, slots=True)
class EqualOpportunity(GroupParity):
    """Of those who would convert, every group gets beneficial offers at rates within `tolerance` of each other."""


@dataclass(frozen=True, slots=True)
class EqualizedOdds(GroupParity):
    """As equal opportunity, and the same among those who would not convert."""


@dataclass(frozen=True, slots=True)
class CoverageFloor:
    """At least `least` beneficial offers per customer and period, overall and in each group of any `attribute`."""

    least: float
    attribute: str | tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.least <= 1:
            raise EvenhandError(f"a coverage of at least {self.least}", rule="0 < least <= 1", mend="use 0.1")


@dataclass(frozen=True, slots=True)
class _Cap:
    most: float  # per customer and period

    def __post_init__(self) -> None:
        if not 0 < self.most < float("inf"):
            raise EvenhandError(f"{type(self).__name__} of {self.most}", rule="a number above 0")


@dataclass(frozen=True, slots=True)
class ContactCap(_Cap):
    """At most `most` contacts per customer and period, on average over the episode."""


@dataclass(frozen=True, slots=True)
class UnsubscribeCap(_Cap):
    """At most `most` unsubscribes per customer and period, on average over the episode."""


@dataclass(frozen=True, slots=True)
class SpendCap(_Cap):
    """At most `most` money per customer and period on contacts and redeemed discounts, on average over the episode."""
