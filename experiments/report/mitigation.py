"""Part of `report.json` on where fairness can be seen to: before, inside and after learning."""

from __future__ import annotations

from evenhand.experiments.report.base import Part, Share
from evenhand.experiments.report.evidence import Gap
from evenhand.experiments.report.intervals import Interval, Mean

__all__ = ["Mitigated", "Mitigation", "Threshold", "WorstOff"]


class WorstOff(Part):
    """The group with the fewest beneficial contacts per customer and period, and how many it gets."""

    group: str
    beneficial: Mean


class Threshold(Part):
    """What was found for ranking candidates anew: the price of slack and where they are dropped (null: nowhere)."""

    price: float
    limit: float | None


class Mitigated(Part):
    """One way to see to fairness, on the same unseen populations as the others."""

    name: str
    label: str
    before: bool
    inside: bool
    after: bool
    profit: Mean
    against_none: Interval | None  # profit less that of no mitigation, population by population; null for that itself
    gap: Gap
    feasible: bool
    held: Mean  # share of the populations in which every constraint held
    worst_off: WorstOff | None
    threshold: Threshold | None


class Mitigation(Part):
    """The ways side by side, for one protected attribute."""

    attribute: str
    response: str  # what was made independent of the group before learning, in words
    feasible_share: Share  # of populations that makes a way feasible
    rows: tuple[Mitigated, ...]
