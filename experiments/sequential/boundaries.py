"""Boundaries of planned looks: how large |z| must be at each look so that all looks together err with rate alpha.

At look k the bound c_k solves P(not stopped before, |Z_k| >= c_k) = spent(t_k) - spent(t_{k-1}) under no effect
(Lan & DeMets 1983). Only looks up to the present are needed, so looks may fall where they fall, as long as nobody
times them by the results. Tests are two-sided and symmetric: each side spends alpha / 2.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from scipy.special import ndtri

from evenhand.errors import EvenhandError
from evenhand.experiments.sequential.spending import Spending, checked_alpha
from evenhand.experiments.sequential.walk import Walk, checked_fractions, first, walks

__all__ = ["Boundaries", "Crossing", "crossing", "drift_for", "even_looks", "inflation", "spending_boundaries"]

NOTHING = 1e-14  # less than this to spend: no bound that a sum of floats could place
FARTHEST = 40.0


class Crossing(NamedTuple):
    """Probability to stop at each look, above and below (n_looks,)."""

    upper: tuple[float, ...]
    lower: tuple[float, ...]

    @property
    def power(self) -> float:
        """Probability to stop above at any look."""
        return sum(self.upper)


@dataclass(frozen=True, slots=True)
class Boundaries:
    """Bounds on |z| at each look; infinite where a look may not stop the trial."""

    fractions: tuple[float, ...]  # (n_looks,) shares of the planned information
    upper: tuple[float, ...]  # (n_looks,)
    spent: tuple[float, ...]  # (n_looks,) error rate used up so far, both sides
    alpha: float

    @property
    def lower(self) -> tuple[float, ...]:
        """The other side's bounds, mirrored."""
        return tuple(-c for c in self.upper)

    def crossing(self, drift: float = 0.0) -> Crossing:
        """Return where trials stop when the estimate at full information is `drift` standard errors from zero."""
        return crossing(self.fractions, self.lower, self.upper, drift=drift)


def even_looks(n: int) -> tuple[float, ...]:
    """Return the information shares of `n` evenly spaced looks, the last at 1."""
    if n < 1:
        raise EvenhandError(f"{n} looks", rule="a trial is looked at least once")
    return tuple((k + 1) / n for k in range(n))


def spending_boundaries(
    fractions: Sequence[float], *, alpha: float = 0.05, spending: Spending | None = None, final: bool = False
) -> Boundaries:
    """Return the two-sided boundaries of looks at `fractions` of the planned information.

    `final` says that the last look ends the trial although its share is below 1, so that it spends all that is left;
    that must have been decided without a look at the effect. Raises EvenhandError on shares that do not rise.
    """
    return _boundaries(checked_fractions(fractions), checked_alpha(alpha), spending or Spending(), final)


@lru_cache(maxsize=512)
def _boundaries(shares: tuple[float, ...], alpha: float, spending: Spending, final: bool) -> Boundaries:
    walk, used = first(), 0.0  # of one side
    upper: list[float] = []
    spent: list[float] = []
    for k, t in enumerate(shares):
        last = k == len(shares) - 1
        goal = alpha / 2 if last and final else spending.spent(t, alpha / 2)
        bound = _bound(walk, t, goal - used)
        if math.isfinite(bound):
            used = goal
        upper.append(bound)
        spent.append(2 * used)
        if not last:
            walk = walk.on(t, -bound, bound, next_t=shares[k + 1])
    return Boundaries(shares, tuple(upper), tuple(spent), alpha)


def _bound(walk: Walk, t: float, share: float) -> float:
    """Return the bound that is crossed upwards with probability `share` at `t`, infinite where that is nothing."""
    from scipy.optimize import brentq  # slow to load; only where it is asked for

    if share < NOTHING:
        return math.inf

    def excess(z: float) -> float:
        return walk.above(z, t, 0.0) - share

    # Before anybody has left, the bound is a plain quantile; later it lies below that quantile.
    return float(brentq(excess, -FARTHEST, float(-ndtri(share)) + 1e-6, xtol=1e-12))


def crossing(
    fractions: Sequence[float], lower: Sequence[float], upper: Sequence[float], *, drift: float = 0.0
) -> Crossing:
    """Return the probability to stop at each look of given bounds (n_looks,), two-sided or one-sided by infinities."""
    shares = checked_fractions(fractions)
    if not len(shares) == len(lower) == len(upper) or any(a > b for a, b in zip(lower, upper, strict=True)):
        raise EvenhandError("bounds do not fit the looks", rule="one lower and one upper bound a look, in that order")
    here = walks(shares, lower, upper, base=drift)
    above = tuple(walk.above(c, t, drift) for walk, c, t in zip(here, upper, shares, strict=True))
    below = tuple(walk.below(c, t, drift) for walk, c, t in zip(here, lower, shares, strict=True))
    return Crossing(above, below)


def drift_for(power: float, power_at: Callable[[float], float]) -> float:
    """Return the drift (in standard errors at full information) at which `power_at` is `power`."""
    from scipy.optimize import brentq  # slow to load; only where it is asked for

    if not 0 < power < 1:
        raise EvenhandError(f"power {power}", rule="0 < power < 1", mend="use 0.8")
    return float(brentq(lambda drift: power_at(drift) - power, 0.0, 20.0, xtol=1e-9))


def inflation(boundaries: Boundaries, *, power: float = 0.8) -> float:
    """Return how many times the fixed test's sample the looks may need at most, for the same power."""
    fixed = float(ndtri(1 - boundaries.alpha / 2) + ndtri(power))
    drift = drift_for(power, lambda drift: boundaries.crossing(drift).power)
    return (drift / fixed) ** 2 * boundaries.fractions[-1]
