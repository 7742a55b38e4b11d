"""Charts of one recommended change: its expected effect, and the gaps before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from evenhand.experiments.report.charts import Mark, Row, Tone, effect_plot, row_plot
from evenhand.experiments.report.evidence import FairnessChange, Interval, Reviewable
from evenhand.experiments.report.figures import Figure, Metric, fixed, metric_of
from evenhand.experiments.report.panel import axis

__all__ = ["effect_chart", "fairness_chart"]


def effect_chart(recommendation: Reviewable) -> Markup:
    """Return the expected change of each metric, each on its own scale around no change."""
    rows = [_effect_row(metric_of(key), change) for key, change in recommendation.expected.items()]
    return effect_plot(rows, label="Expected change; the middle line is no change")


def _effect_row(metric: Metric, change: Interval) -> Row:
    figure = Figure.fitting(metric.kind, [change])
    up, down = change.low > 0, change.high < 0
    good, bad = (up, down) if metric.better == "high" else (down, up)
    colour: Tone = "good" if good else "bad" if bad else "plain"
    mark = Mark(change.mean, change.low, change.high, colour)
    return Row(metric.label, figure.whole(change, signed=True), (mark,))


def fairness_chart(recommendation: Reviewable, labels: Mapping[str, str]) -> Markup:
    """Return the gap of each protected attribute before and after the tweak, with its limit."""
    rows = [
        _change_row(labels.get(name, metric_of(name).label), change) for name, change in recommendation.fairness.items()
    ]
    return row_plot(rows, label="Gap before and after", write=axis(Figure("points", 3)), domain=(0, _reach(rows)))


def _change_row(label: str, change: FairnessChange) -> Row:
    unfair = change.tolerance is not None and change.after > change.tolerance
    after = Mark(change.after, tone="unfair" if unfair else "learned")
    said = f"{fixed(change.before)} → {fixed(change.after)}"
    return Row(label, said, (Mark(change.before, tone="today", hollow=True), after), limit=change.tolerance)


def _reach(rows: Sequence[Row]) -> float:
    numbers = [mark.value for row in rows for mark in row.marks] + [row.limit or 0.0 for row in rows]
    return 1.1 * max(numbers, default=0.0) or 0.1
