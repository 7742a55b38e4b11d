"""A decision of the gate, brought along by a study, becomes the policy's level."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from evenhand.experiments.gate import DecisionRecord
from evenhand.registry import policies
from evenhand.registry.actor import Actor

__all__ = ["promote"]


def promote(
    connection: Connection, policy: policies.Policy, record: DecisionRecord, *, actor: Actor, now: datetime
) -> policies.Policy:
    """Keep a record and its evidence, and give the policy the level that it earned; a record counts once."""
    if record.sha256 in (known["sha256"] for known in policies.decisions_of(connection, policy.id)):
        return policy
    found = policies.decide(connection, policy.id, record.model_dump(mode="json"), actor=actor, now=now)
    evidence = record.evidence
    policies.attach(connection, "policy", policy.id, evidence.origin, evidence.model_dump(mode="json"), now=now)
    return found
