"""From segment statistics to an answer and its row in the audit log; a few milliseconds of one thread."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime

from evenhand.errors import ConflictError, DataError
from evenhand.experiments.advising.advise import Advice, Advised
from evenhand.experiments.advising.statistics import CampaignCounts, SegmentCounts, Statistics
from evenhand.experiments.grounds import Grounds
from evenhand.registry.actor import Actor
from evenhand.registry.audit import Entry
from evenhand.registry.policies import State
from evenhand.segments.canonical import Json
from evenhand.server.schemas.recommendations import Asked, HoldShown, Recommendations, SegmentTold, shown
from evenhand.server.serving.champion import Advising
from evenhand.server.serving.parts import Serving

__all__ = ["LEVEL_SAID", "grounds_kept", "recommended", "statistics_of"]

LEVEL_SAID = {
    None: "no policy",
    "candidate": "candidate: no trial yet",
    "validated": "validated: no live trial yet",
    "proven": "proven: by a live trial",
}


async def recommended(serving: Serving, name: str, asked: Asked, *, actor: Actor, now: datetime) -> Recommendations:
    """Answer once the row in the audit log is committed; ConflictError for statistics of another version."""
    advising = await serving.champions.of(name)
    state = advising.state
    if asked.version != state.version:
        raise ConflictError(
            f"version {state.version} is in force, the statistics are of {asked.version}",
            where=f"segmentation {name!r}", mend="count them by the segments in force",
        )  # fmt: skip
    statistics = statistics_of(asked.segments)
    advice = _advice(advising, statistics, asked.count)
    entry = Entry("recommendation.give", f"segmentations/{name}", _details(state, asked, advice), actor, now)
    row = await asyncio.wrap_future(serving.audit.append(entry))
    spoken = advising.adviser is not None
    return Recommendations(
        segmentation=name,
        version=state.version,
        policy=state.policy,
        evidence_level=LEVEL_SAID[state.level],
        items=[shown(one, state.policy or "", LEVEL_SAID[state.level]) for one in advice.tweaks],
        hold=None if advice.tweaks else HoldShown(why=advice.why or "nothing better", reason=advice.reason),
        scored=spoken,
        audit=row.sequence,
    )


def statistics_of(segments: list[SegmentTold]) -> Statistics:
    """Return what was told as the adviser takes it; DataError for a segment or a campaign that stands twice."""
    found: dict[str, SegmentCounts] = {}
    for told in segments:
        if told.segment in found:
            raise DataError(f"segment {told.segment!r} stands twice", where="segments", rule="each segment once")
        funnel = {one.campaign: CampaignCounts(one.sends, one.opens, one.redemptions) for one in told.campaigns}
        if len(funnel) < len(told.campaigns):
            raise DataError(f"a campaign of {told.segment!r} stands twice", where="segments", rule="each campaign once")
        found[told.segment] = SegmentCounts(told.customers, funnel)
    return found


def _advice(advising: Advising, statistics: Statistics, count: int) -> Advice:
    state = advising.state
    if advising.adviser is not None:
        return advising.adviser.advise(statistics, count=count)
    if state.frozen:
        return Advice((), "frozen", f"Keep what runs: recommendations are frozen ({state.frozen}).")
    if state.policy is None:
        return Advice((), "no policy", "Keep what runs: no policy advises on this segmentation.")
    return Advice((), "not validated", "Keep what runs: the policy is a candidate, which no trial has validated.")


def _details(state: State, asked: Asked, advice: Advice) -> Json:
    """Return what the audit log keeps: counts by the hash of their JSON in the schema's order, tweaks as they are."""
    return {
        "version": state.version,
        "policy": state.policy,
        "policy_sha256": state.sha256,
        "level": state.level,
        "statistics_sha256": hashlib.sha256(asked.model_dump_json().encode()).hexdigest(),
        "tweaks": [one.offer.document for one in advice.tweaks],
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
