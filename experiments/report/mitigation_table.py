"""Fairness before, inside and after learning as one table, for the page and for the terminal."""

from __future__ import annotations

from typing import NamedTuple

from rich.table import Table

from evenhand.experiments.report.figures import Figure, fixed
from evenhand.experiments.report.mitigation import Mitigated, Mitigation

__all__ = ["COLUMNS", "MitigationRow", "mitigation_rows", "mitigation_table"]

# Money per customer and week; benefits per 1,000 customers and week.
COLUMNS = ("Profit", "Less none", "Gap", "Within limits", "Benefits, worst off")


class MitigationRow(NamedTuple):
    """A way and its cells in words, in the order of `COLUMNS`."""

    label: str
    cells: tuple[str, ...]
    group: str  # the worst off
    feasible: bool


def mitigation_rows(found: Mitigation) -> list[MitigationRow]:
    """Return one row per way, in the order of the comparison."""
    profit = Figure.fitting("money", [row.profit for row in found.rows])
    share = Figure("share", 0)

    def cells(row: Mitigated) -> tuple[str, ...]:
        less = profit.whole(row.against_none, signed=True) if row.against_none else ""
        gap = f"{fixed(row.gap.mean)} [{fixed(row.gap.low)}, {fixed(row.gap.high)}]"
        return profit.whole(row.profit), less, gap, share.whole(row.held), _worst(row)

    return [MitigationRow(row.label, cells(row), _group(row), row.feasible) for row in found.rows]


def _worst(row: Mitigated) -> str:
    if row.worst_off is None:
        return "–"
    level = row.worst_off.beneficial
    mean, low, high = (fixed(1000 * value, 1) for value in (level.mean, level.low, level.high))
    return f"{mean} [{low}, {high}]"


def _group(row: Mitigated) -> str:
    return row.worst_off.group if row.worst_off else ""


def mitigation_table(found: Mitigation) -> Table:
    """Return the table for a terminal; ways that are not fair in enough populations are red."""
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for column in ("fairness", *COLUMNS, ""):
        table.add_column(column.lower(), no_wrap=True)
    for row in mitigation_rows(found):
        table.add_row(row.label, *row.cells, row.group, style=None if row.feasible else "red")
    return table
