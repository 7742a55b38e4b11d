"""Non-inferiority: is treatment, on a guardrail, worse by less than a margin that was fixed beforehand?

With d = treatment - control and margin m > 0, where larger is better: H0 d <= -m against H1 d > -m, one-sided; the
guardrail holds when the lower bound at 1 - alpha is above -m. (Blackwelder 1982, Controlled Clinical Trials 3:345-353;
ICH E9/E10.) "Not significantly worse" is no such proof: with few data nothing is ever significantly worse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from evenhand.errors import DataError
from evenhand.experiments.inference.estimate import Estimate

__all__ = ["NonInferiority", "noninferiority"]


@dataclass(frozen=True, slots=True)
class NonInferiority:
    """A guardrail's test; `effect` is signed so that more is better, `bound` its one-sided lower bound."""

    effect: Estimate
    margin: float
    alpha: float
    bound: float
    p_value: float  # of being worse by the margin or more
    harm_p_value: float  # of being not worse at all: small says that there is harm

    @property
    def holds(self) -> bool:
        """Whether treatment is worse by less than the margin, beyond chance."""
        return self.bound > -self.margin

    @property
    def harmed_beyond_margin(self) -> bool:
        """Whether treatment is worse by more than the margin, beyond chance, at the same one-sided alpha."""
        return self.effect.bound(1 - self.alpha, "upper") < -self.margin


def noninferiority(
    effect: Estimate, margin: float, *, larger_is_better: bool = True, alpha: float = 0.025
) -> NonInferiority:
    """Test `effect` (treatment minus control) against `margin` > 0 in the metric's unit; DataError otherwise."""
    if not (math.isfinite(margin) and margin > 0):
        raise DataError(f"a margin of {margin}", rule="a margin is above 0", mend="fix one before looking at data")
    if not 0 < alpha < 0.5:
        raise DataError(f"alpha of {alpha}", rule="0 < alpha < 0.5", mend="use 0.025")
    good = effect if larger_is_better else effect.scaled(-1.0)
    return NonInferiority(
        good,
        margin,
        alpha,
        good.bound(1 - alpha, "lower"),
        good.p_value(-margin, "greater"),
        good.p_value(0.0, "less"),
    )
