"""The effect plot: every metric with the interval that holds at this look, and the margins it is held against."""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy.special import ndtr

from evenhand.experiments.inference.estimate import Estimate
from evenhand.experiments.report.ab.told import Told
from evenhand.experiments.report.charts import Line, Mark, Row, Tone, effect_plot, row_plot
from evenhand.experiments.report.figures import per_cent, significant
from evenhand.experiments.report.panel import Panel

__all__ = ["EffectRow", "effect_panels", "effect_rows", "limits_at", "signed"]


class EffectRow(NamedTuple):
    """A line of the table of effects, in words."""

    metric: str
    role: str
    arms: str  # control and challenger, where the analysis has them
    difference: str
    limits: str  # at this look
    single: str  # 95 %, as if nobody had looked before
    lift: str
    tone: Tone


def signed(value: float) -> str:
    """Return a number with three figures and its sign."""
    return ("+" if value > 0 else "") + significant(value)


def limits_at(estimate: Estimate, needed: float) -> tuple[float, float] | None:
    """Return the limits that hold at all looks together; None at a look that may not tell."""
    if not math.isfinite(needed):
        return None
    level = 1 - 2 * float(ndtr(-needed))
    if not 0 < level < 1:  # beyond eight standard errors the tail is lost to rounding
        return estimate.value - needed * estimate.se, estimate.value + needed * estimate.se
    return estimate.interval(level)


def effect_rows(told: Told) -> list[EffectRow]:
    """Return every metric of the plan, those without a result said to be so."""
    return [_row(told, metric.name) for metric in told.plan.metrics]


def effect_panels(told: Told) -> list[Panel]:
    """Return the primary metrics and those without a role around no change, and each guardrail with its margin."""
    plan = told.plan
    guarded = {guard.metric for guard in plan.guardrails}
    primary = [name for name in plan.primary if told.result(name)]
    others = [m.name for m in plan.metrics if m.name not in (*plan.primary, *guarded) and told.result(m.name)]
    note = f"{told.now.arm} less {plan.control}; the middle line is no change · {told.now.origin}"
    panels = []
    for title, names in (("Primary metrics", primary), ("Other metrics", others)):
        if names:
            chart = effect_plot([_plot_row(told, name) for name in names], label=f"{title}, {note}")
            panels.append(Panel(title, note, chart))
    return [*panels, *(_guard_panel(told, guard.metric) for guard in plan.guardrails if _guarded(told, guard.metric))]


def _guarded(told: Told, metric: str) -> Estimate | None:
    """Return the effect that a guardrail judges: the difference, or the lift where its margin is relative."""
    guard = next(guard for guard in told.plan.guardrails if guard.metric == metric)
    result = told.result(metric)
    record = None if result is None else result.lift if guard.relative else result.difference
    return None if record is None else record.estimate


def _guard_panel(told: Told, metric: str) -> Panel:
    guard = next(guard for guard in told.plan.guardrails if guard.metric == metric)
    estimate = _guarded(told, metric)
    assert estimate is not None
    up = told.plan.metric(metric).direction == "up"
    margin = -guard.margin if up else guard.margin
    limits = limits_at(estimate, told.needed)

    def write(value: float) -> str:
        return per_cent(value, 1, signed=True) if guard.relative else signed(value)

    row = Row(metric, _written(estimate, limits, relative=guard.relative), (_mark(told, metric, estimate, limits),))
    numbers = [0.0, margin, estimate.value, *(limits or ())]
    room = 0.12 * (max(numbers) - min(numbers)) or 1.0
    domain = (min(numbers) - room, max(numbers) + room)
    note = f"{told.now.arm} less {told.plan.control}; it must stay {'above' if up else 'below'} its margin · "
    lines = [Line(margin, f"margin {write(margin)}")]
    chart = row_plot([row], label=f"Guardrail {metric}, {note}{told.now.origin}", write=write, lines=lines,
                     domain=domain)  # fmt: skip
    return Panel(f"Guardrail: {metric}", note + told.now.origin, chart)


def _plot_row(told: Told, metric: str) -> Row:
    result = told.result(metric)
    assert result is not None
    estimate = result.difference.estimate
    limits = limits_at(estimate, told.needed)
    return Row(metric, _written(estimate, limits), (_mark(told, metric, estimate, limits),))


def _mark(told: Told, metric: str, estimate: Estimate, limits: tuple[float, float] | None) -> Mark:
    low, high = limits or (None, None)
    return Mark(estimate.value, low, high, _tone(told, metric))


def _tone(told: Told, metric: str) -> Tone:
    tests = [test for test in told.decision.tests if test.of == metric]
    if any(test.passed for test in tests if test.question == "harmed"):
        return "bad"
    return "good" if any(test.passed for test in tests if test.question != "harmed") else "plain"


def _row(told: Told, metric: str) -> EffectRow:
    role = "primary" if metric in told.plan.primary else (
        "guardrail" if any(g.metric == metric for g in told.plan.guardrails) else "secondary")  # fmt: skip
    result = told.result(metric)
    if result is None:
        why = told.analysis.get("unjudged", {}).get(metric, "not in the evidence")
        return EffectRow(metric, role, "–", "–", why, "–", "–", "plain")
    estimate = result.difference.estimate
    limits, single = limits_at(estimate, told.needed), estimate.interval(0.95)
    found = next((part for part in told.parts("effects") if part["metric"] == metric), None)
    arms = "–" if found is None else " → ".join(significant(found[side]["value"]) for side in ("control", "treatment"))
    lift = "–" if result.lift is None else per_cent(result.lift.value, 1, signed=True)
    return EffectRow(
        metric, role, arms, signed(estimate.value), _bracketed(limits), _bracketed(single), lift, _tone(told, metric)
    )


def _written(estimate: Estimate, limits: tuple[float, float] | None, *, relative: bool = False) -> str:
    if relative:
        said = per_cent(estimate.value, 1, signed=True)
        if limits is None:
            return said
        low, high = (per_cent(x, 1).replace("\u202f%", "") for x in limits)
        return f"{said} [{low}, {high}]"
    return signed(estimate.value) + (f" {_bracketed(limits)}" if limits else "")


def _bracketed(limits: tuple[float, float] | None) -> str:
    if limits is None:
        return "this look may not tell"
    return f"[{significant(limits[0], 2)}, {significant(limits[1], 2)}]"
