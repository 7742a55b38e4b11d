"""What is true in one population: every metric if everyone were in one arm, and what one unit brings to it.

    effect = M(everyone in the challenger) - M(everyone in the control), same customers, same luck

(Rubin 1974, Journal of Educational Psychology 66:688-701: both potential outcomes of each unit, which only a simulator
shows.) It is the effect on these customers in these weeks, which is what a randomised trial on them estimates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.errors import DataError, nearest
from evenhand.experiments.trial.parts import Metric, QuantileMetric, RatioMetric

__all__ = ["UnitPart", "column", "unit_part", "value_of"]

FloatArray = NDArray[np.float64]


class UnitPart(NamedTuple):
    """What a plan assumes of a metric, as it is in the simulator; NaN where there is no such number."""

    mean: float
    sd: float  # of one unit's part in the estimate
    r2: float  # share of its variance that covariates explain


def value_of(metric: Metric, frame: pd.DataFrame) -> float:
    """Return a metric over all units of `frame` (n rows), NaN for a ratio over 0."""
    if isinstance(metric, RatioMetric):
        below = float(column(frame, metric.denominator).sum())
        return float(column(frame, metric.numerator).sum()) / below if below else float("nan")
    values = column(frame, metric.column)
    return float(np.quantile(values, metric.quantile)) if isinstance(metric, QuantileMetric) else float(values.mean())


def unit_part(metric: Metric, frame: pd.DataFrame, covariates: Sequence[str]) -> UnitPart:
    """Return mean, standard deviation and R2 of one unit's part; see `trial.parts.Assumption`."""
    mean = value_of(metric, frame)
    if isinstance(metric, QuantileMetric):
        return UnitPart(mean, float("nan"), float("nan"))
    if isinstance(metric, RatioMetric):
        below = column(frame, metric.denominator)
        part = (column(frame, metric.numerator) - mean * below) / below.mean()
    else:
        part = column(frame, metric.column)
    return UnitPart(mean, float(part.std(ddof=1)), _r2(part, frame, covariates))


def column(frame: pd.DataFrame, name: str) -> FloatArray:
    """Return a column of numbers (n,); DataError when simulated customers do not tell it."""
    if name not in frame:
        close = nearest(name, list(frame.columns))
        raise DataError(
            f"simulated customers do not tell {name!r}",
            rule="a rehearsal has the outcomes of a campaign log, profit, and the features of the customers",
            mend=f"did you mean {close!r}?" if close else None,
        )
    return frame[name].to_numpy(dtype=np.float64)


def _r2(part: FloatArray, frame: pd.DataFrame, covariates: Sequence[str]) -> float:
    if not covariates or not part.std():
        return 0.0
    x = np.column_stack([np.ones(len(part)), *(column(frame, name) for name in covariates)])
    fitted = x @ np.linalg.lstsq(x, part, rcond=None)[0]
    return float(1 - ((part - fitted) ** 2).sum() / ((part - part.mean()) ** 2).sum())
