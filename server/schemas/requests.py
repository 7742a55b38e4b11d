"""Change requests and what people say about them, as they are sent and answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path
from pydantic import Field

from evenhand.registry.actor import ActorKind
from evenhand.registry.requests import (
    Action,
    Calibration,
    Comment,
    Edit,
    Kind,
    Lent,
    Overlap,
    Request,
    Review,
    Risk,
    State,
    Step,
    Verdict,
    allowed,
    compared,
    record_of,
)
from evenhand.server.schemas.base import Answer, Instant, Page, Posted, example
from evenhand.server.schemas.segmentations import SlugText

__all__ = [
    "CalibrationShown",
    "CommentShown",
    "DelegationShown",
    "NewComment",
    "NewDelegation",
    "NewRecommended",
    "NewRequest",
    "NewReview",
    "Noted",
    "Objected",
    "Reckoning",
    "RequestChange",
    "RequestDetail",
    "RequestId",
    "RequestPage",
    "RequestShown",
    "Reviewers",
    "Scheduled",
]

LARGEST = 2**63 - 1
RequestId = Annotated[int, Path(ge=1, le=LARGEST, description="Id of a change request.", examples=[12])]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(min_length=1, max_length=5_000)]
Share = Annotated[float, Field(gt=0, lt=1, description="Of the customers, at first; left out: everybody at once.")]
UserText = Annotated[str, Field(min_length=1, max_length=63, examples=["ann.smith"])]
Form = Annotated[
    dict[str, Any],
    Field(description='A tweak, a whole segmentation, or `{"version": 3}`, as `kind` says.'),
]
TWEAK = {"op": "assign_campaign", "segment": "lapsed", "campaign": "none"}


class RequestChange(Posted):
    """Another content for a request; what is left out stays. All approvals are void."""

    model_config = example(title="Leave them alone", reason="They unsubscribe.", share=0.1)

    kind: Kind | None = None
    change: Form | None = None
    title: Title | None = None
    reason: Text | None = None
    share: Share | None = None


class NewRequest(Posted):
    """A change that somebody asks for."""

    model_config = example(
        segmentation="winter", kind="tweak", change=TWEAK, title="Leave them alone", reason="They unsubscribe."
    )

    segmentation: SlugText
    kind: Kind
    change: Form
    title: Title
    reason: Text
    share: Share | None = None
    base_version: Annotated[int, Field(ge=1, lt=2**31)] | None = Field(
        None, description="The version that was seen: a conflict when another one is in force by now."
    )
    draft: bool = Field(False, description="Whether its author still works on it.")


class NewRecommended(Posted):
    """What was recommended, as it was recommended: a tweak, or a plan to begin with. The policy is its author."""

    model_config = example(segmentation="winter", recommendation=4711, tweak=TWEAK)

    segmentation: SlugText
    recommendation: Annotated[int, Field(ge=1, le=LARGEST, description="`audit` of the recommendation's answer.")]
    tweak: dict[str, Any] | None = Field(None, description="Left out: the plan that the recommendation named.")
    share: Share | None = None


class NewReview(Posted):
    """A verdict on the newest edit; an objection says why."""

    model_config = example(verdict="approve", reason="The gap stays within its limit.")

    verdict: Verdict
    reason: Annotated[str, Field(max_length=5_000)] = ""
    on_behalf_of: UserText | None = Field(None, description="Whose delegate speaks; left out: oneself.")


class NewComment(Posted):
    """Something to say about a request."""

    model_config = example(text="Why 74 days?")

    text: Text


class Reviewers(Posted):
    """Who is asked to look at a request, and no longer others."""

    model_config = example(users=["ann.smith"])

    users: Annotated[list[UserText], Field(max_length=20)]


class Scheduled(Posted):
    """When an approved request comes by itself."""

    model_config = example(at="2026-03-09T06:00:00Z")

    at: Instant


class Objected(Posted):
    """Why a request is taken back, if its author says so."""

    model_config = example(reason="The offer has ended.")

    reason: Annotated[str, Field(max_length=5_000)] = ""


class Noted(Posted):
    """What a program foretells of a request, or found that came of it."""

    model_config = example(document={"customers_share": 0.04, "margin_used": 0.3})

    document: dict[str, Any]


class NewDelegation(Posted):
    """Another person, to judge in one's name for a while."""

    model_config = example(delegate="bob.jones", starts="2026-03-02T00:00:00Z", ends="2026-03-16T00:00:00Z")

    delegate: UserText
    starts: Instant
    ends: Instant


# --------------------------------------------------------------------------------------------------- answers


class RequestShown(Answer):
    """A change request: what would change, what it risks and how far it has come."""

    id: int
    segmentation: str
    base_version: int
    revision: int = Field(description="Counts edits and changes of state: send it as If-Match, in quotes.")
    edit: int = Field(description="Counts edits of the content; a review names the one that it judged.")
    state: State
    kind: Kind
    author_kind: ActorKind
    author: str
    title: str
    reason: str
    change: dict[str, Any]
    touches: list[str] = Field(description="Ids of the segments whose customers or campaign can change.")
    risk: Risk
    quorum: int = Field(description="How many people must approve.")
    share: float | None
    scheduled_for: datetime | None
    expires_at: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int | None = Field(description="What it became.")
    predicted: dict[str, Any] | None
    realised: dict[str, Any] | None
    stop_reason: str | None
    actions: list[Action] = Field(description="What its state knows; whether one may is another question.")

    @classmethod
    def of(cls, request: Request) -> RequestShown:
        """Return what is shown of a request."""
        return cls(**request._asdict(), actions=list(allowed(request.state)))


class RequestPage(Page[RequestShown]):
    """Some of the requests that match, the newest first."""

    total: int = Field(description="How many match, on all pages.")
    counts: dict[State, int] = Field(description="How many match by their state; a state without any is left out.")


class ReviewShown(Answer):
    """A verdict as it was given."""

    id: int
    edit: int
    reviewer: str
    on_behalf_of: str | None
    verdict: Verdict
    reason: str
    at: datetime
    counts: bool = Field(description="Whether it is an approval of the newest edit.")

    @classmethod
    def of(cls, review: Review, edit: int) -> ReviewShown:
        """Return what is shown of a review."""
        said = {name: value for name, value in review._asdict().items() if name != "request"}
        return cls(**said, counts=review.edit == edit and review.verdict == "approve")


class CommentShown(Answer):
    """Something that was said."""

    id: int
    author: str
    text: str
    at: datetime

    @classmethod
    def of(cls, comment: Comment) -> CommentShown:
        """Return what is shown of a comment."""
        return cls(id=comment.id, author=comment.author, text=comment.text, at=comment.at)


class StepShown(Answer):
    """Something that was done to a request, as the audit log has it."""

    sequence: int
    at: datetime
    actor_kind: ActorKind
    actor: str
    action: str
    details: Any

    @classmethod
    def of(cls, step: Step) -> StepShown:
        """Return what is shown of a step."""
        return cls(**step._asdict())


class EditShown(Answer):
    """The content of a request as it was when people judged it."""

    number: int
    editor_kind: ActorKind
    editor: str
    base_version: int
    change: dict[str, Any]
    predicted: dict[str, Any] | None
    at: datetime

    @classmethod
    def of(cls, edit: Edit) -> EditShown:
        """Return what is shown of an edit."""
        return cls(**{name: getattr(edit, name) for name in cls.model_fields})


class OverlapShown(Answer):
    """Another request that is not over and reaches some of the same segments."""

    request: int
    title: str
    state: State
    segments: list[str]

    @classmethod
    def of(cls, overlap: Overlap) -> OverlapShown:
        """Return what is shown of an overlap."""
        other = overlap.request
        return cls(request=other.id, title=other.title, state=other.state, segments=overlap.segments)


class RequestDetail(RequestShown):
    """A request with everything that a reviewer looks at."""

    outdated: bool = Field(description="Another change came into force that it does not fit: it must be rebased.")
    sentences: list[str] = Field(description="What changes, from the version that it is based on.")
    reviews: list[ReviewShown]
    comments: list[CommentShown]
    wanted_reviewers: list[str]
    edits: list[EditShown]
    overlaps: list[OverlapShown]
    history: list[StepShown]


class DelegationShown(Answer):
    """A person who judges in another's name, for a while."""

    id: int
    delegator: str
    delegate: str
    starts: datetime
    ends: datetime

    @classmethod
    def of(cls, lent: Lent) -> DelegationShown:
        """Return what is shown of a delegation."""
        return cls(**lent._asdict())


class IntervalShown(Answer):
    """A number and what is known of it."""

    mean: float
    low: float
    high: float


class ComparedShown(Answer):
    """The change of profit per customer and period, foretold and come."""

    predicted: IntervalShown
    realised: IntervalShown
    within: bool = Field(description="Whether the two intervals share a value.")

    @classmethod
    def of(cls, predicted: Any, realised: Any) -> ComparedShown | None:
        """Return the comparison; None where one of the two does not tell the profit."""
        found = compared(predicted, realised)
        if found is None:
            return None
        sides = (IntervalShown(**side._asdict()) for side in (found.predicted, found.realised))
        return cls(**dict(zip(("predicted", "realised"), sides, strict=True)), within=found.within)


class Reckoning(Answer):
    """What was foretold of one request, and what came."""

    request: int
    predicted: Any
    realised: Any
    profit: ComparedShown | None = Field(description="Null where one of the two does not tell it.")

    @classmethod
    def of(cls, request: int, predicted: Any, realised: Any) -> Reckoning:
        """Return what is shown of both."""
        profit = ComparedShown.of(predicted, realised)
        return cls(request=request, predicted=predicted, realised=realised, profit=profit)


class CalibrationShown(Answer):
    """A policy's record: what it foretold of all that ran as recommended, and what came."""

    policy: str
    items: list[Reckoning]
    compared: int = Field(description="Requests whose profit both tell.")
    within: int = Field(description="Of them, those whose intervals share a value.")
    bias: float | None = Field(description="Mean of what came minus what was foretold.")

    @classmethod
    def of(cls, policy: str, found: list[Calibration]) -> CalibrationShown:
        """Return what is shown of a record."""
        record = record_of((one.predicted, one.realised) for one in found)
        return cls(
            policy=policy,
            items=[Reckoning.of(one.request, one.predicted, one.realised) for one in found],
            **record._asdict(),
        )
