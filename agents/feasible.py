"""When a policy counts as fair: enough populations keep every constraint. One rule for everyone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.rollout import Outcomes
from evenhand.envs import Parity

__all__ = ["FEASIBLE_SHARE", "best_of", "feasible_share", "gaps_of", "held_in", "rank"]

FEASIBLE_SHARE = 0.95  # of populations in which every constraint holds
ROUNDING = 1e-9  # slacks are sums of 26 terms: what is exactly at the limit must not fall over it


class _Scored(Protocol):
    @property
    def feasible(self) -> float: ...

    @property
    def profit(self) -> float: ...


S = TypeVar("S", bound=_Scored)


def gaps_of(outcome: Outcomes, parity: Parity | None) -> NDArray[np.float64]:
    """Return the gap of the constrained attribute in each population, (n,); zeros without a constraint."""
    if parity is None:
        return np.zeros(len(outcome.profit))
    return outcome.gap(parity.attribute, parity.groups, parity.among)


def held_in(outcome: Outcomes) -> NDArray[np.bool_]:
    """Return in which populations every constraint held, (n,); in all of them where there is none."""
    return np.asarray((outcome.slacks <= ROUNDING).all(axis=1))


def feasible_share(outcome: Outcomes) -> float:
    """Return the share of populations in which every active constraint held; 1 where there is none."""
    return float(held_in(outcome).mean())


def rank(feasible: float, profit: float) -> tuple[float, float]:
    """Return what to sort by: a share beyond what counts as feasible buys nothing, then profit decides."""
    return min(feasible, FEASIBLE_SHARE), profit


def best_of(scored: Sequence[S]) -> S:
    """Return the best feasible one, else the one that comes nearest to feasible; of equals, the first."""
    return max(scored, key=lambda one: rank(one.feasible, one.profit))
