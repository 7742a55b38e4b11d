"""The plan that a policy begins with, as its page shows it, and whether one may ask for it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from evenhand.registry import policies, requests, segmentations
from evenhand.registry.policies import Policy
from evenhand.registry.requests import Filter
from evenhand.segments import Segmentation
from evenhand.server.pages.models.policies import Beginning
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.content import segments_of

__all__ = ["beginning_said"]


def beginning_said(
    connection: Connection, policy: Policy, segmentation: str, *, may_write: bool, say: Speech, now: datetime
) -> Beginning | None:
    """Return the plan beside the segmentation that the policy is for, "" where that is not here; None without a plan.

    Who `may_write` requests asks for it where the policy is the champion, once: then the open request stands there.
    """
    plan = policies.plan_of(policy)
    if plan is None:
        return None
    segments = segments_of(plan, None, say)
    if not segmentation:
        return Beginning(segments=segments)
    found = policies.beginning_of(connection, policy, segmentations.current(connection, segmentation))
    assert found is not None  # there is a plan
    if found.begun:
        return Beginning(segments=segments, standing="begun")
    if found.others:
        return Beginning(segments=segments, standing="unfit", others=found.others)
    state = policies.state_of(connection, segmentation)
    asked = _asked(connection, policy, segmentation, plan, now=now)
    may_ask = may_write and state.policy == policy.id and state.frozen is None and asked is None
    return Beginning(segments=segments, standing="first", request=asked, may_ask=may_ask)


def _asked(
    connection: Connection, policy: Policy, segmentation: str, plan: Segmentation, *, now: datetime
) -> int | None:
    """Return the open request of the policy for its plan, the newest one."""
    wanted = Filter(states=(*requests.OPEN, *requests.ROLLING), segmentation=segmentation, author=policy.id)
    found = requests.page(connection, wanted, now=now).items
    return next((one.id for one in found if one.wish == plan), None)
