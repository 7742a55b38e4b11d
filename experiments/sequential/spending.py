"""Spending functions: how much of the error rate may be used up by a share t of the information.

With alpha the error rate of one side and z the normal quantile (Lan & DeMets 1983, Biometrika 70:659-663):

    O'Brien-Fleming type   2 - 2 Phi(z(1 - alpha / 2) / sqrt(t))      late: early looks need very strong evidence
    Pocock type            alpha log(1 + (e - 1) t)                   even: every look needs about the same
    power family           alpha t^rho                                (Kim & DeMets 1987) rho 3 is near the first

A two-sided test spends alpha / 2 on each side. The information of a look is that of its estimate, 1 / se^2;
its share of the planned total need not be known before, and need not be even.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

from scipy.special import ndtr, ndtri

from evenhand.errors import EvenhandError, nearest

__all__ = ["Family", "Spending", "checked_alpha"]

Family = Literal["obrien-fleming", "pocock", "power"]


@dataclass(frozen=True, slots=True)
class Spending:
    """A spending function by name; `rho` is the exponent of the power family and unused in the others."""

    family: Family = "obrien-fleming"
    rho: float = 3.0

    def __post_init__(self) -> None:
        if self.family not in get_args(Family):
            close = nearest(str(self.family), get_args(Family))
            raise EvenhandError(
                f"spending family {self.family!r}", rule=f"one of {', '.join(get_args(Family))}",
                mend=f"did you mean {close!r}?" if close else None,
            )  # fmt: skip
        if not 0 < self.rho < math.inf:
            raise EvenhandError(f"rho = {self.rho}", rule="the exponent of spending is a positive number", mend="use 3")

    def spent(self, fraction: float, alpha: float) -> float:
        """Return what one side of error rate `alpha` may have spent at `fraction`; all of it at 1 and beyond."""
        t = min(fraction, 1.0)
        if t <= 0:
            return 0.0
        if self.family == "obrien-fleming":
            return 2 * float(ndtr(ndtri(alpha / 2) / math.sqrt(t)))
        if self.family == "pocock":
            return alpha * math.log1p((math.e - 1) * t)
        return float(alpha * t**self.rho)


def checked_alpha(alpha: float) -> float:
    """Return an error rate as it is; EvenhandError outside 0..1."""
    if not 0 < alpha < 1:
        raise EvenhandError(f"alpha = {alpha}", rule="an error rate lies between 0 and 1", mend="use 0.05")
    return alpha
