"""What several pages show alike: estimates, groups, segments, people."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Self

__all__ = [
    "Campaign", "Estimate", "Evidence", "Gap", "GroupRow", "Level", "Outcome", "Person", "Segment", "Source", "Unit",
]  # fmt: skip

Source = Literal["simulated", "logged", "live"]
Level = Literal["candidate", "validated", "proven"]
Unit = Literal["money", "share", "points"]
SCREEN = 0.80, 1.25  # ratios that are customarily seen as unremarkable
NEARLY = 0.8  # share of a tolerance from which its attribute is shown unasked


@dataclass(frozen=True, kw_only=True)
class Person:
    """Who did something: a user, or a policy that recommends."""

    name: str  # the user's name, or the policy's id
    display: str
    kind: Literal["user", "policy", "service", "system"] = "user"


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A number with the limits of its interval, and where it comes from."""

    source: Source
    mean: float
    low: float
    high: float
    level: float = 0.95
    n: int | None = None  # customers of a log or a live trial; populations of a simulation
    at: datetime | None = None

    def from_sample(self, n: int | None, at: datetime) -> Self:
        """Return the same estimate with how many it stands on, and of when it is."""
        return replace(self, n=n, at=at)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What is expected of one metric, by every kind of evidence that there is."""

    metric: str  # "profit", "redemption", "unsubscribes", "churn", or a metric of the business's own
    unit: Unit
    better: Literal["high", "low"]
    estimates: tuple[Estimate, ...]  # those that exist, none made up for a kind that is missing


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    """One group of a protected attribute, before and after a change."""

    group: str
    n: int
    affected: int
    before: float  # rate of beneficial contacts per member and period, 0 to 1
    after: float
    ratio: float | None = None  # rate after, over that of the reference group; None where it cannot be told
    low: float | None = None
    high: float | None = None
    note: Literal["", "reference", "too few", "unknown"] = ""

    def noted(self, note: Literal["reference", "too few", "unknown"]) -> Self:
        """Return the same row with the reason why it is compared with nothing."""
        return replace(self, note=note)

    def compared(self, ratio: float, low: float, high: float) -> Self:
        """Return the same row beside the reference group."""
        return replace(self, ratio=ratio, low=low, high=high)


@dataclass(frozen=True, kw_only=True)
class Gap:
    """One protected attribute: its gap before and after, and how much of the tolerance it uses."""

    attribute: str
    before: float
    after: float
    tolerance: float | None  # None: measured and shown, not limited
    groups: tuple[GroupRow, ...]
    unknown: float = 0.0  # share of customers whose group is not known, 0 to 1
    told: bool = True  # False where fewer than two groups are large enough to be compared

    @property
    def used(self) -> float | None:
        """Share of the tolerance that the gap uses after the change; over 1 breaks it."""
        return self.after / self.tolerance if self.tolerance else None

    @property
    def empty(self) -> bool:
        """Whether beneficial offers end for every group: then no gap is left, and nobody is better off for it."""
        return any(row.before > 0 for row in self.groups) and all(row.after == 0 for row in self.groups)

    @property
    def apart(self) -> tuple[GroupRow, ...]:
        """The groups whose ratio to the reference lies outside the customary screen."""
        low, high = SCREEN
        return tuple(row for row in self.groups if row.ratio is not None and not low <= row.ratio <= high)

    @property
    def urgent(self) -> bool:
        """Whether a reader must look closer: a limit nearly used, a group far off, nothing for anybody."""
        return (self.used or 0) > NEARLY or bool(self.apart) or self.empty


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A campaign and the place of its colour and pattern, 0 for no contact."""

    id: str
    name: str
    tone: int  # 0 is no contact; 1 to 6 have a colour and a pattern each, later ones share them
    beneficial: bool = False


@dataclass(frozen=True, kw_only=True)
class Segment:
    """One segment in its place: the first match wins."""

    id: str
    name: str
    sentence: str
    customers: int
    campaign: Campaign
    mark: Literal["", "new", "changed", "gone"] = ""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """One piece of evidence that a decision may stand on."""

    source: Source
    title: str
    at: datetime
    summary: str
    href: str = ""
