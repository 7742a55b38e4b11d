"""Tables of what customers get and where the cut is fine: today against what was learned."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from evenhand.experiments.report.figures import Figure, fixed
from evenhand.experiments.report.granularity import Granularity
from evenhand.experiments.report.intervals import Interval
from evenhand.experiments.report.model import Report
from evenhand.experiments.report.panel import attribute_labels
from evenhand.experiments.report.welfare import MEASURES, AttributeWelfare

__all__ = ["CustomerTable", "TableRow", "granularity_table", "welfare_tables"]


class TableRow(NamedTuple):
    """A heading and, for each column, the words before and after; `after` is empty without a learned policy."""

    name: str
    cells: tuple[tuple[str, str], ...]
    kind: str = ""


class CustomerTable(NamedTuple):
    """A table of one thing before and after."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[TableRow, ...]
    note: str = ""


def welfare_tables(report: Report) -> list[CustomerTable]:
    """Return a table per protected attribute: each group, the worst off, and the mean, per 1,000 customers."""
    before, after = report.today_policy, report.learned_policy
    if before is None:
        return []
    labels = attribute_labels(report)
    return [
        _welfare(labels.get(name, name), found, after.welfare.get(name) if after else None)
        for name, found in before.welfare.items()
    ]


def _welfare(title: str, today: AttributeWelfare, learned: AttributeWelfare | None) -> CustomerTable:
    later = {group.group: group for group in learned.groups} if learned else {}
    write = [_per_thousand(measure.kind) for measure in MEASURES]

    def row(name: str, before: object, after: object | None, kind: str = "") -> TableRow:
        cells = [
            (w(getattr(before, m.key)), w(getattr(after, m.key)) if after is not None else "")
            for m, w in zip(MEASURES, write, strict=True)
        ]
        return TableRow(name, tuple(cells), kind)

    rows = [row(g.group + ("" if g.counted else " *"), g, later.get(g.group)) for g in today.groups]
    rows.append(row("worst-off group", today.worst_off, learned.worst_off if learned else None, "sum"))
    rows.append(row("mean of groups", today.mean, learned.mean if learned else None, "sum"))
    left = any(not group.counted for group in today.groups)
    note = "* Too small or unknown: shown, but neither the worst off nor in the mean." if left else ""
    columns = tuple(f"{m.label} ({'money, ' if m.kind == 'money' else ''}{m.better} is better)" for m in MEASURES)
    return CustomerTable(title, columns, tuple(rows), note)


def _per_thousand(kind: str) -> Callable[[Interval | float], str]:
    decimals = 1 if kind == "share" else 2

    def write(value: Interval | float) -> str:
        if isinstance(value, Interval):
            low, high = fixed(1000 * value.low, decimals), fixed(1000 * value.high, decimals)
            return f"{fixed(1000 * value.mean, decimals)} [{low}, {high}]"
        return fixed(1000 * value, decimals)

    return write


def granularity_table(report: Report) -> CustomerTable | None:
    """Return how fine each third of the customers is cut, today and as learned; None where nobody measured it."""
    measured = [
        (words, policy.granularity)
        for words, policy in (("Today", report.today_policy), ("As learned", report.learned_policy))
        if policy is not None and policy.granularity is not None
    ]
    if not measured:
        return None
    columns = ("Least engaged third", "Middle third", "Most engaged third", "Segments", "Size with engagement")
    rows = [TableRow(words, tuple((cell, "") for cell in _cut(found))) for words, found in measured]
    return CustomerTable("Where the cut is fine", columns, tuple(rows))


def _cut(found: Granularity) -> list[str]:
    figure = Figure("money", 2)
    cells = [figure.whole(part) for part in (found.low, found.middle, found.high, found.segments)]
    return [*cells, figure.whole(found.correlation) if found.correlation else "–"]
