"""The report in a terminal: the policies as a table, the next tweaks as sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from evenhand.experiments.report.evidence import PolicyEvidence, Reviewable
from evenhand.experiments.report.figures import METRICS, Figure, count, fixed, metric_of, per_cent
from evenhand.experiments.report.model import Report
from evenhand.experiments.report.panel import attribute_labels, lower_first
from evenhand.experiments.report.verdict import outcome, standing

__all__ = ["contest_table", "policies_table", "tweak_lines", "verdict_line"]

_STYLES = {"unfair": "red", "best": "bold green", "worse": "red"}


def verdict_line(report: Report) -> Text:
    """Return the verdict in the colour of its outcome."""
    styles = {"helped": "bold green", "harmed": "bold red", "unfair": "bold red"}
    return Text(report.verdict, style=styles.get(outcome(report), "bold yellow"))


def policies_table(report: Report) -> Table:
    """Return one row per policy: profit with its interval, rates, gaps that have a limit, and the verdict."""
    labels = attribute_labels(report)
    limited = [name for name in labels if any(_limit(policy, name) is not None for policy in report.policies)]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("policy", no_wrap=True)
    table.add_column(f"profit / customer / {report.settings.period}", no_wrap=True)
    for metric in METRICS[1:3]:
        table.add_column(metric.label.lower(), justify="right", no_wrap=True)
    for name in limited:
        table.add_column(f"{lower_first(labels[name])} gap", no_wrap=True)
    table.add_column("verdict")
    profit = Figure.fitting("money", [policy.profit for policy in report.policies])
    for policy in report.policies:
        word = standing(report, policy)
        style = "bold" if policy.kind == "learned" else None
        cells = [policy.label, f"{profit(policy.profit.mean)}  {profit.limits(policy.profit)}"]
        cells += [_rate(report, policy, metric.key) for metric in METRICS[1:3]]
        cells += [_gap(policy, name) for name in limited]
        table.add_row(*cells, Text(word, style=_STYLES.get(word, "dim")), style=style)
    return table


def contest_table(policies: Sequence[PolicyEvidence], labels: Mapping[str, str]) -> Table:
    """Return one row per policy of a comparison outside a study: profit, limited gaps, and where all limits held."""
    limited = [name for name in labels if any(_limit(policy, name) is not None for policy in policies)]
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("policy", "profit / customer / week", *(f"{lower_first(labels[name])} gap" for name in limited)):
        table.add_column(column, no_wrap=True)
    for column in ("within limits", "n"):
        table.add_column(column, no_wrap=True)
    profit = Figure.fitting("money", [policy.profit for policy in policies])
    for policy in sorted(policies, key=lambda policy: -policy.profit.mean):
        held = Figure("share", 0)
        within = held.whole(policy.held) if policy.held else held(policy.feasible_share)
        cells = [policy.label, f"{profit(policy.profit.mean)}  {profit.limits(policy.profit)}"]
        cells += [_gap(policy, name) for name in limited]
        table.add_row(*cells, within, count(policy.profit.n), style=None if policy.feasible else "red")
    return table


def tweak_lines(report: Report) -> RenderableType:
    """Return what is recommended, a plan before its tweaks: the sentence, then what it should bring, to whom, why."""
    changes: list[Reviewable] = [*([report.plan] if report.plan else []), *report.recommendations]
    if not changes:
        return Text("Keep what runs: no change is recommended.")
    labels = attribute_labels(report)
    parts: list[RenderableType] = []
    for number, tweak in enumerate(changes, start=1):
        parts.append(Text(f"{number}. {tweak.sentence}", style="bold"))
        parts.append(Padding(Text(_effect(report, tweak, labels)), (0, 0, 0, 3)))
    return Group(*parts)


def _effect(report: Report, tweak: Reviewable, labels: dict[str, str]) -> str:
    said = []
    for key, change in tweak.expected.items():
        metric = metric_of(key)
        if metric is METRICS[0]:
            written = Figure.fitting(metric.kind, [change]).whole(change, signed=True)
            said.append(f"{written} profit {metric.described(report.settings)}")
    said.append(f"{count(tweak.affected_customers)} customers")
    for name, gap in tweak.fairness.items():
        if gap.tolerance is not None:
            label = lower_first(labels.get(name, name))
            said.append(f"{label} gap {fixed(gap.before)} → {fixed(gap.after)}")
    return f"{', '.join(said)}. Why: {tweak.reason}"


def _rate(report: Report, policy: PolicyEvidence, key: str) -> str:
    top = max(getattr(one, key).mean for one in report.policies)
    return per_cent(getattr(policy, key).mean, 1 if top >= 0.01 else 2)


def _gap(policy: PolicyEvidence, name: str) -> str:
    if name not in policy.gap:
        return "–"
    gap = policy.gap[name]
    over = gap.tolerance is not None and gap.mean > gap.tolerance
    return fixed(gap.mean) + ("  ✗" if over else "")


def _limit(policy: PolicyEvidence, name: str) -> float | None:
    return policy.gap[name].tolerance if name in policy.gap else None
