"""Effects within groups and segments, and whether they differ; the same for randomised clusters that groups lie across.

Groups of independent units have independent effects: Cochran's Q (`inference.groups`). Groups within clusters share
their clusters' luck; with W what a cluster adds to each group's ratio of totals (delta method) and S its covariance,

    V = sum over both arms of W S W^T / n,      Wald (L d)^T (L V L^T)^-1 (L d) ~ chi^2(groups - 1)

(Wald 1943, Transactions of the AMS 54:426-482), without covariates, as the interaction's estimate has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from evenhand.errors import DataError
from evenhand.experiments.inference import Estimate, Interaction, Metric, difference, effects_by
from evenhand.experiments.inference.multiple import holm
from evenhand.experiments.moments import ROWS
from evenhand.experiments.trial.analysis.reading import Reading, inside
from evenhand.experiments.trial.plan import ExperimentPlan

__all__ = ["Parting", "effects_within", "with_holm"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Parting:
    """A metric's effects within the labels of one factor, and the test whether they differ."""

    metric: str
    arm: str
    factor: str
    effects: dict[str, Estimate]
    unjudged: dict[str, str] = field(default_factory=dict)
    interaction: Interaction | None = None
    p_adjusted: float | None = None  # Holm over all interactions of one analysis


def effects_within(plan: ExperimentPlan, reading: Reading, name: str, metric: Metric, factor: str, arm: str) -> Parting:
    """Return the effect of one challenger within each label of `factor`; labels that cannot be judged say why not."""
    if reading.in_clusters:
        return _across_clusters(plan, reading, name, metric, factor, arm)
    try:
        found = effects_by(reading.units, metric, factor, treatment=arm, control=plan.control)
    except DataError as error:
        return Parting(name, arm, factor, {}, {"all": error.what})
    told = found.interaction if len(found.effects) > 1 else None
    return Parting(name, arm, factor, dict(found.effects), dict(found.unjudged), told)


def with_holm(partings: Sequence[Parting]) -> tuple[Parting, ...]:
    """Return the partings with the p-values of their interactions adjusted: one in many is small by chance."""
    told = [k for k, parting in enumerate(partings) if parting.interaction is not None]
    adjusted = dict(zip(told, holm([_p(partings[k]) for k in told]), strict=True)) if told else {}
    return tuple(
        Parting(p.metric, p.arm, p.factor, p.effects, p.unjudged, p.interaction, adjusted.get(k))
        for k, p in enumerate(partings)
    )


def _p(parting: Parting) -> float:
    return parting.interaction.p_value if parting.interaction else 1.0


def _across_clusters(
    plan: ExperimentPlan, reading: Reading, name: str, metric: Metric, factor: str, arm: str
) -> Parting:
    effects: dict[str, Estimate] = {}
    unjudged: dict[str, str] = {}
    bare: list[Metric] = []
    for label in reading.units.levels(factor):
        value, per, *covariates = (
            inside(column, factor, label) for column in (metric.value, metric.per or ROWS, *metric.covariates)
        )
        try:
            effects[label] = difference(
                reading.randomised, Metric(value, per, tuple(covariates)), treatment=arm, control=plan.control
            )
            bare.append(Metric(value, per))
        except DataError as error:
            unjudged[label] = f"not enough data: {error.what}"
    told = _wald(reading, bare, arm, plan.control) if len(bare) > 1 else None
    return Parting(name, arm, factor, effects, unjudged, told)


def _wald(reading: Reading, metrics: Sequence[Metric], arm: str, control: str) -> Interaction | None:
    d, v = np.zeros(len(metrics)), np.zeros((len(metrics), len(metrics)))
    for side, sign in ((arm, 1.0), (control, -1.0)):
        ratios, covariance = ratio_covariance(reading, metrics, side)
        d += sign * ratios
        v += covariance
    steps = np.diff(np.eye(len(metrics)), axis=0)
    middle, moved = steps @ v @ steps.T, steps @ d
    if np.linalg.matrix_rank(middle, hermitian=True) < len(middle):
        return None
    wald = float(moved @ np.linalg.solve(middle, moved))
    df = len(moved)
    return Interaction(wald, df, float(chdtrc(df, wald)), max(0.0, 1 - df / wald) if wald > 0 else 0.0)


def ratio_covariance(reading: Reading, metrics: Sequence[Metric], arm: str) -> tuple[FloatArray, FloatArray]:
    """Return ratios (k,) of cluster totals in one arm, and their joint covariance (k, k) by the delta method."""
    here = reading.randomised.where(**{reading.randomised.factors[0]: arm})
    weights, ratios = np.zeros((len(metrics), len(here.columns))), np.zeros(len(metrics))
    for k, metric in enumerate(metrics):
        y, d = here.index(metric.value), here.index(metric.per or ROWS)
        ratios[k] = here.mean[0, y] / here.mean[0, d]
        weights[k, y], weights[k, d] = 1 / here.mean[0, d], -ratios[k] / here.mean[0, d]
    return ratios, weights @ here.covariance()[0] @ weights.T / int(here.n[0])
