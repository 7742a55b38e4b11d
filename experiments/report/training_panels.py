"""Panels on how far the simulator can be trusted and how the policy learned in it."""

from __future__ import annotations

from collections.abc import Callable

from evenhand.experiments.report.charts import Mark, Row, row_plot
from evenhand.experiments.report.curves import Curve, curve_plot
from evenhand.experiments.report.figures import Figure, fixed, words_of
from evenhand.experiments.report.panel import Panel, axis
from evenhand.experiments.report.parts import CurvePoint, Learning
from evenhand.experiments.report.sources import Auc, Realism

__all__ = ["learning_panels", "realism_panels"]

_Z = 1.96
_AUC, _TICKS = (0.45, 1.0), (0.5, 0.75, 1.0)


def realism_panels(realism: Realism) -> list[Panel]:
    """Return the referee's scores on the future alone, on past and future together, and by feature."""
    panels = [
        _auc_panel("The future alone", "Do the simulated months look like real months?", realism.marginal),
        _auc_panel("Past and future together", "Does each future fit that customer's past?", realism.joint),
    ]
    if realism.per_feature:
        # Below 0.5 the simulated values are too small, which gives the simulator away no less than above.
        scores = {name: max(auc, 1 - auc) for name, auc in realism.per_feature.items()}
        worst = sorted(scores.items(), key=lambda item: (-item[1], item[0]))
        rows = [Row(words_of(name), fixed(auc, 2), (Mark(auc, tone="learned"),)) for name, auc in worst]
        chart = row_plot(rows, label="Referee's score by feature", write=_auc_tick, domain=_AUC, ticks=_TICKS)
        panels.append(Panel("Feature by feature", "What gives the simulator away, worst first.", chart))
    return panels


def _auc_panel(title: str, note: str, auc: Auc) -> Panel:
    rows = [
        Row("this simulator", fixed(auc.simulated, 2), (_referee(auc),), strong=True),
        Row("copying the past", fixed(auc.copy_past, 2), (Mark(auc.copy_past, tone="unfair"),)),
    ]
    if auc.real_halves is not None:
        halves = Mark(auc.real_halves, tone="baseline")
        rows.insert(0, Row("real against real", fixed(auc.real_halves, 2), (halves,)))
    chart = row_plot(
        rows,
        label=f"{title}, referee's score, 0.5 is perfect",
        write=_auc_tick,
        domain=_AUC,
        ticks=_TICKS,
    )
    return Panel(title, note, chart)


def _referee(auc: Auc) -> Mark:
    reach = None if auc.sd is None else _Z * auc.sd
    low, high = (None, None) if reach is None else (auc.simulated - reach, auc.simulated + reach)
    return Mark(auc.simulated, low, high, "learned")


def _auc_tick(value: float) -> str:
    return {0.5: "0.5 perfect", 1.0: "1.0 useless"}.get(value, f"{value:g}")


def learning_panels(learning: Learning) -> list[Panel]:
    """Return how profit, gap and the price of unfairness moved while the policy learned."""
    reference = None if learning.reference is None else (learning.reference, learning.reference_label)
    limit = None if learning.tolerance is None else (learning.tolerance, f"{fixed(learning.tolerance)} allowed")
    panels = []
    if curves := _curves(learning, lambda point: point.gain):
        chart = curve_plot(
            curves, label="Profit over today while learning", write=axis(Figure("money", 3)), level=reference
        )
        panels.append(Panel("Profit over today", "per customer and period · more is better", chart))
    if curves := _curves(learning, lambda point: point.gap):
        chart = curve_plot(
            curves,
            label="Gap while learning",
            write=axis(Figure("points", 3)),
            level=limit,
            level_class="limit",
        )
        panels.append(Panel("Gap between groups", "largest difference of two groups · less is better", chart))
    if curves := _curves(learning, lambda point: point.multiplier):
        chart = curve_plot(curves, label="Price of unfairness while learning", write=axis(Figure("money", 2)))
        panels.append(Panel("Price of unfairness", "rises while the gap is above its limit", chart))
    return panels


def _curves(learning: Learning, pick: Callable[[CurvePoint], float | None]) -> list[Curve]:
    found = []
    for seed in learning.seeds:
        points = tuple((float(p.steps), value) for p in seed.points if (value := pick(p)) is not None)
        if points:
            found.append(Curve(f"seed {seed.seed}", points, seed.chosen))
    return found
