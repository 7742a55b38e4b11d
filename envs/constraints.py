"""What a policy must keep to: signed slacks that add up over an episode.

A constraint says J things that must hold. Each period it charges J signed costs, and their sums over the episode are
the slacks: at or below zero everywhere, the constraint holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations

import numpy as np
from numpy.typing import NDArray

from evenhand.fairness import ordered_pairs

__all__ = ["Parity", "names_of"]


@dataclass(frozen=True)
class Parity:
    """Groups of an attribute receive benefits at rates within `tolerance` of each other, in positions."""

    attribute: int  # position among the protected attributes
    groups: tuple[int, ...]  # positions of the constrained groups
    tolerance: float
    label: str = "parity"
    group_names: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """One name per ordered pair of groups."""
        said = self.group_names or tuple(str(g) for g in self.groups)
        return tuple(f"{self.label}: {g} over {h}" for g, h in permutations(said, 2))

    def costs(
        self, benefits: NDArray[np.float64], members: NDArray[np.float64], *, horizon: int
    ) -> NDArray[np.float64]:
        """Return what a period adds to the slack of every ordered pair, (E, J).

        `benefits` and `members` (E, P, K) count what each group received in the period and its members at the start.
        A pair of which one group has no members costs nothing.
        """
        at, groups = self.attribute, list(self.groups)
        sizes = members[:, at, groups]
        rates = benefits[:, at, groups] / np.maximum(sizes, 1.0)
        g, h = ordered_pairs(len(groups)).T
        cost = (rates[:, g] - rates[:, h] - self.tolerance) / horizon
        return np.where((sizes[:, g] > 0) & (sizes[:, h] > 0), cost, 0.0)


def names_of(constraints: Sequence[Parity]) -> tuple[str, ...]:
    """Return the names of all slacks, in the order of every array of costs."""
    return tuple(name for constraint in constraints for name in constraint.names)
