"""The request page: everything that a decision needs, and the decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

from evenhand.server.pages.models.frame import Page
from evenhand.server.pages.models.parts import Evidence, Gap, Level, Outcome, Person, Segment, Source
from evenhand.server.pages.models.queue import Risk, State

__all__ = [
    "Act", "Affected", "Change", "Comment", "Deciding", "Event", "Gate", "Harm", "Line", "Move", "Obstacle", "Overlap",
    "Proxy", "RequestPage", "Review", "Rollout", "RunnerUp", "Sample", "Saw", "Verdict",
]  # fmt: skip

Verdict = Literal["approve", "request_changes", "reject"]
Act = Literal[
    "submit", "withdraw", "schedule", "apply", "start", "pause", "resume", "finish", "stop", "roll_back", "emergency"
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the side-by-side difference; an empty side has nothing there."""

    mark: Literal["same", "changed", "added", "removed"]
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """The change in words, side by side, and as data for those who want it."""

    sentences: tuple[str, ...]
    lines: tuple[Line, ...]
    before: tuple[Segment, ...]
    after: tuple[Segment, ...]
    base: int  # the version it starts from
    document: str  # JSON


@dataclass(frozen=True, kw_only=True)
class Move:
    """So many customers go from one segment to another; the same name twice means only their campaign changes."""

    origin: str
    target: str
    customers: int


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One affected customer, told by rounded features and never by name or protected attribute."""

    facts: tuple[tuple[str, str], ...]  # (feature, value)


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """An open request that touches the same segments."""

    id: int
    title: str
    customers: int | None  # in common; None: no customer table is here
    state: State


@dataclass(frozen=True, kw_only=True)
class Affected:
    """For whom something changes."""

    customers: int
    of: int  # 0: no customer table is here, so nobody can count
    moves: tuple[Move, ...]
    sample: tuple[Sample, ...]
    least: int  # the sample is shown only where at least so many customers look alike
    overlaps: tuple[Overlap, ...] = ()
    more_overlaps: int = 0  # that are not named


@dataclass(frozen=True, kw_only=True)
class Harm:
    """One thing that could go wrong, and what would show it."""

    severity: Literal["low", "medium", "high"]
    text: str
    watch: str  # the guardrail that would stop it, "" where nothing would


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """How well being touched, or a segment, tells a protected attribute: 0.5 is not at all, 1 is wholly."""

    attribute: str
    by: str  # the name of a segment that is new or changed; "": being touched by the change
    group: str  # the one that it tells best
    auc: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Saw:
    """One thing that the policy looked at."""

    name: str
    value: str
    typical: str


@dataclass(frozen=True, kw_only=True)
class RunnerUp:
    """The next best change, and why it was not proposed."""

    sentence: str
    expected: tuple[float, float, float]  # mean, low, high of the policy's own estimate: money per customer and period
    why_not: Literal["ranks lower", "nothing clear", "few contacts", "meets a better one"]


@dataclass(frozen=True, kw_only=True)
class Gate:
    """What the promotion gate said of the policy, or of the change after its trial."""

    decision: Literal["SHIP", "HOLD", "STOP", "INVALID"]
    source: Source
    at: datetime
    reasons: tuple[str, ...]
    href: str


@dataclass(frozen=True, kw_only=True)
class Review:
    """One verdict that was given."""

    by: Person
    on_behalf_of: Person | None
    verdict: Verdict
    reason: str
    at: datetime
    counts: bool  # False once the request was edited or rebased after it


@dataclass(frozen=True, kw_only=True)
class Comment:
    """A question or an answer."""

    by: Person
    at: datetime
    text: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of the history."""

    at: datetime
    by: Person
    action: str  # an action of the audit log, such as "request.submitted"
    details: str = ""


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """Why a verdict or a step cannot be given now, and what mends it."""

    kind: Literal["outdated", "edited", "own", "delegate", "voted", "frozen", "state", "role", "running", "evidence"]
    newer: int | None = None  # the version that came meanwhile
    current: int | None = None  # the content that is valid now, where an older one was opened


@dataclass(frozen=True, kw_only=True)
class Deciding:
    """What this reader may do now; `revision` goes back with the form as the page's If-Match."""

    revision: int
    edit: int
    verdicts: tuple[Verdict, ...] = ()
    acts: tuple[Act, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    may_edit: bool = False
    may_comment: bool = True
    reason: str = ""  # what was typed, when the form comes back with an error
    chosen: Verdict | None = None
    error: str = ""
    key: str = ""  # Idempotency-Key of the form


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """The change is under way for a share of the segment."""

    share: float
    since: datetime
    next_look: datetime | None
    outcomes: tuple[Outcome, ...]
    guards: tuple[tuple[str, bool], ...]  # (guardrail, kept)
    customers: int | None = None  # None: nobody has counted them
    stopped: str = ""


@dataclass(frozen=True, kw_only=True)
class RequestPage(Page):
    """One change request, whole."""

    template: ClassVar[str] = "request.html"
    place: ClassVar[str] = "queue"

    id: int
    title: str
    why: str
    segmentation: str
    state: State
    risk: Risk
    risk_reasons: tuple[str, ...]
    level: Level | None  # of the policy that wrote it; None: a person did
    author: Person
    created_at: datetime
    expires_at: datetime | None
    change: Change
    affected: Affected
    outcomes: tuple[Outcome, ...]
    evidence_waits: bool  # a job still makes the simulated evidence
    gaps: tuple[Gap, ...]
    harms: tuple[Harm, ...]
    proxies: tuple[Proxy, ...]
    saw: tuple[Saw, ...]  # empty where nothing is kept of it
    runner_up: RunnerUp | None
    gate: Gate | None
    evidence: tuple[Evidence, ...]
    reviews: tuple[Review, ...]
    quorum: int
    wanted: tuple[Person, ...]  # asked to review, no verdict yet
    comments: tuple[Comment, ...]
    history: tuple[Event, ...]
    deciding: Deciding
    share: float | None = None  # planned roll-out share; None: for all at once
    scheduled_for: datetime | None = None
    version: int | None = None  # what it became
    rollout: Rollout | None = None
    predicted: Outcome | None = None
    realised: Outcome | None = None
    ended: str = ""  # why it was stopped, withdrawn, paused or undone

    @property
    def untold(self) -> bool:
        """Whether everybody got it at once, so that nobody is left to compare with."""
        return self.state in ("applied", "rolled_back") and self.share is None and self.realised is None

    @property
    def approvals(self) -> int:
        """How many verdicts to approve are valid for the present content."""
        return sum(review.counts and review.verdict == "approve" for review in self.reviews)

    @property
    def missing(self) -> int:
        """How many people must still approve."""
        return max(0, self.quorum - self.approvals)

    @property
    def tightest(self) -> Gap | None:
        """The attribute to look at first: the one that uses most of its tolerance, else the one with the widest gap."""
        limited = [gap for gap in self.gaps if gap.tolerance]
        return max(limited or self.gaps, key=lambda gap: (gap.told, gap.used or gap.after), default=None)

    @property
    def watched(self) -> bool:
        """Whether a guardrail watches any of what could go wrong."""
        return any(harm.watch for harm in self.harms)
