"""Panels of the evidence: every policy on every metric and gap, and every group today and as learned."""

from __future__ import annotations

from collections.abc import Sequence

from evenhand.experiments.report.charts import Line, Mark, Row, row_plot
from evenhand.experiments.report.evidence import Interval, PolicyEvidence
from evenhand.experiments.report.figures import GAP, METRICS, Figure, Metric, count, fixed, per_cent
from evenhand.experiments.report.model import Report
from evenhand.experiments.report.panel import Panel, attribute_labels, axis, lower_first, tone
from evenhand.experiments.report.parts import AuditedAttribute, AuditedGroup

__all__ = ["evidence_panels", "group_panels"]


def evidence_panels(report: Report) -> list[Panel]:
    """Return one panel per metric and one per protected attribute, each with a row per policy."""
    labels = attribute_labels(report)
    measured = [name for name in labels if any(name in policy.gap for policy in report.policies)]
    return [_metric_panel(report, metric) for metric in METRICS] + [
        _gap_panel(report, name, labels[name]) for name in measured
    ]


def _metric_panel(report: Report, metric: Metric) -> Panel:
    intervals: list[tuple[PolicyEvidence, Interval]] = [(p, getattr(p, metric.key)) for p in report.policies]
    figure = Figure.fitting(metric.kind, [interval for _, interval in intervals])
    note = f"{metric.described(report.settings)} · {metric.direction} is better"
    rows = [_policy_row(policy, interval, figure) for policy, interval in intervals]
    chart = row_plot(rows, label=f"{metric.label}, {note}", write=axis(figure))
    return Panel(metric.label, note, chart)


def _gap_panel(report: Report, name: str, label: str) -> Panel:
    gaps = [(policy, policy.gap[name]) for policy in report.policies if name in policy.gap]
    figure = Figure("points", 3)
    limits = sorted({gap.tolerance for _, gap in gaps if gap.tolerance is not None})
    lines = [Line(limit, f"{fixed(limit)} allowed") for limit in limits]
    note = f"{GAP.unit} · " + ("less is better" if limits else "measured, no limit was set")
    title = f"Gap by {lower_first(label)}"
    top = max([*(gap.high for _, gap in gaps), *limits], default=0.0) or 0.1
    rows = [_policy_row(policy, gap, figure) for policy, gap in gaps]
    chart = row_plot(rows, label=f"{title}, {note}", write=axis(figure), lines=lines, domain=(0.0, 1.08 * top))
    return Panel(title, note, chart)


def _policy_row(policy: PolicyEvidence, interval: Interval, figure: Figure) -> Row:
    mark = Mark(interval.mean, interval.low, interval.high, tone(policy))
    return Row(policy.label, figure.whole(interval), (mark,), strong=policy.kind == "learned")


def group_panels(report: Report) -> list[Panel]:
    """Return, per protected attribute, each group's share with a beneficial offer today and as learned."""
    learned = {one.attribute: one for one in report.learned.audit} if report.learned else {}
    return [_group_panel(one, learned.get(one.attribute)) for one in report.today.audit]


def _group_panel(today: AuditedAttribute, learned: AuditedAttribute | None) -> Panel:
    later = {group.group: group for group in learned.groups} if learned else {}
    rows = [_group_row(group, later.get(group.group)) for group in today.groups]
    chart = row_plot(
        rows,
        label=f"Share with a beneficial offer, {today.label}",
        write=axis(Figure("share", 0)),
        domain=(0, 1),
    )
    note = " ".join(part for part in (_gaps(today, learned), _left_out(today.groups)) if part)
    return Panel(today.label, note, chart)


def _group_row(today: AuditedGroup, learned: AuditedGroup | None) -> Row:
    marks, said = [], []
    for group, colour in ((today, "today"), (learned, "learned")):
        if group is not None and group.rate is not None:
            hollow = colour == "today"
            marks.append(Mark(group.rate, group.low, group.high, "today" if hollow else "learned", hollow=hollow))
            said.append(per_cent(group.rate, 0))
    star = "" if today.constrained else " *"
    return Row(f"{today.group}{star} · {count(today.n)}", " → ".join(said) or "–", tuple(marks))


def _gaps(today: AuditedAttribute, learned: AuditedAttribute | None) -> str:
    gaps = [fixed(one.gap) for one in (today, learned) if one is not None and one.gap is not None]
    allowed = "" if today.tolerance is None else f", {fixed(today.tolerance)} allowed"
    return f"Gap {' → '.join(gaps)}{allowed}." if gaps else ""


def _left_out(groups: Sequence[AuditedGroup]) -> str:
    left = [f"{group.group} ({group.why_not})" for group in groups if not group.constrained]
    return f"* Left out of the gap: {'; '.join(left)}." if left else ""
