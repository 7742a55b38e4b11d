"""The dashboard, filled from what is kept: counts of customers and requests; of results it says that none came."""

from __future__ import annotations

from sqlalchemy import Connection

from evenhand.registry import requests, segmentations
from evenhand.registry.requests import Filter
from evenhand.server.deps import Deps
from evenhand.server.pages.models import DashboardPage
from evenhand.server.pages.views.audience import audience_of

__all__ = ["dashboard_page"]


def dashboard_page(connection: Connection, name: str, deps: Deps) -> DashboardPage:
    """Return the dashboard of a segmentation; MissingError when there is none."""
    record, now = segmentations.get(connection, name), deps.clock()
    current = segmentations.current(connection, name)
    audience = audience_of(deps.settings.data_dir, name, current.content)
    others = tuple(one.name for one in segmentations.every(connection) if one.name != name)
    waiting = Filter(states=requests.OPEN, segmentation=name)
    running = Filter(states=requests.ROLLING, segmentation=name)
    return DashboardPage(
        name=name, title=record.title, others=others, version=current.number, period=None,
        customers=audience.customers.n if audience else None, parts=len(current.content.every), alarms=(),
        segments=(), gaps=None, calibration=(), waiting=requests.count(connection, waiting, now=now),
        running=requests.count(connection, running, now=now),
    )  # fmt: skip
