"""Fairness constraints as slacks that add up over an episode.

Demographic parity with tolerance t asks that the rates r_g of beneficial offers in all groups of one
protected attribute lie within t of each other. It is written as one slack per *ordered* pair of groups,

    s[g, h] = r_g - r_h - t          (all s <= 0   <=>   max r - min r <= t)

Pairs, not distances from one reference rate: a reference has to be guessed before the episode, and a wrong
guess forbids fair policies, those whose groups agree with each other at another rate. Pairs need none, and
the equivalence above is exact.

Group sizes n_g at the start of an episode are fixed. With b[t, g] the benefits that members of g receive in
period t, the rate of a group over T periods is r_g = sum_t b[t, g] / (n_g T), and the slack is a sum of
terms, each known at the end of its own period:

    c[t, g, h] = (b[t, g] / n_g - b[t, h] / n_h - t) / T          sum_t c[t, g, h] = s[g, h]

The gap itself is no such sum: adding up each period's gap over-reports whenever groups take turns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evenhand.errors import EvenhandError
from evenhand.fairness.gaps import MIN_GROUP, GroupRate, gap

__all__ = ["DemographicParity", "ordered_pairs"]

FloatArray = NDArray[np.float64]


def ordered_pairs(n_groups: int) -> NDArray[np.intp]:
    """Return the positions (g, h), g != h, of all ordered pairs: shape (n_groups * (n_groups - 1), 2)."""
    return np.array(list(permutations(range(n_groups), 2)), dtype=np.intp).reshape(-1, 2)


@dataclass(frozen=True, slots=True)
class DemographicParity:
    """Groups of `attribute` get beneficial offers at rates within `tolerance` of each other."""

    attribute: str
    tolerance: float = 0.05

    def __post_init__(self) -> None:
        if not 0 <= self.tolerance <= 1:
            raise EvenhandError(
                f"tolerance {self.tolerance} for '{self.attribute}'",
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
            raise EvenhandError(f"an empty group of '{self.attribute}' in a constraint", mend="leave it out")
        return self.slack(np.asarray(benefits, dtype=np.float64) / n) / horizon

    def holds(self, rates: Sequence[GroupRate], *, min_group: int = MIN_GROUP) -> bool:
        """Whether the gap of `rates`, unknown and small groups left out, is within the tolerance."""
        return gap(rates, min_group=min_group) <= self.tolerance
