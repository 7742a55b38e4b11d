"""What is measured: a mean, a proportion or a ratio of two columns, with the covariates that make it less noisy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from evenhand.errors import DataError
from evenhand.experiments.moments.totals import ROWS

__all__ = ["Metric", "clustered", "columns_of"]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric per unit: the mean of column `value`, or with `per` the ratio sum(value) / sum(per).

    A proportion is the mean of a column of 0 and 1. `covariates` are columns known before treatment (CUPED). Raises
    DataError where a column would explain itself.
    """

    value: str
    per: str | None = None
    covariates: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        own = {self.value, self.per}
        if self.value == self.per or own & {*self.covariates} or len({*self.covariates}) < len(self.covariates):
            raise DataError(
                f"the metric {self} uses a column twice",
                rule="value, denominator and covariates are different columns",
                mend="covariates are measured before the experiment: name those columns",
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is computed from."""
        return (self.value, *([self.per] if self.per else []), *self.covariates)

    def __str__(self) -> str:
        return f"{self.value} per {self.per}" if self.per else self.value


def columns_of(metrics: Iterable[Metric]) -> list[str]:
    """Return the columns that `metrics` are computed from, each once, for `scan`."""
    return list(dict.fromkeys(column for metric in metrics for column in metric.columns))


def clustered(metric: Metric) -> Metric:
    """Return the metric as it is computed from the `totals` of clusters: a mean per row is a ratio of totals.

    Randomised clusters are the units: their totals are independent, rows within them need not be. The delta method on
    totals is the cluster-robust ("sandwich") variance of the regression on the arm (Liang & Zeger 1986, Biometrika
    73:13-22), here with n_a / (n_a - 1) for the n_a clusters of each arm (Deng, Lu & Qin 2021, arXiv:2105.14705).
    """
    return metric if metric.per else Metric(metric.value, ROWS, metric.covariates)
