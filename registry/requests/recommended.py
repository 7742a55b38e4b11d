"""Asking for what a policy recommended: the policy is the author, as long as nothing of it was changed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from evenhand.errors import ConflictError, MissingError
from evenhand.registry import audit, policies, segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.requests.drafting import DEFAULT, Proposal, propose
from evenhand.registry.requests.reading import MOST, Filter, page
from evenhand.registry.requests.record import Request, note
from evenhand.registry.requests.risk import ReviewRules
from evenhand.registry.requests.states import OPEN
from evenhand.segments import Segmentation, Tweak
from evenhand.segments.canonical import Json
from evenhand.segments.sentences import tweak_sentence

__all__ = ["RECOMMENDED", "Grounds", "grounds_of", "propose_plan", "propose_recommended"]

RECOMMENDED = "recommendation.give"  # the action under which the audit log keeps what was recommended


def propose_recommended(
    connection: Connection,
    segmentation: str,
    tweak: Tweak | None,
    *,
    recommendation: int,
    share: float | None = None,
    rules: ReviewRules = DEFAULT,
    actor: Actor,
    now: datetime,
) -> Request:
    """Write a request for a tweak that the row `recommendation` of the audit log holds; its author is the policy.

    Without a tweak it is for the plan that the row names. `actor` only hands it on, which is written down too.
    MissingError when the row recommends no such thing for this segmentation; ConflictError when another version is in
    force by now, or when that is asked for already and still open.
    """
    said = _recommended(connection, segmentation, recommendation)
    change = _named(connection, said, tweak)
    if change is None:
        raise MissingError("nobody recommended that", where=f"audit row {recommendation}",
                           mend="send the tweak as it was recommended, or ask for it in your own name")  # fmt: skip
    record = segmentations.get(connection, segmentation)
    if said["version"] != record.current_version:
        raise ConflictError(f"it was recommended for version {said['version']}, not {record.current_version}",
                            where=f"segmentation {segmentation!r}", mend="ask for new recommendations")  # fmt: skip
    content = segmentations.current(connection, segmentation).content
    wanted = Filter(states=OPEN, segmentation=segmentation, author=said["policy"])
    for other in page(connection, wanted, limit=MOST, now=now).items:
        if other.base_version == said["version"] and other.wish == change:
            raise ConflictError("it is asked for already", where=other.subject,
                                mend="decide on that request first")  # fmt: skip
    begin = f"Begin with the plan of policy {said['policy']!r}."
    proposal = Proposal(
        change=change,
        title=begin if isinstance(change, Segmentation) else tweak_sentence(change, content)[:200],
        reason=f"Policy {said['policy']!r} recommended it for version {said['version']} (audit row {recommendation}).",
        share=share,
    )
    author = Actor("policy", said["policy"])
    request = propose(connection, segmentation, proposal, rules=rules, actor=author, now=now)
    note(connection, request, "hand_on", actor=actor, now=now, details={"recommendation": recommendation})
    return request


def propose_plan(
    connection: Connection, segmentation: str, *, rules: ReviewRules = DEFAULT, actor: Actor, now: datetime
) -> Request:
    """Write down that the champion recommends the plan that it begins with, and a request for it; see above.

    No statistics are needed for that: it does so until the plan has been in force. ConflictError where it does not.
    """
    state, today = policies.state_of(connection, segmentation), segmentations.current(connection, segmentation)
    policy = None if state.policy is None else policies.get(connection, state.policy)
    beginning = None if policy is None else policies.beginning_of(connection, policy, today)
    if beginning is None or beginning.begun or beginning.others:
        raise ConflictError("no plan is recommended for it", where=f"segmentation {segmentation!r}")
    details: dict[str, Json] = {
        "version": state.version, "policy": state.policy, "policy_sha256": state.sha256, "level": state.level,
        "tweaks": [], "plan_sha256": beginning.plan.hash, "usual": {}, "grounds": [], "hold": "plan first",
    }  # fmt: skip
    row = audit.append(connection, action=RECOMMENDED, subject=f"segmentations/{segmentation}", details=details,
                       actor=actor, now=now)  # fmt: skip
    return propose_recommended(
        connection, segmentation, None, recommendation=row.sequence, rules=rules, actor=actor, now=now
    )


class Grounds(NamedTuple):
    """What a policy looked at when it recommended a change, as the audit log has it."""

    recommendation: int  # row of the audit log
    saw: Mapping[str, float]  # the change's own figures by name, in the units of `envs.candidates`
    usual: Mapping[str, float]  # the same of the middle one of the changes that were possible
    runner_up: Any  # the next best tweak, what is expected of it and why not it; None: nothing else was better than now


def grounds_of(connection: Connection, request: Request) -> Grounds | None:
    """Return what a request was recommended on; None where none was kept, or people changed what was recommended."""
    handed = audit.search(connection, action="request.hand_on", subject=request.subject, limit=1).records
    if not handed:
        return None
    sequence = int(handed[0].details["recommendation"])
    said = _recommended(connection, request.segmentation, sequence)
    tweaks, grounds = said.get("tweaks", []), said.get("grounds", [])
    if request.change not in tweaks or len(grounds) != len(tweaks):  # earlier releases kept none
        return None
    found = grounds[tweaks.index(request.change)]
    return Grounds(sequence, found["saw"], said["usual"], found["runner_up"])


def _named(connection: Connection, said: dict[str, Any], tweak: Tweak | None) -> Tweak | Segmentation | None:
    """Return what is asked for, as far as a recommendation named it: the tweak, or without one its plan."""
    if not said.get("policy"):
        return None
    if tweak is not None:
        return tweak if tweak.to_dict() in said.get("tweaks", []) else None
    if said.get("plan_sha256") is None:
        return None
    plan = policies.plan_of(policies.get(connection, said["policy"]))
    return plan if plan is not None and plan.hash == said["plan_sha256"] else None


def _recommended(connection: Connection, segmentation: str, sequence: int) -> dict[str, Any]:
    """Return what the audit log says about a recommendation, nothing where there is none of that number."""
    page = audit.search(connection, action=RECOMMENDED, subject=f"segmentations/{segmentation}",
                        before=sequence + 1, limit=1)  # fmt: skip
    found = next((row for row in page.records if row.sequence == sequence), None)
    return found.details if found is not None else {}
