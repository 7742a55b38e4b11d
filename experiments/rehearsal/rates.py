"""How rehearsed trials end, how often they find what is there, and how far the plan's assumptions are from it.

Shares of n trials have Wilson's 95 % limits, means over populations those of Student's t. With e an estimate and d the
true effect in its population, coverage is how often |e - d| <= 1.96 se at the planned end, and bias the mean of e - d.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, get_args

import numpy as np

from evenhand.experiments.gate import Verdict
from evenhand.experiments.paired import mean_interval
from evenhand.experiments.rehearsal.course import Course, Trial
from evenhand.experiments.trial.parts import ProportionMetric, QuantileMetric
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.fairness import wilson

__all__ = ["Assumed", "Effect", "Endings", "Mean", "Share", "assumed", "effects", "endings", "plain"]


class Share(NamedTuple):
    """So many (`of_them`) of `n` trials, as a share with Wilson's 95 % limits."""

    of_them: int
    n: int
    value: float
    low: float
    high: float

    @classmethod
    def of(cls, count: int, n: int) -> Share:
        """Return the share; of no trials it is NaN, and could be anything."""
        low, high = wilson(count, n)
        return cls(count, n, count / n if n else float("nan"), float(low), float(high))


class Mean(NamedTuple):
    """A mean over populations with its 95 % t limits; of one population without any."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Mean:
        """Return the mean of the finite ones of `values`."""
        x = np.asarray(values, dtype=np.float64)
        x = x[np.isfinite(x)]
        if x.size < 2:
            return cls(float(x.mean()) if x.size else float("nan"), float("nan"), float("nan"))
        found = mean_interval(x)
        return cls(found.mean, found.low, found.high)


class Endings(NamedTuple):
    """How the trials of one challenger ended."""

    verdicts: Mapping[str, Share]  # SHIP, STOP, HOLD, INVALID
    found: Share  # trials in which a primary metric was shown to be better
    days: Mean
    days_range: tuple[int, int]  # 10 % ended before, 10 % after
    lacking: tuple[tuple[str, Share], ...]  # what was not shown where a trial ended in HOLD, most often first
    reasons: tuple[tuple[str, int], ...]  # why trials were stopped or invalid, most often first


class Effect(NamedTuple):
    """One metric's true effect over populations, and how the analysis does against it."""

    metric: str
    planned: float | None  # the least effect worth finding, in the metric's own direction
    truth: Mean
    spread: float  # standard deviation of the true effect over populations
    reaching: Share  # populations whose true effect is at least the planned one
    found_there: Share  # of trials in those, found: the power against what the plan asks for
    covered: Share
    bias: Mean


class Assumed(NamedTuple):
    """What the plan assumes of a metric, and what it is in the simulator (mean over populations)."""

    metric: str
    mean: float
    simulated_mean: Mean
    sd: float | None
    simulated_sd: Mean
    r2: float
    simulated_r2: Mean


def endings(courses: Sequence[Course]) -> Endings:
    """Return how trials ended; the order of `courses` does not matter."""
    n = len(courses)
    count = Counter(course.verdict for course in courses)
    days = [course.days for course in courses]
    held = [course for course in courses if course.verdict == "HOLD"]
    lacking = Counter(name for course in held for name in set(course.lacking))
    reasons = Counter(why for c in courses if c.verdict in ("STOP", "INVALID") for why in c.reasons[:1])
    low, high = np.quantile(days, [0.1, 0.9], method="inverted_cdf")
    return Endings(
        {verdict: Share.of(count[verdict], n) for verdict in get_args(Verdict)},
        Share.of(sum(course.found for course in courses), n),
        Mean.of(days),
        (int(low), int(high)),
        tuple((name, Share.of(times, len(held))) for name, times in _ranked(lacking)),
        tuple(_ranked(reasons)),
    )


def effects(plan: ExperimentPlan, courses: Sequence[Course]) -> tuple[Effect, ...]:
    """Return every metric's true effect and how its estimates did, in the plan's order."""
    return tuple(_effect(plan, metric.name, courses) for metric in plan.metrics)


def assumed(plan: ExperimentPlan, trials: Sequence[Trial]) -> tuple[Assumed, ...]:
    """Return the plan's assumptions beside what customers of the control arm do in the simulator."""
    rows = []
    for row in plan.expected.metrics:
        parts = [trial.control[row.metric] for trial in trials]
        told = not isinstance(plan.metric(row.metric), QuantileMetric)
        sd = (row.mean * (1 - row.mean)) ** 0.5 if isinstance(plan.metric(row.metric), ProportionMetric) else row.sd
        rows.append(
            Assumed(
                row.metric, row.mean, Mean.of([part.mean for part in parts]), sd if told else None,
                Mean.of([part.sd for part in parts]), row.r2, Mean.of([part.r2 for part in parts]),
            )
        )  # fmt: skip
    return tuple(rows)


def plain(found: Any) -> Any:
    """Return named tuples as dictionaries, NaN as None: what JSON can hold."""
    if isinstance(found, tuple) and hasattr(found, "_asdict"):
        return {name: plain(value) for name, value in found._asdict().items()}
    if isinstance(found, Mapping):
        return {str(name): plain(value) for name, value in found.items()}
    if isinstance(found, list | tuple):
        return [plain(value) for value in found]
    return None if isinstance(found, float) and not np.isfinite(found) else found


def _effect(plan: ExperimentPlan, name: str, courses: Sequence[Course]) -> Effect:
    sign = 1.0 if plan.metric(name).direction == "up" else -1.0
    least = next((row.effect for row in plan.expected.metrics if row.metric == name and row.effect is not None), None)
    truth = np.array([course.truth[name] for course in courses])
    there = [c for c, true in zip(courses, truth, strict=True) if least is not None and sign * true >= least]
    measured = [(c.estimates[name], true) for c, true in zip(courses, truth, strict=True) if name in c.estimates]
    measured = [(estimate, true) for estimate, true in measured if np.isfinite(true)]

    def covered(estimate: Any, true: float) -> bool:
        low, high = estimate.interval(0.95)
        return bool(low <= true <= high)

    return Effect(
        name,
        None if least is None else sign * least,
        Mean.of(truth.tolist()),
        float(truth.std(ddof=1)) if truth.size > 1 else float("nan"),
        Share.of(len(there), len(courses) if least is not None else 0),
        Share.of(sum(course.found for course in there), len(there)),
        Share.of(sum(covered(*pair) for pair in measured), len(measured)),
        Mean.of([estimate.value - true for estimate, true in measured]),
    )


def _ranked(count: Counter[str]) -> list[tuple[str, int]]:
    return sorted(count.items(), key=lambda item: (-item[1], item[0]))
