"""The dashboard, filled from what is kept: customers by version, requests, alarms; of results it says if none came."""

from __future__ import annotations

from sqlalchemy import Connection

from evenhand.registry import requests, segmentations
from evenhand.registry.requests import Filter
from evenhand.registry.segmentations import Version
from evenhand.segments import Segmentation
from evenhand.server.deps import Deps
from evenhand.server.pages.models import DashboardPage
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.alarms import alarms_of
from evenhand.server.pages.views.audience import audience_of
from evenhand.server.pages.views.calibrated import calibrated
from evenhand.server.pages.views.groups import gaps_of
from evenhand.server.pages.views.over_versions import gaps_over, health_of

__all__ = ["dashboard_page"]


def dashboard_page(connection: Connection, name: str, *, deps: Deps, say: Speech) -> DashboardPage:
    """Return the dashboard of a segmentation; MissingError when there is none."""
    record, now = segmentations.get(connection, name), deps.clock()
    kept = segmentations.versions_of(connection, name)
    current = next(one for one in kept if one.number == record.current_version)
    audience = audience_of(deps.settings.data_dir, name, *(one.content for one in kept))
    before = _before(kept, current)
    gaps = gaps_of(current.content, current.content, audience) if audience else ()
    waiting = Filter(states=requests.OPEN, segmentation=name)
    running = Filter(states=requests.ROLLING, segmentation=name)
    return DashboardPage(
        name=name, title=record.title, version=current.number, period=None, parts=len(current.content.every),
        others=tuple(one.name for one in segmentations.every(connection) if one.name != name),
        customers=audience.customers.n if audience else None,
        alarms=alarms_of(connection, record, gaps, say=say, since=current.created_at, now=now),
        segments=health_of(current.content, before, audience) if audience else (),
        gaps=gaps_over(kept, audience) if audience else None,
        calibration=calibrated(requests.came_true(connection, name)),
        waiting=requests.count(connection, waiting, now=now), running=requests.count(connection, running, now=now),
    )  # fmt: skip


def _before(kept: list[Version], current: Version) -> Segmentation | None:
    """Return what was in force before the present version, if anything was."""
    earlier = [one for one in kept if one.number < current.number and one.fate == "was_in_force"]
    return earlier[-1].content if earlier else None
