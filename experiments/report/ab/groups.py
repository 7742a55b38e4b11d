"""Who gains and who loses: benefit or harm of every group in both arms, and effects within groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from evenhand.experiments.gate import FairnessCounts
from evenhand.experiments.gate.gains import differences
from evenhand.experiments.inference.fairness import Difference, FairnessPair
from evenhand.experiments.report.ab.effects import signed
from evenhand.experiments.report.ab.time_panels import estimate_of, in_brackets
from evenhand.experiments.report.ab.told import Told
from evenhand.experiments.report.charts import Line, Mark, Row, row_plot
from evenhand.experiments.report.figures import Figure, count, fixed, per_cent, significant
from evenhand.experiments.report.panel import Panel, axis
from evenhand.fairness import wilson

__all__ = ["PairRow", "pair_rows", "rate_panels", "within_panels"]

WORDS = {
    "benefit": "share with a beneficial campaign",
    "entitled-benefit": "share of the entitled with a beneficial campaign",
    "harm": "share that came to harm",
}


class PairRow(NamedTuple):
    """Two groups compared, in words."""

    attribute: str
    pair: str
    control: str
    treatment: str
    change: str
    margin: str
    verdict: str
    flag: str  # colour class


def pair_rows(told: Told) -> list[PairRow]:
    """Return every fairness difference; groups that were not testable are neither passed nor failed."""
    return [_pair(pair) for pair in differences(told.plan, told.now)]


def rate_panels(told: Told) -> list[Panel]:
    """Return the rate of every group in both arms, a panel per attribute and criterion."""
    return [_rates(told, counts) for counts in told.now.fairness]


def within_panels(told: Told) -> list[Panel]:
    """Return the effect on each primary metric within each group or segment that the analysis looked into."""
    parts = [part for part in told.parts("groups") if part["metric"] in told.plan.primary and part["effects"]]
    return [_within(told, part) for part in parts]


def _pair(pair: FairnessPair) -> PairRow:
    flag = {"harmed": "unfair", "non-inferior": "best"}.get(pair.verdict, "")
    return PairRow(
        f"{pair.attribute}, {pair.criterion}", f"{pair.a} less {pair.b}", _difference(pair.control),
        _difference(pair.treatment), _difference(pair.change), fixed(pair.margin, 2), pair.verdict, flag,
    )  # fmt: skip


def _difference(found: Difference) -> str:
    return f"{fixed(found.value, 3, signed=True)} [{fixed(found.low, 3)}, {fixed(found.high, 3)}]"


def _rates(told: Told, counts: FairnessCounts) -> Panel:
    rows = []
    margin = next(m for m in told.plan.fairness if (m.attribute, m.criterion) == (counts.attribute, counts.criterion))
    for group in dict.fromkeys([*counts.control, *counts.treatment]):
        marks, said = [], []
        for side, hollow in ((counts.control, True), (counts.treatment, False)):
            tally = side.get(group)
            if tally is None or not tally.n:
                said.append("–")
                continue
            low, high = (float(limit) for limit in wilson(tally.positive, tally.n))
            rate = tally.positive / tally.n
            marks.append(Mark(rate, low, high, "today" if hollow else "learned", hollow=hollow))
            said.append(per_cent(rate, 1))
        n = sum(side[group].n for side in (counts.control, counts.treatment) if group in side)
        star = "" if group in (margin.testable or ()) else " *"
        rows.append(Row(f"{group}{star} · {count(n)}", " → ".join(said), tuple(marks)))
    title = f"{counts.attribute}: {WORDS[counts.criterion]}"
    note = (
        f"{told.plan.control} (hollow) → {told.now.arm}, 95 % (Wilson); * not testable by the plan's power · "
        f"{told.now.origin}"
    )
    most = min(1.0, 1.6 * max((mark.high or mark.value for row in rows for mark in row.marks), default=1.0))
    chart = row_plot(rows, label=f"{title}, {note}", write=axis(Figure("share", 0)), domain=(0, most))
    return Panel(title, note, chart)


def _within(told: Told, part: Mapping[str, Any]) -> Panel:
    rows = []
    for group, plain in part["effects"].items():
        estimate = estimate_of(plain)
        low, high = estimate.interval(0.95)
        rows.append(Row(str(group), in_brackets(estimate, low, high), (Mark(estimate.value, low, high),)))
    numbers = [0.0, *(n for row in rows for mark in row.marks for n in (mark.low, mark.high) if n is not None)]
    room = 0.08 * (max(numbers) - min(numbers)) or 1.0
    left = "".join(f"; {group}: {why}" for group, why in part.get("unjudged", {}).items())
    p = part.get("p_adjusted")
    differ = "" if p is None else f"; do they differ: p = {significant(p, 2)} (Holm)"
    note = f"{told.now.arm} less {told.plan.control}, 95 % each{differ}{left} · {told.now.origin}"
    title = f"{part['metric']} by {part['factor']}"
    chart = row_plot(rows, label=f"{title}, {note}", write=signed, lines=[Line(0.0, "no change", "reference")],
                     domain=(min(numbers) - room, max(numbers) + room))  # fmt: skip
    return Panel(title, note, chart)
