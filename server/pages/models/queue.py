"""The queue: what waits, for whom, since when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from evenhand.server.pages.models.frame import Page
from evenhand.server.pages.models.parts import Gap, Level, Outcome, Person

__all__ = ["Filters", "QueuePage", "QueueRow", "Risk", "State"]

Risk = Literal["low", "high"]
State = Literal[
    "draft", "in_review", "approved", "scheduled", "rolling_out", "paused", "applied",
    "rolled_back", "rejected", "withdrawn", "superseded", "expired", "stopped",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class QueueRow:
    """One change request, as short as it can be told."""

    id: int
    title: str  # the change as one sentence
    segmentation: str
    state: State
    risk: Risk
    author: Person
    created_at: datetime
    expires_at: datetime | None
    customers: int | None  # None: no customer table is here
    outcome: Outcome | None  # None where there is no evidence, or none yet
    gap: Gap | None  # the attribute that uses most of its tolerance
    level: Level | None
    approvals: int
    quorum: int
    needs_me: bool
    why_me: Literal["", "review", "wanted", "delegated", "author", "orphan", "outdated", "watch"] = ""
    outdated: bool = False
    comments: int = 0
    evidence_waits: bool = False


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the reader asked to see."""

    show: Literal["mine", "open", "running", "closed", "all"] = "mine"
    segmentation: str = ""
    risk: Literal["", "low", "high"] = ""
    words: str = ""
    order: Literal["oldest", "newest"] = "oldest"


@dataclass(frozen=True, kw_only=True)
class QueuePage(Page):
    """One leaf of the queue, counted by the same query that lists it."""

    template: ClassVar[str] = "queue.html"
    place: ClassVar[str] = "queue"

    filters: Filters
    rows: tuple[QueueRow, ...]
    counts: dict[str, int]  # by Filters.show
    segmentations: tuple[str, ...]
    total: int  # of these filters
    first: int = 1  # number of the first row shown
    older: str = ""  # query string of the next leaf, "" at the end
    newer: str = ""
    anything_at_all: bool = True  # False on a server that never had a request
