"""Panel of profit against gap, for every attribute with a limit; without any, nothing is traded off."""

from __future__ import annotations

from evenhand.experiments.report.figures import METRICS, Figure, fixed
from evenhand.experiments.report.model import Report
from evenhand.experiments.report.panel import Panel, attribute_labels, axis, lower_first, tone
from evenhand.experiments.report.pareto import Point, pareto_plot

__all__ = ["tradeoff_panels"]


def tradeoff_panels(report: Report) -> list[Panel]:
    """Return one plane per attribute whose gap has a limit."""
    labels = attribute_labels(report)
    limits = {
        name: gap.tolerance
        for policy in report.policies
        for name, gap in policy.gap.items()
        if gap.tolerance is not None
    }
    return [_panel(report, name, lower_first(labels[name]), limit) for name, limit in limits.items()]


def _panel(report: Report, name: str, label: str, limit: float) -> Panel:
    measured = [policy for policy in report.policies if name in policy.gap]
    points = [Point(p.label, p.gap[name], p.profit, p.feasible, tone(p)) for p in measured]
    profit = METRICS[0]
    title = f"Profit against the {label} gap"
    n = max(policy.profit.n for policy in measured)
    note = (
        f"{n} populations each · better is up and to the left · bars are {fixed(100 * report.settings.level, 0)} % "
        "intervals of either mean · hollow: broke a limit too often · dashed: nobody beats these on both"
    )
    chart = pareto_plot(
        points,
        label=title,
        across=f"mean {label} gap",
        up=f"profit {profit.described(report.settings)}",
        write_gap=axis(Figure("points", 3)),
        write_profit=axis(Figure.fitting("money", [p.profit for p in points])),
        tolerance=limit,
    )
    return Panel(title, note, chart)
