"""Policies, what speaks for them, and what was decided."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import ConfigDict, Field

from evenhand.registry.policies import Decided as Kept
from evenhand.registry.policies import Evidence, Level, Policy, Registered
from evenhand.server.schemas.base import Answer, Posted

__all__ = [
    "Crowned", "Decided", "DecisionDetails", "DecisionId", "DecisionShown", "EvidenceShown", "NewTrial",
    "PolicyDetails", "PolicyId", "PolicyShown", "TrialShown",
]  # fmt: skip

SLUG = "^[a-z0-9]+(-[a-z0-9]+)*$"
PolicyId = Annotated[str, Path(pattern=SLUG, max_length=60, description="Id of a policy.", examples=["winter-7"])]

DecisionId = Annotated[int, Path(ge=1, lt=2**63, description="Number of a decision.", examples=[1])]


class PolicyShown(Answer):
    """A policy in a list."""

    id: str
    sha256: str = Field(description="Of its signed manifest; plans and evidence name the policy by it.")
    level: Level
    uploaded_at: datetime
    uploaded_by: str

    @classmethod
    def of(cls, policy: Policy) -> PolicyShown:
        """Return a policy as it is listed."""
        return cls.model_validate({name: getattr(policy, name) for name in cls.model_fields})


class PolicyDetails(PolicyShown):
    """A policy with everything that is signed of it."""

    manifest: dict[str, Any]
    files: dict[str, str]


class EvidenceShown(Answer):
    """One piece of evidence."""

    id: int
    kind: Literal["simulated", "logged", "live"]
    document: dict[str, Any]
    at: datetime

    @classmethod
    def of(cls, evidence: Evidence) -> EvidenceShown:
        """Return evidence as it is answered."""
        return cls.model_validate(evidence._asdict())


class NewTrial(Posted):
    """The plan of a trial to come, as `evenhand ab plan` writes it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"plan": {"format": "evenhand registered plan"}}]})

    plan: dict[str, Any]


class TrialShown(Answer):
    """That a plan is registered, and since when."""

    plan_sha256: str
    at: datetime = Field(description="By the server's clock; data of a live trial start no earlier.")
    by: str
    sequence: int = Field(description="Row of the audit log.")

    @classmethod
    def of(cls, registered: Registered) -> TrialShown:
        """Return a registration as it is answered."""
        return cls.model_validate(registered._asdict())


class Decided(Posted):
    """What the gate is to decide on: a plan that was registered here, and what its trial found."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "plan": {"format": "evenhand registered plan"},
                    "evidence": {"format": "evenhand evidence"},
                    "evidence_sha256": "a3f09d11" * 8,
                }
            ]
        }
    )

    plan: dict[str, Any]
    evidence: dict[str, Any]
    evidence_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="Of the evidence's canonical JSON.")]


class DecisionShown(Answer):
    """A decision of the gate in a list."""

    id: int
    policy: str
    at: datetime = Field(description="When it was kept, by the server's clock.")
    verdict: Literal["SHIP", "HOLD", "STOP", "INVALID"]
    level: Level | None = Field(description="That the policy earned by it, if any.")
    reasons: list[str]
    sha256: str = Field(description="Of the record without this hash, as canonical JSON.")

    @classmethod
    def of(cls, kept: Kept) -> DecisionShown:
        """Return a decision as it is listed."""
        return cls.model_validate(_said(kept))


class DecisionDetails(DecisionShown):
    """A decision with its whole record, which never changes and from which the gate can be replayed."""

    record: dict[str, Any]

    @classmethod
    def of(cls, kept: Kept) -> DecisionDetails:
        """Return a decision as it is answered."""
        return cls.model_validate({**_said(kept), "record": kept.document})


def _said(kept: Kept) -> dict[str, Any]:
    found = kept.document["decision"]
    return {
        "id": kept.id, "policy": kept.policy, "at": kept.at, "verdict": found["verdict"], "level": found.get("level"),
        "reasons": found.get("reasons", []), "sha256": kept.document["sha256"],
    }  # fmt: skip


class Crowned(Posted):
    """Which policy advises from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"policy": "winter-7"}]})

    policy: Annotated[str, Field(pattern=SLUG, max_length=60)]
