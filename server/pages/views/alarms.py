"""What is not as it should be with a segmentation, and where to look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection

from evenhand.registry import jobs, requests
from evenhand.registry.requests import Filter, Request
from evenhand.registry.segmentations import Record
from evenhand.server.pages.models.dashboard import Alarm
from evenhand.server.pages.models.parts import Gap
from evenhand.server.pages.models.queue import State
from evenhand.server.pages.places import address
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.words import N_

__all__ = ["alarms_of"]

SOON = timedelta(days=3)  # before a request expires
LATELY = timedelta(days=14)  # since a roll-out stopped
MOST = 20  # of each kind
_FROZEN = N_("It is frozen: nothing is recommended or put into force.")
_BROKEN = N_("The gap by %(attribute)s is %(gap)s where %(limit)s is allowed.")
_STOPPED = N_("Request %(id)s: its roll-out was stopped. %(why)s")
_PAUSED = N_("Request %(id)s: its roll-out is paused. %(why)s")
_EXPIRES = N_("Request %(id)s expires on %(day)s.")
_OUTDATED = N_("Request %(id)s is outdated: another change came into force.")
_FAILED = N_("Request %(id)s: its simulation failed. %(why)s")


def alarms_of(
    connection: Connection, record: Record, gaps: Sequence[Gap], *, say: Speech, since: datetime, now: datetime
) -> tuple[Alarm, ...]:
    """Return the open alarms of a segmentation, the gravest first; `since` is when its version came into force."""
    found = [
        *_standing(record, gaps, say, since),
        *_requests(connection, record, say, now),
        *_jobs(connection, record, say),
    ]
    return tuple(sorted(found, key=lambda one: one.severity != "wrong"))


def _standing(record: Record, gaps: Sequence[Gap], say: Speech, since: datetime) -> Iterator[Alarm]:
    here = address("segmentation", name=record.name)
    if record.frozen_at:
        yield Alarm(severity="wrong", text=say(_FROZEN), at=record.frozen_at, href=here)
    for gap in gaps:
        if gap.tolerance is not None and gap.after > gap.tolerance:
            said = {"attribute": gap.attribute, "gap": say.number(gap.after, 3), "limit": say.number(gap.tolerance, 3)}
            yield Alarm(severity="wrong", text=say(_BROKEN) % said, at=since, href=here)


def _requests(connection: Connection, record: Record, say: Speech, now: datetime) -> Iterator[Alarm]:
    def those(*states: State) -> list[Request]:
        wanted = Filter(states=states, segmentation=record.name)
        return requests.page(connection, wanted, limit=MOST, now=now).items

    for one in those("stopped"):
        if now - one.updated_at <= LATELY:
            yield _about(one, "wrong", say(_STOPPED) % {"id": one.id, "why": one.stop_reason or ""})
    for one in those("paused"):
        yield _about(one, "warn", say(_PAUSED) % {"id": one.id, "why": one.stop_reason or ""})
    for one in those(*requests.OPEN):
        if requests.outdated(one, record):
            yield _about(one, "warn", say(_OUTDATED) % {"id": one.id})
        elif one.expires_at is not None and one.expires_at - now <= SOON:
            yield _about(one, "warn", say(_EXPIRES) % {"id": one.id, "day": say.day(one.expires_at)})


def _about(request: Request, severity: Literal["warn", "wrong"], text: str) -> Alarm:
    here = address("request", id=request.id)
    return Alarm(severity=severity, text=text.strip(), at=request.updated_at, href=here)


def _jobs(connection: Connection, record: Record, say: Speech) -> Iterator[Alarm]:
    for job in jobs.failed(connection, limit=MOST):
        kind, _, id = job.subject.partition("/")
        if kind != "requests" or not id.isdecimal():
            continue
        request = requests.get(connection, int(id))
        if request.segmentation == record.name and request.state in requests.OPEN:
            yield _about(request, "warn", say(_FAILED) % {"id": request.id, "why": job.error or ""})
