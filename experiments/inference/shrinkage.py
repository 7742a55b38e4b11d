"""The winner's curse: whoever is picked for a large estimate was lucky too, so the estimate is shrunken by a prior.

With a normal prior N(m, s^2) of true effects and an estimate d with standard error e (Efron & Morris 1973, JASA 68:
117-130; for experiments Deng 2015, WWW companion; van Zwet & Gelman 2022, Epidemiology 33:e6):

    posterior mean = m + (d - m) s^2 / (s^2 + e^2),      posterior sd = sqrt(s^2 e^2 / (s^2 + e^2))

It does not matter how the estimate was selected: given the estimate, a posterior is the same whether one of a hundred
variants or the only one is shown. It is as right as its prior, which therefore travels with the result.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evenhand.errors import DataError
from evenhand.experiments.inference.estimate import Estimate

__all__ = ["Prior", "Shrunken", "prior_from", "shrink"]

LEAST = 5  # past experiments of which a spread of true effects is told


@dataclass(frozen=True, slots=True)
class Prior:
    """True effects before the data: normal with `mean` and `sd`, and where that comes from."""

    mean: float
    sd: float
    source: str

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and math.isfinite(self.sd) and self.sd > 0 and self.source):
            raise DataError(
                f"a prior N({self.mean}, {self.sd}) from {self.source!r}",
                rule="finite, with a spread above 0, and its source is stated",
            )


@dataclass(frozen=True, slots=True)
class Shrunken:
    """An estimate after the prior; `kept` is the share of the distance to the prior's mean that remains."""

    estimate: Estimate
    kept: float
    prior: Prior


def shrink(estimate: Estimate, prior: Prior) -> Shrunken:
    """Return the posterior of the true effect; its interval is a credible one under `prior`."""
    kept = prior.sd**2 / (prior.sd**2 + estimate.se**2)
    value = prior.mean + kept * (estimate.value - prior.mean)
    return Shrunken(Estimate(value, math.sqrt(kept) * estimate.se, estimate.df), kept, prior)


def prior_from(past: Sequence[Estimate], *, mean: float | None = 0.0) -> Prior:
    """Return a prior of the effects of `past` experiments, all of them, not only the published winners.

    The spread s solves Paule & Mandel's (1982) equation sum (d_i - m)^2 / (s^2 + e_i^2) = n (n - 1 where the mean is
    estimated too, with `mean=None`). Raises DataError for fewer than 5, or where chance alone explains their spread.
    """
    from scipy.optimize import brentq  # slow to load; only where it is asked for

    if len(past) < LEAST:
        raise DataError(f"{len(past)} past experiments", rule=f"at least {LEAST}", mend="state a prior of your own")
    d = np.array([one.value for one in past])
    e2 = np.array([one.se for one in past]) ** 2
    target = len(d) - (mean is None)

    def middle(s2: float) -> float:
        return float((d / (s2 + e2)).sum() / (1 / (s2 + e2)).sum()) if mean is None else mean

    def excess(s2: float) -> float:
        return float(((d - middle(s2)) ** 2 / (s2 + e2)).sum()) - target

    if excess(0.0) <= 0:
        raise DataError(
            "past effects differ no more than chance",
            rule="a prior has a spread above 0",
            mend="state a small spread of your own, with its source",
        )
    most = float((d**2).max())
    while excess(most) > 0:
        most *= 2
    s2 = float(brentq(excess, 0.0, most, xtol=1e-15 * most, rtol=1e-12))
    return Prior(middle(s2), math.sqrt(s2), f"{len(d)} past experiments (Paule & Mandel)")
