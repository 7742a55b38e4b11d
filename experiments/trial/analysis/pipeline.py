"""The analysis of a trial: its registered plan and its data in, everything that they say out.

The plan says what is computed; nothing is chosen after the data were seen. One scan counts; every estimate is algebra
on it (quantiles read their own columns again).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Literal

from evenhand.errors import ArtefactError, DataError
from evenhand.experiments.gate.evidence import Evidence, Origin
from evenhand.experiments.inference import Prior, effects_over_time
from evenhand.experiments.trial.analysis.checks import arm_checks, delivery, trial_checks
from evenhand.experiments.trial.analysis.digest import data_hash
from evenhand.experiments.trial.analysis.effects import Effect, measured, measured_quantile
from evenhand.experiments.trial.analysis.groups import Parting, effects_within, with_holm
from evenhand.experiments.trial.analysis.layout import Layout, Wanted, wanted
from evenhand.experiments.trial.analysis.look import judged, look_at
from evenhand.experiments.trial.analysis.reading import Reading, read
from evenhand.experiments.trial.analysis.result import Analysis, Course, Trial, results_of
from evenhand.experiments.trial.analysis.span import span_of, time_check
from evenhand.experiments.trial.analysis.tallies import counted, design_effect
from evenhand.experiments.trial.check import Check
from evenhand.experiments.trial.parts import ProportionMetric
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan

__all__ = ["analyze"]


def analyze(
    registered: RegisteredPlan, data: Any, *, origin: Origin, layout: Layout | None = None,
    start: date | None = None, until: date | None = None, previous: Sequence[Evidence] = (),
    share: float | None = None, final: bool = False, missing: Literal["error", "drop"] = "error",
    delivered: Mapping[str, str] | None = None, priors: Mapping[str, Prior] | None = None,
    checks: Sequence[Check] = (), now: datetime | None = None,
) -> Analysis:  # fmt: skip
    """Analyse the data of a trial as its plan says, at one look.

    `data` is anything that `moments.scan` reads, one row per unit of the trial's arms; `layout` names its columns.
    `start` and `until` are its first and last day (by the layout's columns where not said), `previous` the evidence of
    earlier looks, `share` the share of the planned information now (see `look_at`), `final` that no look will follow.
    `delivered` has the content hash of what each challenger's units got, `priors` those of true effects on primaries,
    `checks` integrity checks made elsewhere. `now` (default: the clock) only tells what is yet to come.

    Raises ArtefactError for a plan that was edited, DataError for data of which no number could be believed. A metric
    that alone cannot be judged is named in `Analysis.unjudged`.
    """
    plan, layout = registered.plan, layout or Layout()
    if plan.sha256 != registered.sha256:
        raise ArtefactError(
            "the plan was edited after registration", where=f"plan {plan.name!r}",
            rule="a plan is fixed before its data", mend="register the changed plan as a new one and start anew",
        )  # fmt: skip
    want = wanted(plan, layout)
    reading = read(plan, data, layout, want, missing=missing)
    span = span_of(data, joined=layout.joined, last=layout.last, start=start, until=until)
    units = reading.counts(randomised=False)
    look = look_at(registered, units, span, previous, share=share, final=final)
    raw, unjudged = _effects(plan, reading, want)
    effects = tuple(judged(plan, raw, look, priors or {}, previous))
    live = origin == "live"
    common = (
        time_check(span, registered, live=live, now=now or datetime.now(UTC)), *trial_checks(plan, reading, previous),
        *checks,
    )  # fmt: skip
    labels = [layout.arm, *want.factors, plan.unit, *([plan.cluster] if plan.cluster else []),
              *(c for c in (layout.joined, layout.last) if c)]  # fmt: skip
    clusters = reading.counts(randomised=True) if reading.in_clusters else None
    trial = Trial(data_hash(data, want.numbers, labels), origin, span, units, clusters)
    effective = design_effect(plan, reading, layout)

    def evidence(arm: str) -> Evidence:
        given = (delivery(plan, delivered or {}, arm),) if live or delivered else ()
        return Evidence(
            origin=origin, plan_sha256=registered.sha256, data_sha256=trial.data_sha256,
            policy_sha256=(delivered or {}).get(arm, plan.arm(arm).sha256), arm=arm, start=span.start,
            until=span.until, units=units, looks=look.shares, final=final, metrics=results_of(effects, arm),
            fairness=counted(plan, reading.units, layout, arm), design_effect=effective,
            integrity=(*common, *given, *arm_checks(plan, reading, layout, arm)),
        )  # fmt: skip

    return Analysis(
        registered, trial, look, effects, unjudged, _groups(plan, reading, want, unjudged),
        _courses(plan, reading, layout), common, {arm: evidence(arm) for arm in plan.challengers},
    )  # fmt: skip


def _effects(plan: ExperimentPlan, reading: Reading, want: Wanted) -> tuple[list[Effect], dict[str, str]]:
    found: list[Effect] = []
    unjudged: dict[str, str] = {}
    for metric in plan.metrics:
        name = metric.name
        try:
            if name in want.quantiles:
                found += measured_quantile(plan, reading, want.quantiles[name])
            else:
                yes_no = isinstance(metric, ProportionMetric)
                found += measured(plan, reading, name, want.metrics[name], yes_no=yes_no)
        except DataError as error:
            unjudged[name] = error.what
    return found, unjudged


def _groups(plan: ExperimentPlan, reading: Reading, want: Wanted, unjudged: Mapping[str, str]) -> tuple[Parting, ...]:
    return with_holm([
        effects_within(plan, reading, name, metric, factor, arm)
        for name, metric in want.metrics.items() if name not in unjudged
        for factor in want.factors
        for arm in plan.challengers
    ])  # fmt: skip


def _courses(plan: ExperimentPlan, reading: Reading, layout: Layout) -> tuple[Course, ...]:
    found = []
    for metric, columns in layout.periods.items():
        for arm in plan.challengers:
            if reading.in_clusters:
                found.append(Course(metric, arm, None, "effects over time of randomised clusters are not covered"))
                continue
            try:
                told = effects_over_time(reading.units, columns, treatment=arm, control=plan.control)
                found.append(Course(metric, arm, told))
            except DataError as error:
                found.append(Course(metric, arm, None, error.what))
    return tuple(found)
