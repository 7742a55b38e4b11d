"""Segment statistics in, recommendations out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from evenhand.experiments.reasons import Why
from evenhand.server.schemas.base import Answer, Posted

if TYPE_CHECKING:
    from evenhand.experiments.advising.advise import Advised, Planned
    from evenhand.experiments.advising.impact import Groups

__all__ = ["TOLD", "Asked", "CampaignTold", "HoldShown", "PlanShown", "Recommendation", "Recommendations",
           "SegmentTold", "shown"]  # fmt: skip

Count = Annotated[int, Field(ge=0, le=2**31)]
Id = Annotated[str, Field(min_length=1, max_length=100)]
TOLD: dict[str, Any] = {
    "segment": "big_baskets",
    "customers": 311,
    "campaigns": [{"campaign": "B", "sends": 3640, "opens": 520, "redemptions": 18, "unsubscribes": 3}],
}


class CampaignTold(Posted):
    """What one segment did with one campaign, best counted over the exploration share as well."""

    campaign: Id
    sends: Count
    opens: Count
    redemptions: Count = Field(description="Of those who opened.")
    unsubscribes: Count | None = Field(None, description="Kept with observations; policies do not look at it yet.")
    spend: float | None = Field(None, ge=0, le=1e12, description="Money; kept with observations, as unsubscribes are.")


class SegmentTold(Posted):
    """One segment: its customers now, and what they did."""

    segment: Id
    customers: Count
    campaigns: Annotated[list[CampaignTold], Field(default_factory=list, max_length=100)]


class Asked(Posted):
    """Fresh statistics of every segment of the version in force, the default too; or the observation with them."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 1, "segments": [TOLD], "count": 3}]})

    version: Annotated[int, Field(ge=1, le=2**31)]
    segments: Annotated[list[SegmentTold], Field(default_factory=list, max_length=200)]
    observation: Annotated[int, Field(ge=1, lt=2**63)] | None = Field(None, description="Its id, instead of segments.")
    count: Annotated[int, Field(ge=1, le=10, description="Most tweaks.")] = 3

    @model_validator(mode="after")
    def _one_source(self) -> Asked:
        if bool(self.segments) == (self.observation is not None):
            raise ValueError("give either segments or an observation")
        return self


class ExpectedShown(Answer):
    """What a tweak is expected to bring: money per customer and period, its own costs taken off."""

    mean: float
    low: float = Field(description="95 % interval, from the standard error of the coming period's estimate.")
    high: float
    standard_error: float
    evidence: Literal["policy estimate"] = Field(
        "policy estimate", description="Not simulated and not live: ask for a change request to have it simulated."
    )


class GapShown(Answer):
    """The gap of one protected attribute: before and after, and what is tolerated where a constraint stands."""

    before: float
    after: float
    tolerance: float | None


class Recommendation(Answer):
    """One reviewable change."""

    tweak: dict[str, Any]
    sentence: str
    reason: str
    expected: dict[str, ExpectedShown]
    affected_customers: int
    fairness: dict[str, GapShown]
    policy: str
    evidence_level: str


class HoldShown(Answer):
    """Why what runs should be kept."""

    why: Why
    reason: str


class PlanShown(Answer):
    """The plan that a policy begins with: a whole segmentation that has to be in force before there are tweaks."""

    content: dict[str, Any] = Field(description="The segmentation.")
    sentences: list[str] = Field(description="What would change.")
    affected_customers: int
    fairness: dict[str, GapShown]

    @classmethod
    def of(cls, planned: Planned) -> PlanShown:
        """Return a plan as it is answered."""
        return cls(
            content=planned.plan.to_dict(),
            sentences=list(planned.sentences),
            affected_customers=planned.affected_customers,
            fairness=_gaps(planned.fairness),
        )


class Recommendations(Answer):
    """Ranked tweaks that touch different segments, or the reason to give none: then maybe the plan that comes first."""

    segmentation: str
    version: int
    policy: str | None
    evidence_level: str
    items: list[Recommendation]
    hold: HoldShown | None
    plan: PlanShown | None = Field(None, description="What the policy begins with, until it has been in force.")
    scored: bool = Field(description="Whether a policy looked at the statistics.")
    audit: int = Field(description="Row of the audit log, committed before this answer.")


def shown(one: Advised, policy: str, level: str) -> Recommendation:
    """Return a recommendation as it is answered."""
    estimate = one.expected
    expected = ExpectedShown(
        mean=estimate.mean, low=estimate.low, high=estimate.high, standard_error=estimate.se, evidence="policy estimate"
    )
    return Recommendation(
        tweak=one.offer.document,
        sentence=one.offer.sentence,
        reason=one.reason,
        expected={"profit": expected},
        affected_customers=one.affected_customers,
        fairness=_gaps(one.offer.fairness),
        policy=policy,
        evidence_level=level,
    )


def _gaps(fairness: Iterable[Groups]) -> dict[str, GapShown]:
    return {g.attribute: GapShown(before=g.before, after=g.after, tolerance=g.tolerance) for g in fairness}
