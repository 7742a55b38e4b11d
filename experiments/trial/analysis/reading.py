"""The data of a trial, read: one scan gives the moments by arm, group and segment; clusters are added up from there.

Where clusters were randomised, their totals are the units of every error (`inference.clustered`). A group that lies
across clusters has totals of its own in each: the column times the indicator of the group.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import DataError
from evenhand.experiments.inference import Metric, clustered
from evenhand.experiments.moments import ROWS, Moments, scan, totals, values_by_arm
from evenhand.experiments.moments.labels import encode
from evenhand.experiments.moments.sources import batches
from evenhand.experiments.trial.analysis.layout import Layout, Wanted
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.fairness import UNKNOWN

__all__ = ["Reading", "inside", "read"]

FloatArray = NDArray[np.float64]
BINARY = 1e-9  # how far the spread of 0 and 1 may be from what their mean implies


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Moments of units, and of what was randomised, which is the same unless clusters were."""

    units: Moments  # by arm, groups and segments
    randomised: Moments  # by arm, groups and segments; of clusters by arm only
    values: Mapping[str, FloatArray]  # by arm (n, quantile columns)
    value_columns: tuple[str, ...]
    in_clusters: bool

    def metric(self, metric: Metric) -> Metric:
        """Return the metric as it is computed from what was randomised."""
        return clustered(metric) if self.in_clusters else metric

    def counts(self, *, randomised: bool) -> dict[str, int]:
        """Return how many units, or clusters, each arm has, those with a missing value included."""
        pooled = (self.randomised if randomised else self.units).pooled(self.units.factors[0])
        return {key[0]: int(pooled.n[i] + pooled.dropped[i]) for i, key in enumerate(pooled.keys)}


def read(
    plan: ExperimentPlan, data: Any, layout: Layout, want: Wanted, *, missing: Literal["error", "drop"]
) -> Reading:
    """Return the data of a trial as far as its plan needs it.

    Raises DataError where the arms are not those of the plan, for what `scan` refuses (units twice or in two arms,
    infinities, negative values, missing ones) and for a yes-or-no column that holds anything else.
    """
    # A trial of quantiles alone counts them too: `scan` looks for what is wrong with their columns.
    units = scan(
        data, want.numbers, arm=layout.arm, by=want.factors, unit=plan.unit, non_negative=want.non_negative,
        missing=missing,
    )  # fmt: skip
    _refuse_other_arms(plan, units)
    for column in want.yes_no:
        _refuse_shares(units, column)
    columns = tuple(dict.fromkeys(metric.column for metric in want.quantiles.values()))
    if plan.cluster is None:
        values = values_by_arm(data, columns, arm=layout.arm) if columns and missing == "error" else {}
        return Reading(units, units, values, columns, in_clusters=False)
    if missing == "drop":
        raise DataError("missing values are to be dropped, but clusters were randomised",
                        rule="a cluster is counted whole", mend="write 0 for who did nothing")  # fmt: skip
    return Reading(units, _clusters(plan, data, layout, want, units), {}, columns, in_clusters=True)


def inside(column: str, factor: str, label: str) -> str:
    """Return the name of a column's totals over the part of a cluster that is of one group."""
    return f"{column}, {factor} = {label}"


def _clusters(plan: ExperimentPlan, data: Any, layout: Layout, want: Wanted, units: Moments) -> Moments:
    table = _gathered(data, want.numbers, (layout.arm, plan.cluster or "", *want.factors))
    counted = [*want.numbers]
    if {layout.benefit, layout.entitled} <= {*want.numbers}:
        table[layout.both] = table[layout.benefit] * table[layout.entitled]
        counted.append(layout.both)
    parts: dict[str, Any] = dict(table)
    numbers = [*counted]
    for factor in want.factors:
        for label in units.levels(factor):
            here = table[factor] == label
            for column in (*counted, ROWS):
                name = inside(column, factor, label)
                parts[name] = here.astype(np.float64) * (1.0 if column == ROWS else table[column])
                numbers.append(name)
    summed = totals(parts, numbers, cluster=plan.cluster or "", arm=layout.arm)
    return scan(summed, [*numbers, ROWS], arm=layout.arm)


def _gathered(data: Any, numbers: tuple[str, ...], labels: tuple[str, ...]) -> dict[str, NDArray[Any]]:
    found: dict[str, list[NDArray[Any]]] = {name: [] for name in dict.fromkeys([*numbers, *labels])}
    for batch in batches(data, numbers, labels):
        for name, parts in found.items():
            if name in numbers:
                parts.append(np.asarray(batch[name], np.float64))
            else:
                codes, texts = encode(batch[name], name)
                lost = None if name in labels[:2] else UNKNOWN  # a missing arm or cluster is an error later
                parts.append(np.array([*texts, lost], dtype=object)[codes])
    return {name: np.concatenate(parts) for name, parts in found.items()}


def _refuse_other_arms(plan: ExperimentPlan, units: Moments) -> None:
    there, planned = set(units.levels(units.factors[0])), {arm.name for arm in plan.arms}
    if there != planned:
        raise DataError(
            f"the data have arm {', '.join(sorted(there))}",
            where=f"column {units.factors[0]!r}",
            rule=f"the plan has {', '.join(sorted(planned))}",
            mend="take the rows of the trial's arms, all of them; is the arm's column the right one?",
        )


def _refuse_shares(units: Moments, column: str) -> None:
    k = units.index(column)
    p, n = units.mean[:, k], units.n
    if (np.abs(units.comoment[:, k, k] - n * p * (1 - p)) > BINARY * np.maximum(n * np.abs(p), 1.0)).any():
        raise DataError("values other than 0 and 1", where=f"column {column!r}", rule="it is yes or no for each unit")
