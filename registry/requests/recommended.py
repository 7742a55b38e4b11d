"""Asking for what a policy recommended: the policy is the author, as long as nothing of it was changed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from evenhand.errors import ConflictError, MissingError
from evenhand.registry import audit, segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.requests.drafting import DEFAULT, Proposal, propose
from evenhand.registry.requests.record import Request, note
from evenhand.registry.requests.risk import ReviewRules
from evenhand.segments import Tweak
from evenhand.segments.sentences import tweak_sentence

__all__ = ["RECOMMENDED", "propose_recommended"]

RECOMMENDED = "recommendation.give"  # the action under which the audit log keeps what was recommended


def propose_recommended(
    connection: Connection,
    segmentation: str,
    tweak: Tweak,
    *,
    recommendation: int,
    share: float | None = None,
    rules: ReviewRules = DEFAULT,
    actor: Actor,
    now: datetime,
) -> Request:
    """Write a request for a tweak that the row `recommendation` of the audit log holds; its author is the policy.

    `actor` only hands it on, which is written down too. MissingError when the row recommends no such tweak for this
    segmentation; ConflictError when another version is in force by now.
    """
    said = _recommended(connection, segmentation, recommendation, tweak)
    record = segmentations.get(connection, segmentation)
    if said["version"] != record.current_version:
        raise ConflictError(f"it was recommended for version {said['version']}, not {record.current_version}",
                            where=f"segmentation {segmentation!r}", mend="ask for new recommendations")  # fmt: skip
    content = segmentations.current(connection, segmentation).content
    proposal = Proposal(
        change=tweak,
        title=tweak_sentence(tweak, content)[:200],
        reason=f"Policy {said['policy']!r} recommended it for version {said['version']} (audit row {recommendation}).",
        share=share,
    )
    author = Actor("policy", said["policy"])
    request = propose(connection, segmentation, proposal, rules=rules, actor=author, now=now)
    note(connection, request, "hand_on", actor=actor, now=now, details={"recommendation": recommendation})
    return request


def _recommended(connection: Connection, segmentation: str, sequence: int, tweak: Tweak) -> dict[str, Any]:
    """Return what the audit log says about a recommendation."""
    page = audit.search(connection, action=RECOMMENDED, subject=f"segmentations/{segmentation}",
                        before=sequence + 1, limit=1)  # fmt: skip
    found = next((row for row in page.records if row.sequence == sequence), None)
    details: dict[str, Any] = found.details if found is not None else {}
    if not details.get("policy") or tweak.to_dict() not in details.get("tweaks", []):
        raise MissingError("nobody recommended that", where=f"audit row {sequence}",
                           mend="send the tweak as it was recommended, or ask for it in your own name")  # fmt: skip
    return details
