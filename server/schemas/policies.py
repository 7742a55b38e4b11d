"""Policies, what speaks for them, and what was decided."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import ConfigDict, Field

from evenhand.registry.policies import Evidence, Level, Policy, Registered
from evenhand.server.schemas.base import Answer, Posted

__all__ = ["Crowned", "Decided", "EvidenceShown", "NewTrial", "PolicyDetails", "PolicyId", "PolicyShown", "TrialShown"]

SLUG = "^[a-z0-9]+(-[a-z0-9]+)*$"
PolicyId = Annotated[str, Path(pattern=SLUG, max_length=60, description="Id of a policy.", examples=["winter-7"])]


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


class Crowned(Posted):
    """Which policy advises from now on."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"policy": "winter-7"}]})

    policy: Annotated[str, Field(pattern=SLUG, max_length=60)]
