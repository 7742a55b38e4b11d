"""The audit log, as it is answered."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Query
from pydantic import Field

from evenhand.registry.actor import ActorKind
from evenhand.registry.audit import Record, Verdict
from evenhand.registry.audit.verifying import Found
from evenhand.server.schemas.base import Answer

__all__ = ["Hash", "HeadFile", "RecordShown", "Sequence", "VerdictShown"]

Sequence = Annotated[
    int | None, Query(ge=1, lt=2**63, description="Row of a head that was exported earlier; goes with `hash`.")
]
Hash = Annotated[str | None, Query(pattern="^[0-9a-f]{64}$", description="Hash of that head.")]


class RecordShown(Answer):
    """A row of the audit log."""

    sequence: int
    id: str
    at: datetime
    actor_kind: ActorKind
    actor: str
    action: str
    subject: str
    details: Any
    hash: str

    @classmethod
    def of(cls, record: Record) -> RecordShown:
        """Return what is shown of a row."""
        said = {name: value for name, value in record._asdict().items() if name != "actor"}
        return cls(**said, actor_kind=record.actor.kind, actor=record.actor.name)


class FlawShown(Answer):
    """The first thing that is wrong with the log."""

    found: Found
    sequence: int
    says: str


class VerdictShown(Answer):
    """How far the log is what was written."""

    holds: bool
    sequence: int = Field(description="Of the last row up to which everything holds.")
    hash: str
    flaw: FlawShown | None

    @classmethod
    def of(cls, verdict: Verdict) -> VerdictShown:
        """Return what is shown of a verdict."""
        flaw = None if verdict.flaw is None else FlawShown(**verdict.flaw._asdict())
        return cls(holds=verdict.holds, sequence=verdict.head.sequence, hash=verdict.head.hash, flaw=flaw)


class SealedHead(Answer):
    """Where the log ends."""

    format: Literal["evenhand-audit-head"]
    version: int
    exported_at: str
    sequence: int
    hash: str


class Signature(Answer):
    """An Ed25519 signature over the head's canonical JSON (RFC 8785)."""

    algorithm: Literal["Ed25519"]
    key: str = Field(description="SHA-256 of the public key.")
    value: str


class HeadFile(Answer):
    """A signed head, to be kept where the database's owner cannot change it."""

    head: SealedHead
    signature: Signature
