"""What a trial that stopped early says about the effect: median-unbiased, with an interval that knows of the looks.

A trial that stops because its estimate is large overstates the effect. Order what can happen by stages (Tsiatis,
Rosner & Mehta 1984, Biometrics 40:797-803; Jennison & Turnbull 2000, section 8.4): crossing above at an early look is
the strongest evidence for a positive effect, then crossing above later, ..., at last crossing below at an early look.
With P(theta) the probability, under effect theta, of evidence at least as strong as what was seen, the estimate solves
P = 1/2 and the limits solve P = alpha / 2 and P = 1 - alpha / 2. Information shares after the stop play no part.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evenhand.errors import EvenhandError
from evenhand.experiments.sequential.boundaries import Boundaries
from evenhand.experiments.sequential.walk import Walk, walks

__all__ = ["Stopped", "after_stopping"]

FARTHEST = 25.0  # standard errors: what came so far was not within the bounds a look before


@dataclass(frozen=True, slots=True)
class Stopped:
    """The effect after a trial that could have stopped at several looks, in the units of its estimate."""

    value: float  # median-unbiased
    low: float
    high: float
    level: float
    p_value: float  # two-sided, by the same order
    naive: float  # the estimate as if nobody had looked before


def after_stopping(value: float, se: float, boundaries: Boundaries, *, level: float = 0.95) -> Stopped:
    """Return the adjusted effect of a trial that ended at the last look of `boundaries` with `value` and `se`.

    Raises EvenhandError where the standard error is not a positive number. The trial must have ended: it crossed a
    bound, or no further look will come. While it goes on, take the interval at the look's own bound instead.
    """
    if not (math.isfinite(value) and 0 < se < math.inf):
        raise EvenhandError(
            f"estimate {value} with standard error {se}", rule="both are finite, and the error is above 0"
        )
    if not 0 < level < 1:
        raise EvenhandError(f"confidence level {level}", rule="0 < level < 1", mend="use 0.95")
    boundaries = _could_stop(boundaries)
    t, z = boundaries.fractions[-1], value / se
    if len(boundaries.fractions) > 1 and abs(z) > FARTHEST:
        raise _impossible(z)
    here = walks(boundaries.fractions, boundaries.lower, boundaries.upper, base=z / math.sqrt(t))
    unit = se * math.sqrt(t)  # of the effect, per unit of drift
    exceed = _exceedance(here, boundaries, z)
    tail = (1 - level) / 2
    p_above = exceed(0.0)
    return Stopped(
        value=unit * _solve(exceed, 0.5, z, t),
        low=unit * _solve(exceed, tail, z, t),
        high=unit * _solve(exceed, 1 - tail, z, t),
        level=level,
        p_value=min(1.0, 2 * min(p_above, 1 - p_above)),
        naive=value,
    )


def _exceedance(here: Sequence[Walk], boundaries: Boundaries, z: float) -> Callable[[float], float]:
    """Return the probability, as a function of drift, of evidence at least as much for a positive effect."""
    looks = list(zip(here, boundaries.upper, boundaries.fractions, strict=True))
    walk, bound, t = looks[-1]
    below = z <= -bound

    def exceed(drift: float) -> float:
        if below:
            earlier = sum(w.below(-c, s, drift) for w, c, s in looks[:-1])
            return 1 - earlier - walk.below(z, t, drift)
        return sum(w.above(c, s, drift) for w, c, s in looks[:-1]) + walk.above(z, t, drift)

    return exceed


def _solve(exceed: Callable[[float], float], goal: float, z: float, t: float) -> float:
    """Return the drift at which evidence like this has probability `goal`; it rises with the drift."""
    from scipy.optimize import brentq  # slow to load; only where it is asked for

    centre, reach = z / math.sqrt(t), 2.0 / math.sqrt(t)
    for _ in range(8):
        low, high = centre - reach, centre + reach
        if exceed(low) < goal < exceed(high):
            return float(brentq(lambda drift: exceed(drift) - goal, low, high, xtol=1e-10))
        reach *= 2
    raise _impossible(z)


def _could_stop(boundaries: Boundaries) -> Boundaries:
    """Return the looks that could end the trial, and the last: the others leave no trace."""
    kept = [k for k, bound in enumerate(boundaries.upper) if math.isfinite(bound) or k == len(boundaries.upper) - 1]
    fractions, upper, spent = (
        tuple(values[k] for k in kept) for values in (boundaries.fractions, boundaries.upper, boundaries.spent)
    )
    return Boundaries(fractions, upper, spent, boundaries.alpha)


def _impossible(z: float) -> EvenhandError:
    return EvenhandError(
        f"no effect explains an estimate {z:.1f} standard errors from zero at this look",
        rule="an earlier look would have ended this trial",
        mend="give the looks up to the one at which the trial ended",
    )
