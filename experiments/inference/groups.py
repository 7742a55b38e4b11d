"""Effects per group or segment, and whether they differ: an interaction test before anyone tells a story about one.

Groups are disjoint, so their effects d_g with variances v_g are independent. With w_g = 1 / v_g and D = sum w_g d_g /
sum w_g (Cochran 1954, Biometrics 10:101-129; I^2: Higgins & Thompson 2002, Statistics in Medicine 21:1539-1558):

    Q = sum w_g (d_g - D)^2  ~  chi^2(groups - 1) when all effects are one,      I^2 = max(0, 1 - (groups - 1) / Q)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import chdtrc

from evenhand.errors import DataError
from evenhand.experiments.inference.estimate import Estimate
from evenhand.experiments.inference.means import Slopes, arm_means
from evenhand.experiments.inference.metrics import Metric
from evenhand.experiments.moments import Moments

__all__ = ["GroupEffects", "Interaction", "effects_by", "interaction"]


@dataclass(frozen=True, slots=True)
class Interaction:
    """A test whether effects differ: chi-squared `statistic` with `df`, and the share of their spread beyond chance."""

    statistic: float
    df: int
    p_value: float
    inconsistency: float  # I^2, 0..1


@dataclass(frozen=True, slots=True)
class GroupEffects:
    """The effect in every group that could be judged; the others with why not."""

    effects: Mapping[str, Estimate]
    unjudged: Mapping[str, str] = field(default_factory=dict)

    @property
    def interaction(self) -> Interaction:
        """Whether the effects differ between the groups; DataError for fewer than two."""
        return interaction(list(self.effects.values()))


def effects_by(
    moments: Moments,
    metric: Metric,
    factor: str,
    *,
    treatment: str,
    control: str,
    slopes: Slopes | ArrayLike = "per_arm",
) -> GroupEffects:
    """Return the effect within each label of `factor`, a baseline segment or group.

    A group that lacks an arm, units or spread is named in `unjudged` with the reason, never passed over.
    """
    effects, unjudged = {}, {}
    for label in moments.levels(factor):
        inside = moments.where(**{factor: label})
        try:
            means = arm_means(inside, metric, arms=(control, treatment), slopes=slopes)
            effects[label] = means.difference(treatment, control)
        except DataError as error:
            unjudged[label] = f"not enough data: {error.what}"
    if not effects:
        raise DataError(f"no group of {factor!r} can be judged", rule="; ".join(unjudged.values()))
    return GroupEffects(effects, unjudged)


def interaction(effects: list[Estimate]) -> Interaction:
    """Return Cochran's Q of independent `effects`; DataError for fewer than two.

    Q takes the variances as known; with under some 30 units an arm it finds differences a little too often.
    """
    if len(effects) < 2:
        raise DataError(f"{len(effects)} groups", rule="effects differ between at least two")
    d = np.array([effect.value for effect in effects])
    w = np.array([effect.se for effect in effects]) ** -2.0
    q = float(w @ (d - (w @ d) / w.sum()) ** 2)
    df = len(effects) - 1
    return Interaction(q, df, float(chdtrc(df, q)), max(0.0, 1 - df / q) if q > 0 else 0.0)
