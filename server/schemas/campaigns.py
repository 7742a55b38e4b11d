"""Campaign plans, their results and observations, as they are sent and answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import Field, model_validator

from evenhand.registry.campaigns import Contact, Observation, Plan, Tally
from evenhand.server.schemas.base import Answer, Posted, example
from evenhand.server.schemas.recommendations import TOLD, SegmentTold
from evenhand.server.schemas.segmentations import SLUG, SlugText

__all__ = [
    "ContactShown",
    "Format",
    "NewObservation",
    "NewPlan",
    "ObservationId",
    "ObservationShown",
    "OfSegmentation",
    "PlanDetail",
    "PlanId",
    "PlanShown",
    "Recorded",
    "Refusal",
]

HASH = r"^[0-9a-f]{16}$"
PlanId = Annotated[str, Path(pattern=HASH, description="Id of a campaign plan.", examples=["9f86d081884c7d65"])]
ObservationId = Annotated[int, Path(ge=1, lt=2**63, description="Id of an observation.", examples=[1])]
OfSegmentation = Annotated[str | None, Query(pattern=SLUG, max_length=60, description="Only those of a segmentation.")]
Format = Annotated[Literal["csv", "ndjson"], Query(description="CSV, or one JSON object a line.")]
Period = Annotated[int, Field(ge=0, lt=2**31)]


class NewPlan(Posted):
    """A campaign plan to make of what runs; what is left out has good defaults."""

    model_config = example(segmentation="winter", starts="2026-03-09")

    segmentation: SlugText
    starts: date = Field(ge=date(1970, 1, 2), le=date(2200, 1, 1), description="First day that it is sent.")
    period: Period | None = Field(None, description="Since the loop began; left out: behind the newest plan.")
    periods: Annotated[int, Field(ge=1, le=53, description="For how many periods it is sent.")] = 1
    block_periods: Annotated[int, Field(ge=1, le=53, description="For how many periods a customer's draw holds.")] = 4
    period_days: Annotated[int, Field(ge=1, le=366)] = 7
    exploration: Annotated[float, Field(ge=0, le=0.5, description="Share whose campaign is drawn at random.")] = 0.1
    floor: Annotated[int, Field(ge=0, le=1_000_000, description="Fewest customers explored in a segment.")] = 50


class PlanShown(Answer):
    """A campaign plan without its rows."""

    id: str = Field(description="A hash of its rows.")
    segmentation: str
    version: int = Field(description="In force outside of a roll-out when it was made.")
    request: int | None = Field(description="The change request whose roll-out ran.")
    starts: date
    ends: date = Field(description="First day after it.")
    period: int
    periods: int
    customers: int = Field(description="When it was made; who is erased disappears from its rows.")
    explored: int
    made_at: datetime
    completed_at: datetime | None = Field(description="Since when silence means that nothing happened.")
    forgotten_on: date | None = Field(description="When its rows and results were deleted because of their age.")

    @classmethod
    def of(cls, plan: Plan) -> PlanShown:
        """Return what is shown of a plan."""
        return cls(**_shown(plan))


class PlanDetail(PlanShown):
    """A campaign plan in numbers."""

    versions: dict[str, int] = Field(description="Version of the segmentation by arm.")
    by_arm: dict[str, int]
    by_segment: dict[str, int]
    by_campaign: dict[str, int]
    about: dict[str, Any] = Field(description="Campaigns, arms, exploration and salt: what chances follow from.")
    erased: int = Field(description="Customers who have been erased since, as long as it had rows.")
    answered: int = Field(description="Customers of whom results are known.")
    refused: dict[str, int] = Field(description="Rows of results that were not believed, by reason.")

    @classmethod
    def of_all(cls, plan: Plan, *, rows: int, answered: int, refused: dict[str, int]) -> PlanDetail:
        """Return a plan with what is counted of it."""
        told = {name: plan.document[name] for name in ("versions", "by_arm", "by_segment", "by_campaign", "about")}
        left = plan.forgotten or {"customers": rows, "answered": answered, "refused": refused}
        erased = plan.document["customers"] - left["customers"]
        return cls(**_shown(plan), **told, erased=erased, answered=left["answered"], refused=left["refused"])


def _shown(plan: Plan) -> dict[str, Any]:
    document = plan.document
    return {
        "id": plan.id, "segmentation": plan.segmentation, "version": plan.version, "request": plan.request,
        "starts": document["starts"], "ends": document["ends"], "period": document["about"]["period"],
        "periods": document["about"]["periods"], "customers": document["customers"],
        "explored": document["explored"], "made_at": plan.at, "completed_at": plan.completed_at,
        "forgotten_on": plan.forgotten["on"] if plan.forgotten else None,
    }  # fmt: skip


class Refusal(Answer):
    """A row that was not believed."""

    row: int = Field(description="Place among the rows that were sent; the first is 1.")
    reason: str
    rule: str


class Recorded(Answer):
    """What became of results."""

    plan: str
    rows: int
    new: int = Field(description="Believed, and not known before.")
    known: int = Field(description="Believed, and known already.")
    refused: dict[str, int] = Field(description="By reason.")
    refusals: list[Refusal] = Field(description="The first twenty of them.")
    answered: int = Field(description="Customers of whom anything is known by now.")
    complete: bool
    looks: bool = Field(description="Whether the roll-out during which it was sent will be looked at.")

    @classmethod
    def of(cls, plan: Plan, tally: Tally, rules: dict[str, str], *, answered: int, looks: bool) -> Recorded:
        """Return what is said of a posting."""
        wrong = [(row, reason) for row, reason in enumerate(tally.reasons, 1) if reason][:20]
        return cls(
            plan=plan.id, rows=len(tally.reasons), new=tally.new, known=tally.known, refused=tally.refused,
            refusals=[Refusal(row=row, reason=reason, rule=rules[reason]) for row, reason in wrong],
            answered=answered, complete=plan.completed_at is not None, looks=looks,
        )  # fmt: skip


class NewObservation(Posted):
    """What was seen of a version in a period: statistics, or the plan whose results tell them."""

    model_config = example(version=1, period=0, segments=[TOLD])

    version: Annotated[int, Field(ge=1, lt=2**31)]
    period: Period | None = Field(None, description="Left out: the period of the plan.")
    segments: Annotated[list[SegmentTold], Field(default_factory=list, max_length=200)]
    plan: Annotated[str, Field(pattern=HASH)] | None = Field(None, description="Count them from its results.")
    replace: bool = Field(False, description="In place of another observation of the same period.")

    @model_validator(mode="after")
    def _one_source(self) -> NewObservation:
        if bool(self.segments) == (self.plan is not None):
            raise ValueError("give either segments or a plan")
        if self.plan is None and self.period is None:
            raise ValueError("without a plan, say the period")
        return self


class ObservationShown(Answer):
    """An observation as it is kept."""

    id: int
    segmentation: str
    version: int
    period: int
    plan: str | None = Field(description="From whose results it was counted.")
    segments: list[dict[str, Any]]
    at: datetime

    @classmethod
    def of(cls, kept: Observation) -> ObservationShown:
        """Return what is shown of an observation."""
        told = kept.document
        return cls(
            id=kept.id, segmentation=kept.segmentation, version=kept.version, period=kept.period,
            plan=told.get("plan"), segments=told["segments"], at=kept.at,
        )  # fmt: skip


class ContactShown(Answer):
    """What one customer was to get by a plan, and what is known of it."""

    plan: str
    segmentation: str
    row: dict[str, Any]
    results: list[dict[str, Any]]

    @classmethod
    def of(cls, contact: Contact) -> ContactShown:
        """Return what is shown of a contact."""
        return cls(**contact._asdict())
