"""What the server answers, as types: the fields that programs work with; `/openapi.json` has them all."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

__all__ = [
    "Decision",
    "DecisionRecord",
    "Detail",
    "Me",
    "Outcome",
    "Place",
    "Plan",
    "PlanFirst",
    "PlanRow",
    "Recommendation",
    "Recommendations",
    "Recorded",
    "Request",
    "Requests",
    "Segmentation",
    "Version",
]

State = Literal[
    "draft", "in_review", "approved", "scheduled", "rolling_out", "paused", "applied", "rolled_back", "stopped",
    "rejected", "withdrawn", "superseded", "expired",
]  # fmt: skip


class Me(TypedDict):
    """Who one is on the server."""

    user: dict[str, Any]
    permissions: list[str]
    csrf: str | None
    ends_at: str | None


class Version(TypedDict):
    """A version of a segmentation; `content` is the JSON form that `evenhand.segments.Segmentation` reads."""

    number: int
    sha256: str
    request: int | None
    note: str | None
    fate: str
    content: dict[str, Any]
    sentences: list[str]


class Segmentation(TypedDict):
    """A segmentation with the version in force."""

    name: str
    title: str
    current_version: int
    stable_version: int
    rolling_request: int | None
    frozen: bool
    frozen_reason: str | None
    version: Version


class Request(TypedDict):
    """A change request; `revision` is what later writes say they have seen."""

    id: int
    segmentation: str
    base_version: int
    revision: int
    edit: int
    state: State
    kind: Literal["tweak", "edit", "rollback"]
    author_kind: str
    author: str
    title: str
    reason: str
    change: dict[str, Any]
    touches: list[str]
    risk: Literal["low", "high"]
    quorum: int
    share: float | None
    version: int | None
    predicted: dict[str, Any] | None  # None until evidence has come


class Detail(Request):
    """A request with what a reviewer looks at."""

    outdated: bool
    sentences: list[str]
    reviews: list[dict[str, Any]]
    comments: list[dict[str, Any]]
    overlaps: list[dict[str, Any]]
    history: list[dict[str, Any]]


class Requests(TypedDict):
    """Some requests, the newest first."""

    items: list[Request]
    next: str | None
    total: int
    counts: dict[State, int]


class Decision(TypedDict):
    """A decision of the promotion gate on a policy."""

    id: int
    policy: str
    at: str
    verdict: Literal["SHIP", "HOLD", "STOP", "INVALID"]
    level: Literal["candidate", "validated", "proven"] | None
    reasons: list[str]
    sha256: str


class DecisionRecord(Decision):
    """A decision with its record, which never changes: plan, evidence, checks and what they said."""

    record: dict[str, Any]


class Recommendation(TypedDict):
    """One tweak that a policy recommends."""

    tweak: dict[str, Any]
    sentence: str
    reason: str
    expected: dict[str, dict[str, Any]]
    affected_customers: int
    policy: str
    evidence_level: str


class PlanFirst(TypedDict):
    """The plan that a policy begins with: `content` is a segmentation's JSON form, `sentences` say what changes."""

    content: dict[str, Any]
    sentences: list[str]
    affected_customers: int
    fairness: dict[str, dict[str, Any]]


class Recommendations(TypedDict):
    """Ranked tweaks, or why there are none; `plan` is what comes first, `audit` the row of the log that holds it."""

    segmentation: str
    version: int
    policy: str | None
    items: list[Recommendation]
    hold: dict[str, str] | None
    plan: PlanFirst | None
    audit: int


class Place(TypedDict):
    """Which segment a customer is in, why, and what would move them."""

    segment: str
    name: str
    campaign: str
    version: int
    contacted: bool
    why: list[str]
    moves: list[dict[str, str]]


class Plan(TypedDict):
    """A campaign plan without its rows."""

    id: str
    segmentation: str
    version: int
    request: int | None
    starts: str
    ends: str
    period: int
    periods: int
    customers: int
    explored: int
    completed_at: str | None
    forgotten_on: str | None


class PlanRow(TypedDict):
    """What one customer gets; `send` says whether to contact them at this moment."""

    plan: str
    customer: str
    arm: str
    segment: str
    planned: str
    campaign: str
    explored: bool
    exploration: float
    propensity: float
    period: int
    block: int
    send: bool


class Recorded(TypedDict):
    """What became of results; `refused` counts rows by reason."""

    plan: str
    rows: int
    new: int
    known: int
    refused: dict[str, int]
    refusals: list[dict[str, Any]]
    answered: int
    complete: bool
    looks: bool


class Outcome(TypedDict):
    """What was foretold of a request and what came; `profit` compares the two where both tell it."""

    request: int
    predicted: Any
    realised: Any
    profit: dict[str, Any] | None
