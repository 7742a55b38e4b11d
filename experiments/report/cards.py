"""The key numbers under the verdict."""

from __future__ import annotations

from typing import Literal, NamedTuple

from evenhand.experiments.report.evidence import PolicyEvidence
from evenhand.experiments.report.figures import METRICS, Figure, Metric, count, fixed, per_cent
from evenhand.experiments.report.model import Report
from evenhand.experiments.report.panel import attribute_labels, lower_first
from evenhand.experiments.report.verdict import tightest_gap

__all__ = ["Card", "key_cards"]


class Card(NamedTuple):
    """One key number: what it is, the number, and what to compare it with; `meter` is a share of a limit."""

    title: str
    number: str
    note: str
    mood: Literal["good", "bad", "plain"] = "plain"
    meter: float | None = None


def key_cards(report: Report) -> list[Card]:
    """Return the cards in reading order; without evidence, only what is known about the data."""
    learned, today = report.learned_policy, report.today_policy
    cards = [_gain_card(report)] if report.comparison else []
    if learned and today:
        cards += [_change_card(report, metric, today, learned) for metric in (METRICS[0], METRICS[2])]
    if learned:
        cards += [card for card in (_gap_card(report, learned), _kept_card(report, learned)) if card]
    return [*cards, _data_card(report)]


def _gain_card(report: Report) -> Card:
    comparison = report.comparison
    assert comparison is not None
    figure = Figure.fitting("money", [comparison])
    rival = report.policy(comparison.baseline).label
    by_percent = comparison.percent is not None
    number = per_cent((comparison.percent or 0) / 100, signed=True) if by_percent else figure(comparison.mean)
    unit = METRICS[0].described(report.settings)
    note = f"{figure.whole(comparison, signed=True)} {unit}, against {rival}"
    mood: Literal["good", "bad", "plain"] = "good" if comparison.low > 0 else "bad" if comparison.high < 0 else "plain"
    return Card("Profit against the best fair alternative", number, note, mood)


def _change_card(report: Report, metric: Metric, today: PolicyEvidence, learned: PolicyEvidence) -> Card:
    before, after = getattr(today, metric.key), getattr(learned, metric.key)
    figure = Figure.fitting(metric.kind, [before, after])
    note = f"{metric.described(report.settings)}; today {figure(before.mean)}"
    return Card(f"{metric.label} as learned", figure(after.mean), note)


def _gap_card(report: Report, learned: PolicyEvidence) -> Card | None:
    tightest = tightest_gap(learned)
    if tightest is None:
        return None
    name, gap = tightest
    used = gap.mean / gap.tolerance if gap.tolerance else 1.0
    label = lower_first(attribute_labels(report)[name])
    note = f"of {fixed(gap.tolerance)} allowed between any two groups"
    return Card(f"Gap by {label}", fixed(gap.mean), note, "good" if used <= 1 else "bad", min(used, 1.0))


def _kept_card(report: Report, learned: PolicyEvidence) -> Card | None:
    if tightest_gap(learned) is None:
        return None
    note = f"of {count(learned.profit.n)} unseen simulated populations"
    return Card("Stayed within the limit in", per_cent(learned.feasible_share, 0), note)


def _data_card(report: Report) -> Card:
    rows = sum(report.data.rows.values())
    return Card("Customers behind it", count(report.data.customers), f"{report.data.name}, {count(rows)} rows")
