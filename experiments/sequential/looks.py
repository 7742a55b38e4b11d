"""One question for both ways to look: how many standard errors must an effect be from its null at this look?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evenhand.experiments.sequential.always_valid import always_valid_bound
from evenhand.experiments.sequential.boundaries import Boundaries, even_looks, inflation, spending_boundaries
from evenhand.experiments.sequential.spending import Spending
from evenhand.experiments.sequential.walk import checked_fractions

__all__ = ["AlwaysValid", "Monitoring", "bounds", "critical_value", "looks_inflation"]


@dataclass(frozen=True, slots=True)
class AlwaysValid:
    """Looks at any time, as often as one likes, by an asymptotic confidence sequence."""


Monitoring = Spending | AlwaysValid


def bounds(
    monitoring: Monitoring, fractions: Sequence[float], *, alpha: float = 0.05, final: bool = False
) -> Boundaries:
    """Return the two-sided bounds of all looks at `fractions` so far, the present one last."""
    if isinstance(monitoring, Spending):
        return spending_boundaries(fractions, alpha=alpha, spending=monitoring, final=final)
    shares = checked_fractions(fractions)
    upper = tuple(always_valid_bound(share, alpha=alpha) for share in shares)
    return Boundaries(shares, upper, (alpha,) * len(shares), alpha)


def critical_value(
    monitoring: Monitoring, fractions: Sequence[float], *, alpha: float = 0.05, final: bool = False
) -> float:
    """Return the bound on |z| at the last of the looks at `fractions`; one side of it errs with rate alpha / 2."""
    return bounds(monitoring, fractions, alpha=alpha, final=final).upper[-1]


def looks_inflation(
    monitoring: Monitoring, looks: int | Sequence[float], *, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return how many times the fixed test's sample is needed at most with `looks`, for the same power.

    `looks` is a number of even looks, or the shares of the planned information at which they fall.
    """
    fractions = even_looks(looks) if isinstance(looks, int) else looks
    # A confidence sequence is tuned to its planned end, so its bounds at these shares hold for any size of the trial.
    return inflation(bounds(monitoring, fractions, alpha=alpha), power=power)
