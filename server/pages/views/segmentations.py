"""Segmentations, their versions, and two of them side by side."""

from __future__ import annotations

from typing import Literal

from sqlalchemy import Connection

from evenhand.registry import requests, segmentations
from evenhand.registry.requests import Filter
from evenhand.registry.segmentations import Record
from evenhand.registry.segmentations import Version as Kept
from evenhand.server.auth import Caller
from evenhand.server.deps import Deps
from evenhand.server.pages.models import ComparePage, SegmentationPage, SegmentationsPage
from evenhand.server.pages.models.frame import Freeze
from evenhand.server.pages.models.request import Overlap
from evenhand.server.pages.models.segmentations import SegmentationRow, Version
from evenhand.server.pages.sentences import differences
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.audience import audience_of
from evenhand.server.pages.views.content import lines_of, recampaigned, segments_of
from evenhand.server.pages.views.evidence import outcomes_of
from evenhand.server.pages.views.people import People
from evenhand.server.pages.views.titles import title_of
from evenhand.server.pages.views.touched import touched_by
from evenhand.server.pages.words import N_

__all__ = ["compare_page", "segmentation_page", "segmentations_page"]

MOST_OPEN = 50  # requests named on a segmentation's page; the queue has the others
_FIRST = N_("The first version.")
_NEVER = N_("Never in force: its roll-out was stopped.")
_ROLLING = N_("Rolling out: a share of the customers has it.")


def segmentations_page(connection: Connection, deps: Deps) -> SegmentationsPage:
    """Return all segmentations."""
    return SegmentationsPage(rows=tuple(_row(connection, one, deps) for one in segmentations.every(connection)))


def _row(connection: Connection, record: Record, deps: Deps) -> SegmentationRow:
    current = segmentations.current(connection, record.name)
    audience = audience_of(deps.settings.data_dir, record.name, current.content)
    waiting = Filter(states=requests.OPEN, segmentation=record.name)
    return SegmentationRow(
        name=record.name, title=record.title, version=current.number, segments=len(current.content.every),
        customers=audience.customers.n if audience else 0, changed_at=current.created_at,
        open_requests=requests.count(connection, waiting, now=deps.clock()), frozen=record.frozen,
    )  # fmt: skip


def segmentation_page(
    connection: Connection, name: str, *, caller: Caller, deps: Deps, say: Speech, key: str
) -> SegmentationPage:
    """Return one segmentation with its versions, the newest first; MissingError when there is none."""
    record, people = segmentations.get(connection, name), People.of(connection)
    kept = segmentations.versions_of(connection, name)
    current = next(one for one in kept if one.number == record.current_version)
    audience = audience_of(deps.settings.data_dir, name, current.content)
    frozen = record.frozen_at and Freeze(
        segmentation=name, by=people.person(record.frozen_by or ""), at=record.frozen_at,
        reason=record.frozen_reason or "",
    )  # fmt: skip
    change = "segmentations:unfreeze" if frozen else "segmentations:freeze"
    return SegmentationPage(
        name=name, title=record.title, version=current.number, customers=audience.customers.n if audience else 0,
        segments=segments_of(current.content, audience, say),
        versions=_versions(connection, record, kept, people, say),
        open_requests=_open(connection, name, deps, say), may_propose=caller.may("requests:write"),
        may_freeze=caller.may(change), freeze=frozen or None, key=key,
    )  # fmt: skip


def _open(connection: Connection, name: str, deps: Deps, say: Speech) -> tuple[Overlap, ...]:
    wanted = Filter(states=(*requests.OPEN, *requests.ROLLING), segmentation=name)
    found = requests.page(connection, wanted, limit=MOST_OPEN, now=deps.clock()).items
    return tuple(
        Overlap(id=one.id, title=title_of(connection, one, say), state=one.state,
                customers=touched_by(connection, one, deps.settings.data_dir))
        for one in found
    )  # fmt: skip


def _versions(
    connection: Connection, record: Record, kept: list[Kept], people: People, say: Speech
) -> tuple[Version, ...]:
    """Return all versions, the newest first, each told by what it changed of the one that it came after."""
    return tuple(version_of(connection, record, one, people, say) for one in reversed(kept))


def version_of(connection: Connection, record: Record, one: Kept, people: People, say: Speech) -> Version:
    """Return a version as pages show it."""
    request = None if one.request is None else requests.get(connection, one.request)
    sentences: tuple[str, ...] = (say(_FIRST),)
    if request is not None:
        base = segmentations.version(connection, record.name, _base(request, one)).content
        sentences = tuple(differences(base, one.content, say))
    told = {"never_in_force": say(_NEVER), "rolling_out": say(_ROLLING)}.get(one.fate)
    sources = (
        tuple(e.source for outcome in outcomes_of(connection, request) for e in outcome.estimates) if request else ()
    )
    return Version(
        number=one.number, at=one.created_at, by=people.person(one.created_by, _kind(request, one)),
        why=one.note if request is not None and one.number != request.version and one.note else
        request.reason if request else "",
        sentences=sentences if told is None else (told, *sentences), request=one.request, sources=sources,
        standing=_standing(record, one, request),
    )  # fmt: skip


def _base(request: requests.Request, version: Kept) -> int:
    """Return the version that one came after: of an emergency roll-back, the one that it undid."""
    undone = request.version is not None and version.number != request.version
    return request.version if undone and request.version else request.base_version


def _kind(request: requests.Request | None, version: Kept) -> Literal["user", "system"]:
    return "system" if request is not None and version.created_by == "evenhand" else "user"


def _standing(
    record: Record, version: Kept, request: requests.Request | None
) -> Literal["current", "stable", "past", "rolled_back"]:
    if version.number == record.current_version:
        return "current"
    if version.number == record.stable_version:
        return "stable"
    undone = request is not None and request.state == "rolled_back" and request.version == version.number
    return "rolled_back" if undone else "past"


def compare_page(
    connection: Connection, name: str, old: int | None, new: int | None, *, caller: Caller, deps: Deps, say: Speech,
    key: str,
) -> ComparePage:  # fmt: skip
    """Return two versions side by side; without numbers the one in force and the one before it."""
    record, people = segmentations.get(connection, name), People.of(connection)
    new = new or record.current_version
    one = segmentations.version(connection, name, old or max(new - 1, 1))
    other = segmentations.version(connection, name, new)
    audience = audience_of(deps.settings.data_dir, name, one.content, other.content)
    numbers = [version.number for version in segmentations.versions_of(connection, name)]
    backwards = one.number != record.current_version and one.fate == "was_in_force"
    return ComparePage(
        name=name, title=record.title, versions=tuple(reversed(numbers)),
        old=version_of(connection, record, one, people, say),
        new=version_of(connection, record, other, people, say),
        sentences=tuple(differences(one.content, other.content, say)),
        lines=lines_of(one.content, other.content, say),
        before=segments_of(one.content, audience, say), after=segments_of(other.content, audience, say, one.content),
        moved=int(recampaigned(one.content, other.content, audience).sum()) if audience else 0,
        customers=audience.customers.n if audience else 0,
        may_roll_back=backwards and caller.may("requests:write"), key=key,
    )  # fmt: skip
