"""Parts of `report.json` that look past profit: what customers of each group get."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from evenhand.experiments.report.base import Part
from evenhand.experiments.report.intervals import Mean

__all__ = ["MEASURES", "AttributeWelfare", "GroupWelfare", "Levels", "Measure"]


class Measure(NamedTuple):
    """One thing that customers get, per customer and period, and which way is better for them."""

    key: str
    label: str
    better: Literal["more", "less"]
    kind: Literal["share", "money"]

    def worst(self, values: Sequence[float]) -> float:
        """Return what the worst-off group gets."""
        return min(values) if self.better == "more" else max(values)


MEASURES = (
    Measure("beneficial", "Beneficial contacts", "more", "share"),
    Measure("discount", "Discounts received", "more", "money"),
    Measure("other_contact", "Other contacts", "less", "share"),
    Measure("unsubscribe", "Unsubscribes", "less", "share"),
)


class Levels(Part):
    """A number for each measure, per customer and period."""

    beneficial: float
    discount: float
    other_contact: float
    unsubscribe: float


class GroupWelfare(Part):
    """What one group gets per customer and period; one that is not `counted` is too small, or unknown."""

    group: str
    counted: bool
    beneficial: Mean
    discount: Mean
    other_contact: Mean
    unsubscribe: Mean


class AttributeWelfare(Part):
    """The groups of one protected attribute; measure by measure the worst off of the counted ones, and their mean."""

    groups: tuple[GroupWelfare, ...]
    worst_off: Levels
    mean: Levels
