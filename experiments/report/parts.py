"""Parts of `report.json` on what was changed and how: segmentations, learning, settings."""

from __future__ import annotations

from pydantic import Field, JsonValue

from evenhand.experiments.report.base import Count, MaybeNumber, Part, Share

__all__ = [
    "AuditedAttribute",
    "AuditedGroup",
    "CurvePoint",
    "Learning",
    "SeedCurve",
    "SegmentPart",
    "SegmentationPart",
    "Settings",
]


class SegmentPart(Part):
    """One segment as a reader meets it; the default segment comes last."""

    id: str
    name: str
    sentence: str
    campaign: str
    campaign_name: str
    beneficial: bool = False
    share: Share  # of the customers
    customers: Count


class AuditedGroup(Part):
    """Rate of beneficial offers in one group; `why_not` says why it is left out of the gap, if it is."""

    group: str
    n: Count
    share: Share
    constrained: bool
    why_not: str = ""
    rate: MaybeNumber
    low: MaybeNumber = None
    high: MaybeNumber = None


class AuditedAttribute(Part):
    """Audit of one protected attribute; built straight from `evenhand.fairness.AttributeAudit`."""

    attribute: str
    label: str
    groups: tuple[AuditedGroup, ...]
    gap: MaybeNumber
    tolerance: float | None = None
    share_unknown: Share


class SegmentationPart(Part):
    """A segmentation: its JSON form, its segments in plain words, and who benefits from it."""

    segmentation: dict[str, JsonValue]
    segments: tuple[SegmentPart, ...]
    changes: tuple[str, ...] = ()  # sentences: what differs from today
    audit: tuple[AuditedAttribute, ...] = ()


class CurvePoint(Part):
    """One validation during learning; `gain` is profit per customer and period over today's mean."""

    steps: Count
    gain: float
    gap: float | None = None
    multiplier: float | None = None


class SeedCurve(Part):
    """Validations of one training seed; `chosen` are the steps of the checkpoint that was kept."""

    seed: int
    points: tuple[CurvePoint, ...]
    chosen: int | None = None


class Learning(Part):
    """Learning curves, with the same gain of the best feasible baseline for reference."""

    seeds: tuple[SeedCurve, ...]
    tolerance: float | None = None
    reference: float | None = None
    reference_label: str = ""


class Settings(Part):
    """Budgets and rules of the run; `other` holds whatever else changes the numbers."""

    steps: Count
    seeds: Count
    populations: Count  # unseen ones, in the evidence
    periods: Count  # of an episode
    period: str = "week"
    level: float = 0.95
    currency: str = ""
    feasibility: str = ""  # one sentence: when a policy counts as feasible
    other: dict[str, bool | int | float | str] = Field(default_factory=dict)
