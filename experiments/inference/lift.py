"""Relative lift: by how much per cent treatment is above control, by the delta method and by Fieller's theorem.

Lift L = t1 / t0 - 1 of two means with covariance V. Delta method, first order:

    var(L) = (V11 - 2 r V01 + r^2 V00) / t0^2,      r = t1 / t0

Fieller (1954, JRSS B 16:175-185) instead keeps every r for which t1 - r t0 is no further from 0 than chance allows:

    (t1 - r t0)^2 <= z^2 (V11 - 2 r V01 + r^2 V00)

It is right even where control is known badly, and has no finite limits once control cannot be told from 0; the delta
method would still give a number there. With control ten standard errors from 0 the two hardly differ.
"""

from __future__ import annotations

import math

import numpy as np

from evenhand.errors import DataError, EvenhandError
from evenhand.experiments.inference.estimate import Estimate
from evenhand.experiments.inference.means import LEAST_Z, ArmMeans

__all__ = ["fieller", "lift"]


def lift(means: ArmMeans, treatment: str, control: str) -> Estimate:
    """Return the relative lift (0.1 is 10 % more) by the delta method.

    Raises DataError where control is not above 0 or less than three standard errors away from it.
    """
    base = means.mean(control)
    if base.value < LEAST_Z * base.se:
        raise DataError(
            f"control's mean is {base.value:.4g} with a standard error of {base.se:.4g}",
            rule=f"a lift is told of a control above 0 by {LEAST_Z:g} standard errors",
            mend="use `fieller`, or the difference itself",
        )
    weights = np.zeros(len(means.arms))
    ratio = means.value[means.position(treatment)] / base.value
    weights[means.position(treatment)] = 1 / base.value
    weights[means.position(control)] = -ratio / base.value
    spread = means.contrast(weights)
    return Estimate(float(ratio) - 1, spread.se, spread.df)


def fieller(means: ArmMeans, treatment: str, control: str, *, level: float = 0.95) -> tuple[float, float]:
    """Return Fieller's limits of the relative lift at `level`; DataError where they are not finite."""
    if not 0 < level < 1:
        raise EvenhandError(f"confidence level {level}", rule="0 < level < 1", mend="use 0.95")
    i, j = means.position(treatment), means.position(control)
    base, both, v = float(means.value[j]), means.difference(treatment, control), means.covariance
    z2 = ((both.interval(level)[1] - both.value) / both.se) ** 2
    a = base**2 - z2 * float(v[j, j])
    if a <= 0:
        raise DataError(
            f"control's mean {base:.4g} cannot be told from 0 at level {level:g}",
            rule="a ratio to something that may be 0 has no finite limits",
            mend="tell the difference itself, or wait for more data",
        )
    # solved for the distance from r = t1 / t0, in which nothing large cancels
    r = 1 + both.value / base
    b = z2 * float(r * v[j, j] - v[i, j])
    c = z2 * float(v[i, i] - 2 * r * v[i, j] + r**2 * v[j, j])
    half = math.sqrt(b * b + a * max(c, 0.0))
    return both.value / base + (b - half) / a, both.value / base + (b + half) / a
