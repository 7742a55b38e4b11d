"""From a question to an answer and its row in the audit log; a few milliseconds of one thread."""

from __future__ import annotations

import asyncio

from evenhand.errors import ConflictError
from evenhand.experiments.advising.advise import Advice, Advised, Adviser
from evenhand.experiments.advising.statistics import Statistics
from evenhand.experiments.grounds import Grounds
from evenhand.registry.audit import Entry
from evenhand.registry.audit.writer import GroupWriter
from evenhand.registry.policies import State
from evenhand.segments.canonical import Json
from evenhand.server.advising.questions import Question
from evenhand.server.schemas.recommendations import HoldShown, PlanShown, Recommendations, shown
from evenhand.server.serving.champion import Advising, Champions

__all__ = ["LEVEL_SAID", "grounds_kept", "recommended"]

LEVEL_SAID = {
    None: "no policy",
    "candidate": "candidate: no trial yet",
    "validated": "validated: no live trial yet",
    "proven": "proven: by a live trial",
}


async def recommended(champions: Champions, audit: GroupWriter, question: Question) -> Recommendations:
    """Answer once the row in the audit log is committed; ConflictError for statistics of another version."""
    name = question.segmentation
    advising = await champions.of(name)
    state = advising.state
    if question.version != state.version:
        raise ConflictError(
            f"version {state.version} is in force, the statistics are of {question.version}",
            where=f"segmentation {name!r}", mend="count them by the segments in force",
        )  # fmt: skip
    advice = _advice(advising, question.statistics, question.most)
    details = _details(state, question, advice)
    entry = Entry("recommendation.give", f"segmentations/{name}", details, question.actor, question.now)
    row = await asyncio.wrap_future(audit.append(entry))
    return Recommendations(
        segmentation=name,
        version=state.version,
        policy=state.policy,
        evidence_level=LEVEL_SAID[state.level],
        items=[shown(one, state.policy or "", LEVEL_SAID[state.level]) for one in advice.tweaks],
        hold=None if advice.tweaks else HoldShown(why=advice.why or "nothing better", reason=advice.reason),
        plan=None if advice.plan is None else PlanShown.of(advice.plan),
        scored=isinstance(advising.adviser, Adviser),
        audit=row.sequence,
    )


def _advice(advising: Advising, statistics: Statistics, count: int) -> Advice:
    state = advising.state
    if advising.adviser is not None:
        return advising.adviser.advise(statistics, count=count)
    if state.frozen:
        return Advice((), "frozen", f"Keep what runs: recommendations are frozen ({state.frozen}).")
    if state.policy is None:
        return Advice((), "no policy", "Keep what runs: no policy advises on this segmentation.")
    return Advice((), "not validated", "Keep what runs: the policy is a candidate, which no trial has validated.")


def _details(state: State, question: Question, advice: Advice) -> Json:
    """Return what the audit log keeps: counts by the hash of their JSON in the schema's order, tweaks as they are.

    A plan stands there by its hash: the whole of it is in the policy's signed manifest.
    """
    return {
        "version": state.version,
        "policy": state.policy,
        "policy_sha256": state.sha256,
        "level": state.level,
        "statistics_sha256": question.sha256,
        "tweaks": [one.offer.document for one in advice.tweaks],
        "plan_sha256": None if advice.plan is None else advice.plan.plan.hash,
        "usual": dict(advice.usual),
        "grounds": [grounds_kept(one) for one in advice.tweaks],
        "hold": advice.why,
    }


def grounds_kept(one: Advised | Grounds) -> Json:
    """Return what a reviewer will ask about a tweak: what the policy saw, and which one came next."""
    found: dict[str, Json] = {"saw": dict(one.saw), "runner_up": None}
    if one.runner_up is not None:
        next_one = one.runner_up
        found["runner_up"] = {"tweak": next_one.document, "expected": next_one.expected._asdict(),
                              "behind": next_one.behind, "why_not": next_one.why_not}  # fmt: skip
    return found
