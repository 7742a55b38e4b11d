"""The dashboard: what runs now, how it fares, what needs attention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Literal

from evenhand.server.pages.models.frame import Page
from evenhand.server.pages.models.parts import Segment
from evenhand.server.pages.models.policies import Calibration

__all__ = [
    "Alarm",
    "Course",
    "DashboardPage",
    "GapSeries",
    "Metric",
    "Period",
    "Point",
    "SegmentHealth",
    "Series",
    "Trace",
]  # fmt: skip

Metric = Literal["size", "stability", "engagement", "conversion", "gap"]


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Something that is not as it should be, and where to look."""

    severity: Literal["warn", "wrong"]
    text: str
    at: datetime
    href: str


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line over versions; None where too few are in it to tell."""

    name: str
    values: tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class GapSeries:
    """Group gaps by version, one line an attribute, of the versions in force since those days."""

    periods: tuple[date, ...]
    series: tuple[Series, ...]
    tolerance: float | None


@dataclass(frozen=True, kw_only=True)
class Point:
    """What was measured in one period, with the limits of its 95 % interval; a value of None: too few to show it."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class Trace:
    """One segment, or one protected attribute, over the periods; None where nothing is known."""

    name: str
    points: tuple[Point | None, ...]
    limit: float | None = None  # of a gap: what the business tolerates

    @property
    def last(self) -> Point | None:
        """The newest that is known."""
        return next((point for point in reversed(self.points) if point is not None), None)


@dataclass(frozen=True, kw_only=True)
class Course:
    """How one thing went over the periods: customers for sizes, shares 0 to 1 for everything else."""

    metric: Metric
    lines: tuple[Trace, ...]


@dataclass(frozen=True, kw_only=True)
class Period:
    """One period of campaigns."""

    number: int
    starts: date | None  # None: no campaign plan says when
    answers_missing: bool = False  # results of its plan are still to come


@dataclass(frozen=True, kw_only=True)
class SegmentHealth:
    """One segment now, beside the version before; the shares are those of the newest period that tells them."""

    segment: Segment
    stability: float | None  # share of its members of before who are still in it
    before: int | None  # customers before; None: it is new
    engagement: Point | None = None
    conversion: Point | None = None


@dataclass(frozen=True, kw_only=True)
class DashboardPage(Page):
    """One segmentation at a glance."""

    template: ClassVar[str] = "dashboard.html"
    place: ClassVar[str] = "dashboard"

    name: str
    title: str
    others: tuple[str, ...]  # other segmentations with a dashboard
    version: int
    customers: int | None  # None: no customer table is here
    parts: int  # segments
    alarms: tuple[Alarm, ...]
    segments: tuple[SegmentHealth, ...]
    periods: tuple[Period, ...]  # the oldest first
    courses: tuple[Course, ...]  # those of which anything is known
    least: int  # contacted customers, or members, below which a segment's share is not shown
    least_group: int  # members of a group below which it is not compared
    gaps: GapSeries | None
    calibration: tuple[Calibration, ...]
    waiting: int
    running: int
    untold: int = 0  # changes that everybody got at once, of which nobody can tell what came

    @property
    def latest(self) -> Period | None:
        """The newest period of which rates are known."""
        known = [
            place
            for course in self.courses
            if course.metric in ("engagement", "conversion")
            for line in course.lines
            for place, point in enumerate(line.points)
            if point is not None
        ]
        return self.periods[max(known)] if known else None

    @property
    def missing(self) -> tuple[Period, ...]:
        """The periods of which results are still to come."""
        return tuple(period for period in self.periods if period.answers_missing)
