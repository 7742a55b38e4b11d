"""Asymptotic confidence sequences: intervals that hold at every look together, whenever and however often one looks.

For an estimate with standard error se (Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2024, Annals of Statistics
52:2613-2640, theorem 2.2, with V = t rho^2), the interval

    estimate ± se sqrt((V + 1) / V  (2 log(1 / alpha) + log(V + 1)))

is the normal mixture of Robbins (1970). V = c r where r is the present share of the planned information and c makes
the interval narrowest at r = 1: c = -2 log alpha + log(1 - 2 log alpha), their equation for rho. One-sided bounds use
the half-normal mixture: with y = z sqrt(V / (V + 1)) they solve log 2 + y^2 / 2 + log Phi(y) = log(1 / alpha) +
log(V + 1) / 2.

"Asymptotic" means that the error rate is kept once the estimate is nearly normal: the first look should come no
sooner than a fixed test would be trusted, some hundred units and a few dozen events an arm.
"""

from __future__ import annotations

import math

from scipy.special import log_ndtr

from evenhand.errors import EvenhandError
from evenhand.experiments.sequential.spending import checked_alpha

__all__ = ["always_valid_bound", "always_valid_p_value"]


def always_valid_bound(fraction: float, *, alpha: float = 0.05, sides: int = 2) -> float:
    """Return how many standard errors the interval reaches at `fraction` of the planned information.

    `sides` is 2 for an interval, 1 for a bound on one side with error rate `alpha`.
    """
    from scipy.optimize import brentq  # slow to load; only where it is asked for

    mixture = _mixture(fraction, checked_alpha(alpha))
    stretch = math.sqrt((mixture + 1) / mixture)
    wanted = -math.log(alpha) + math.log1p(mixture) / 2
    if sides == 2:
        return stretch * math.sqrt(2 * wanted)
    if sides != 1:
        raise EvenhandError(f"{sides} sides", rule="a bound has 1 side or 2")
    return stretch * float(brentq(lambda y: math.log(2) + y * y / 2 + float(log_ndtr(y)) - wanted, 0.0, 60.0))


def always_valid_p_value(z: float, fraction: float, *, alpha: float = 0.05) -> float:
    """Return the two-sided p-value of an estimate `z` standard errors from the null; valid at every look together.

    The least error rate whose interval, tuned for `alpha` at full information, leaves the null out. Over several
    looks the smallest one counts.
    """
    if math.isnan(z):
        raise EvenhandError(
            f"an estimate {z} standard errors from the null", rule="a number", mend="look for empty arms"
        )
    mixture = _mixture(fraction, checked_alpha(alpha))
    return min(1.0, math.exp(math.log1p(mixture) / 2 - z * z * mixture / (2 * (mixture + 1))))


def _mixture(fraction: float, alpha: float) -> float:
    """Return V, the information in units of the mixture's variance."""
    if not 0 < fraction < math.inf:
        raise EvenhandError(f"information share {fraction}", rule="a look has some of the planned information")
    return fraction * (-2 * math.log(alpha) + math.log1p(-2 * math.log(alpha)))
