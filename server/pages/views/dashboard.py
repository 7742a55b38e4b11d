"""The dashboard, filled from what is kept: campaigns period by period, customers by version, requests, alarms."""

from __future__ import annotations

from sqlalchemy import Connection

from evenhand.registry import requests, segmentations
from evenhand.registry.requests import Filter
from evenhand.registry.segmentations import Version
from evenhand.segments import Segmentation
from evenhand.server.campaigns.periods import seen_by_period
from evenhand.server.deps import Deps
from evenhand.server.pages.models import DashboardPage
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.alarms import alarms_of
from evenhand.server.pages.views.audience import Audience, audience_of
from evenhand.server.pages.views.calibrated import calibrated
from evenhand.server.pages.views.groups import gaps_of
from evenhand.server.pages.views.over_periods import courses_of, periods_of, with_latest
from evenhand.server.pages.views.over_versions import gaps_over, health_of
from evenhand.server.pages.views.samples import LEAST

__all__ = ["dashboard_page"]


def dashboard_page(connection: Connection, name: str, *, deps: Deps, say: Speech) -> DashboardPage:
    """Return the dashboard of a segmentation; MissingError when there is none."""
    from evenhand.fairness.gaps import MIN_GROUP  # scipy is slow to import

    record, now = segmentations.get(connection, name), deps.clock()
    kept = segmentations.versions_of(connection, name)
    current = next(one for one in kept if one.number == record.current_version)
    audience = audience_of(deps.settings.data_dir, name, *(one.content for one in kept))
    before = _before(kept, current)
    gaps = gaps_of(current.content, current.content, audience) if audience else ()
    waiting = Filter(states=requests.OPEN, segmentation=name)
    running = Filter(states=requests.ROLLING, segmentation=name)
    seen = seen_by_period(connection, name, deps.counts, today=now.date())
    health = health_of(current.content, before, audience, say) if audience else ()
    labels, limit = _protected(audience)
    return DashboardPage(
        name=name, title=record.title, version=current.number, parts=len(current.content.every),
        others=tuple(one.name for one in segmentations.every(connection) if one.name != name),
        customers=audience.customers.n if audience else None,
        alarms=alarms_of(connection, record, gaps, say=say, since=current.created_at, now=now),
        segments=with_latest(health, seen, current.content.ids) if health else (), periods=periods_of(seen),
        courses=courses_of(seen, kept, current.number, labels=labels, limit=limit), least=LEAST,
        least_group=MIN_GROUP,
        gaps=gaps_over(kept, audience) if audience else None,
        calibration=calibrated(requests.came_true(connection, name)), untold=requests.given_to_all(connection, name),
        waiting=requests.count(connection, waiting, now=now), running=requests.count(connection, running, now=now),
    )  # fmt: skip


def _protected(audience: Audience | None) -> tuple[dict[str, str], tuple[str, float] | None]:
    """Return what protected attributes are called, and the one whose gap is limited, with its tolerance."""
    if audience is None:
        return {}, None
    labels = {one.name: one.label for one in audience.customers.protected}
    return labels, None if audience.constrained is None else (audience.constrained, audience.tolerance)


def _before(kept: list[Version], current: Version) -> Segmentation | None:
    """Return what was in force before the present version, if anything was."""
    earlier = [one for one in kept if one.number < current.number and one.fate == "was_in_force"]
    return earlier[-1].content if earlier else None
