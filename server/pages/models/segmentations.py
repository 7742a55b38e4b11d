"""A segmentation, its versions compared, and the editor of its rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from evenhand.server.pages.models.frame import Freeze, Page
from evenhand.server.pages.models.parts import Campaign, Gap, Person, Segment
from evenhand.server.pages.models.request import Line, Overlap

__all__ = [
    "Choice", "ComparePage", "ConditionField", "EditPage", "GroupField", "Preview", "SegmentField", "SegmentationPage",
    "SegmentationRow", "SegmentationsPage", "Version",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Version:
    """One version: what changed, who did it, why, on what evidence."""

    number: int
    at: datetime
    by: Person
    why: str
    sentences: tuple[str, ...]
    request: int | None
    sources: tuple[str, ...] = ()  # kinds of evidence it stood on
    standing: Literal["current", "stable", "past", "rolled_back"] = "past"


@dataclass(frozen=True, kw_only=True)
class SegmentationPage(Page):
    """A segmentation as pictures, sentences and versions."""

    template: ClassVar[str] = "segmentation.html"
    place: ClassVar[str] = "segmentations"

    name: str
    title: str
    version: int
    customers: int
    segments: tuple[Segment, ...]
    versions: tuple[Version, ...]  # newest first
    open_requests: tuple[Overlap, ...]
    may_propose: bool = False
    may_freeze: bool = False
    freeze: Freeze | None = None
    key: str = ""

    @property
    def campaigns(self) -> tuple[Campaign, ...]:
        """The campaigns in the order of their first segment."""
        return tuple({segment.campaign.id: segment.campaign for segment in self.segments}.values())


@dataclass(frozen=True, kw_only=True)
class SegmentationRow:
    """One segmentation in the list of them."""

    name: str
    title: str
    version: int
    segments: int
    customers: int
    changed_at: datetime
    open_requests: int
    frozen: bool = False


@dataclass(frozen=True, kw_only=True)
class SegmentationsPage(Page):
    """All segmentations."""

    template: ClassVar[str] = "segmentations.html"
    place: ClassVar[str] = "segmentations"

    rows: tuple[SegmentationRow, ...]


@dataclass(frozen=True, kw_only=True)
class ComparePage(Page):
    """Two versions side by side."""

    template: ClassVar[str] = "compare.html"
    place: ClassVar[str] = "segmentations"

    name: str
    title: str
    versions: tuple[int, ...]
    old: Version
    new: Version
    sentences: tuple[str, ...]
    lines: tuple[Line, ...]
    before: tuple[Segment, ...]
    after: tuple[Segment, ...]
    moved: int  # customers whose campaign differs
    customers: int
    may_roll_back: bool = False
    key: str = ""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One entry of a list to choose from."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class ConditionField:
    """One condition as form fields; `path` is its place, such as "2.rules.0"."""

    path: str
    field: str
    operator: str
    value: str
    unit: str = ""
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class GroupField:
    """A rule group as a fieldset; imported rules nest."""

    path: str
    combinator: Literal["and", "or"]
    negated: bool
    rules: tuple[ConditionField | GroupField, ...]


@dataclass(frozen=True, kw_only=True)
class SegmentField:
    """One segment as form fields; the default has no rule."""

    path: str
    id: str
    name: str
    campaign: str
    rule: GroupField | None
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What the edited rules would do, before anyone is asked."""

    sentences: tuple[str, ...]
    before: tuple[Segment, ...]
    after: tuple[Segment, ...]
    moved: int
    customers: int
    overlaps: tuple[Overlap, ...]
    gaps: tuple[Gap, ...]
    risk: Literal["low", "high"]
    quorum: int


@dataclass(frozen=True, kw_only=True)
class EditPage(Page):
    """The rule editor: of a segmentation (a new request) or of an open request (whose approvals it voids)."""

    template: ClassVar[str] = "edit.html"
    place: ClassVar[str] = "segmentations"

    name: str
    title: str
    base: int
    request: int | None
    revision: int | None
    approvals: int  # that an edit would void
    features: tuple[Choice, ...]
    operators: tuple[Choice, ...]
    campaigns: tuple[Choice, ...]
    segments: tuple[SegmentField, ...]
    reason: str = ""
    heading: str = ""  # the request's title
    preview: Preview | None = None
    error: str = ""
    key: str = ""
