"""The effect over time: at each look so far, and period by period where the analysis has periods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evenhand.experiments.inference.estimate import Estimate
from evenhand.experiments.report.ab.effects import signed
from evenhand.experiments.report.ab.told import Told
from evenhand.experiments.report.charts import Line, Mark, Row, row_plot
from evenhand.experiments.report.figures import significant
from evenhand.experiments.report.panel import Panel

__all__ = ["estimate_of", "in_brackets", "time_panels"]


def time_panels(told: Told) -> list[Panel]:
    """Return a panel per primary metric over the looks, where there were several, and one per course of periods."""
    panels = []
    for metric in told.plan.primary:
        found = [
            (f"until {look.until}", result.difference.estimate)
            for look in told.looks
            if (result := told.result(metric, look)) is not None
        ]
        if len(found) > 1:
            note = f"all data up to each look, 95 % as if it were the only one · {told.now.origin}"
            panels.append(_panel(f"{metric}, look by look", note, found))
    return [*panels, *(_course(told, part) for part in told.parts("courses") if part["over_time"])]


def _course(told: Told, part: Mapping[str, Any]) -> Panel:
    over = part["over_time"]
    found = [(str(period), estimate_of(one)) for period, one in zip(over["periods"], over["effects"], strict=True)]
    p, trend = over["constant"]["p_value"], estimate_of(over["trend"])
    note = (
        f"each period alone, 95 %; a constant effect has p = {significant(p, 2)}, the trend is {signed(trend.value)} a "
        f"period (standard error {significant(trend.se, 2)}) · {told.now.origin}"
    )
    return _panel(f"{part['metric']}, period by period", note, found)


def estimate_of(plain: Mapping[str, Any]) -> Estimate:
    """Return an estimate that was written as plain values: infinite degrees of freedom are None there."""
    df = plain.get("df")
    return Estimate(plain["value"], plain["se"], *(() if df is None else (df,)))


def _panel(title: str, note: str, found: list[tuple[str, Estimate]]) -> Panel:
    rows = []
    for name, estimate in found:
        low, high = estimate.interval(0.95)
        rows.append(Row(name, in_brackets(estimate, low, high), (Mark(estimate.value, low, high),)))
    numbers = [0.0, *(n for row in rows for mark in row.marks for n in (mark.low, mark.high) if n is not None)]
    room = 0.08 * (max(numbers) - min(numbers)) or 1.0
    chart = row_plot(rows, label=f"{title}, {note}", write=signed, lines=[Line(0.0, "no change", "reference")],
                     domain=(min(numbers) - room, max(numbers) + room))  # fmt: skip
    return Panel(title, note, chart)


def in_brackets(estimate: Estimate, low: float, high: float) -> str:
    """Return an estimate with its limits."""
    return f"{signed(estimate.value)} [{significant(low, 2)}, {significant(high, 2)}]"
