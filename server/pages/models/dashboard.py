"""The dashboard: what runs now, how it fares, what needs attention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from evenhand.server.pages.models.frame import Page
from evenhand.server.pages.models.parts import Segment
from evenhand.server.pages.models.policies import Calibration

__all__ = ["Alarm", "DashboardPage", "GapSeries", "SegmentHealth", "Series"]


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Something that is not as it should be, and where to look."""

    severity: Literal["warn", "wrong"]
    text: str
    at: datetime
    href: str


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line over periods; None where a period was not measured."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class GapSeries:
    """Group gaps over time, one line an attribute; of periods, or of the versions in force since those days."""

    periods: tuple[date, ...]
    series: tuple[Series, ...]
    tolerance: float | None


@dataclass(frozen=True, kw_only=True)
class SegmentHealth:
    """One segment now, beside the period before, or the version before; rates are 0 to 1, None: not measured."""

    segment: Segment
    stability: float | None  # share of its members of before who are still in it
    before: int | None  # customers before; None: it is new
    engagement: float | None
    conversion: float | None


@dataclass(frozen=True, kw_only=True)
class DashboardPage(Page):
    """One segmentation at a glance."""

    template: ClassVar[str] = "dashboard.html"
    place: ClassVar[str] = "dashboard"

    name: str
    title: str
    others: tuple[str, ...]  # other segmentations with a dashboard
    version: int
    period: date | None  # first day of the latest period; None before any observation
    customers: int | None  # None: no customer table is here
    parts: int  # segments
    alarms: tuple[Alarm, ...]
    segments: tuple[SegmentHealth, ...]
    gaps: GapSeries | None
    calibration: tuple[Calibration, ...]
    waiting: int
    running: int
