"""When a policy counts as fair: enough populations keep the constrained gap within tolerance. One rule for everyone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.rollout import Outcomes
from evenhand.envs import Constraint

__all__ = ["FEASIBLE_SHARE", "best_of", "feasible_share", "gaps_of", "rank"]

FEASIBLE_SHARE = 0.95  # of populations within tolerance


class _Scored(Protocol):
    @property
    def feasible(self) -> float: ...

    @property
    def profit(self) -> float: ...


S = TypeVar("S", bound=_Scored)


def gaps_of(outcome: Outcomes, constraint: Constraint | None) -> NDArray[np.float64]:
    """Return the gap of the constrained attribute in each population, (n,); zeros without a constraint."""
    if constraint is None:
        return np.zeros(len(outcome.profit))
    return outcome.gap(constraint.attribute, constraint.groups)


def feasible_share(gaps: NDArray[np.float64], constraint: Constraint | None) -> float:
    """Return the share of populations whose gap is within tolerance; 1 without a constraint."""
    return float((gaps <= constraint.tolerance).mean()) if constraint else 1.0


def rank(feasible: float, profit: float) -> tuple[float, float]:
    """Return what to sort by: a share beyond what counts as feasible buys nothing, then profit decides."""
    return min(feasible, FEASIBLE_SHARE), profit


def best_of(scored: Sequence[S]) -> S:
    """Return the best feasible one, else the one that comes nearest to feasible; of equals, the first."""
    return max(scored, key=lambda one: rank(one.feasible, one.profit))
