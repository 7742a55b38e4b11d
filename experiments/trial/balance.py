"""Were the arms alike before the trial, and are as many values missing in one as in the other?

Balance (Hotelling's T^2 in large samples): with d the difference of the arms' mean vectors of pre-period covariates and
S = S_C / n_C + S_T / n_T, d' S^+ d is chi-square with rank(S) degrees of freedom when units were assigned at random.
One joint test: with ten covariates, one in ten trials would have some covariate "significant" at 1 %.

Missing values: Pearson's chi-square on arm by missing or not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import DataError
from evenhand.experiments.trial.check import BALANCE, FAILS_AT, MISSING, Check

__all__ = ["CovariateMoments", "balance", "missing_data"]

FloatArray = NDArray[np.float64]

FEW = 30  # units an arm under which the joint test is not trusted
MUCH = 0.05  # share of missing values that deserves a warning


class CovariateMoments(NamedTuple):
    """Covariates of one arm before the trial."""

    n: int
    mean: FloatArray  # (k,)
    covariance: FloatArray  # (k, k)


def balance(control: CovariateMoments, treatment: CovariateMoments, names: Sequence[str]) -> Check:
    """Test whether two arms had the same covariates (k,) before the trial; DataError on shapes that do not fit."""
    from scipy.stats import chi2  # slow to load; only where it is asked for

    k = len(names)
    if any(np.shape(arm.mean) != (k,) or np.shape(arm.covariance) != (k, k) for arm in (control, treatment)):
        raise DataError("moments do not fit the covariates", rule=f"means ({k},) and covariances ({k}, {k})")
    if min(control.n, treatment.n) < max(FEW, 5 * k) or not k:
        few = "No covariates were named." if not k else "Too few units for a test of balance."
        return Check(name=BALANCE, status="not enough data", what=few)
    pooled = np.sqrt((np.diag(control.covariance) + np.diag(treatment.covariance)) / 2)
    difference = np.asarray(treatment.mean) - np.asarray(control.mean)
    if not (np.isfinite(difference).all() and np.isfinite(pooled).all()):
        raise DataError("a covariate is not finite", rule="means and covariances are finite numbers")
    scale = np.where(pooled > 0, pooled, 1.0)
    # In units of each covariate's own spread, so that the rank does not depend on anybody's currency.
    d = difference / scale
    s = (control.covariance / control.n + treatment.covariance / treatment.n) / np.outer(scale, scale)
    values, vectors = np.linalg.eigh(s)
    kept = values > 1e-9 * max(float(values.max()), 1e-300)
    along = vectors.T @ d
    p = float(chi2.sf(float((along[kept] ** 2 / values[kept]).sum()), int(kept.sum())))
    constant = ~kept & (np.abs(along) > 1e-6)
    worst = int(np.argmax(np.abs(d)))
    most = f"most in {names[worst]}, by {abs(d[worst]):.3f} standard deviations"
    if p < FAILS_AT or constant.any():
        return Check(
            name=BALANCE, status="failed", p_value=0.0 if constant.any() else p,
            what=f"The arms differed before the trial began, {most} (p = {p:.1g}).",
            mend="check how units were assigned, and that covariates were measured before the first contact",
        )  # fmt: skip
    return Check(
        name=BALANCE, status="ok", p_value=p,
        what=f"The arms were alike before the trial; they differed {most} (p = {p:.2g}).",
    )  # fmt: skip


def missing_data(units: Mapping[str, int], missing: Mapping[str, int], *, metric: str) -> Check:
    """Test whether the arms miss values of a metric alike; DataError where counts cannot be."""
    from scipy.stats import chi2  # slow to load; only where it is asked for

    name = f"{MISSING} of {metric}"
    if set(units) != set(missing) or any(not 0 <= missing[arm] <= units[arm] for arm in units):
        raise DataError(f"counts of missing {metric} do not fit the arms", rule="0 <= missing <= units, arm by arm")
    n, lost = (np.array([counts[arm] for arm in units], dtype=np.float64) for counts in (units, missing))
    if n.min() < 1:
        return Check(name=name, status="not enough data", what="An arm has no units.")
    share = float(lost.sum() / n.sum())
    shares = ", ".join(f"{arm} {m / u:.1%}" for arm, u, m in zip(units, n, lost, strict=True))
    if not lost.any():
        return Check(name=name, status="ok", what=f"No value of {metric} is missing.", p_value=1.0)
    expected = n * share
    cells = (lost - expected) ** 2 / np.maximum(expected, 1e-12)
    rest = (lost - expected) ** 2 / np.maximum(n - expected, 1e-12)
    p = float(chi2.sf(float((cells + rest).sum()), n.size - 1))
    if p < FAILS_AT:
        return Check(
            name=name, status="failed", p_value=p, what=f"Arms miss {metric} unalike: {shares} (p = {p:.1g}).",
            mend="find why one arm loses values; filling them in would hide it",
        )  # fmt: skip
    if share > MUCH:
        return Check(
            name=name, status="warning", p_value=p, what=f"Much of {metric} is missing, alike in the arms: {shares}.",
            mend="say whom the result holds for: units with a value",
        )  # fmt: skip
    return Check(name=name, status="ok", p_value=p, what=f"Few values of {metric} are missing: {shares}.")
