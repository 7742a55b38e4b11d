"""Segmentations: create, read, compare versions, the kill switch, and the way back in an emergency."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.registry import freezing, requests
from evenhand.registry.segmentations import create, current, every, get, version, versions_of
from evenhand.segments import Segmentation
from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.schemas.base import After, Limit, Page, Why
from evenhand.server.schemas.segmentations import (
    Difference,
    From,
    NewSegmentation,
    SegmentationDetail,
    SegmentationName,
    SegmentationShown,
    To,
    VersionNumber,
    VersionShown,
    VersionWhole,
)
from evenhand.server.writing import Done, Write, respond, writes

__all__ = ["router"]

router = APIRouter(prefix="/v1/segmentations", tags=["segmentations"])
Reader = Annotated[Caller, require("segmentations:read")]
Number = Annotated[int, Query(ge=0, lt=2**31, description="Only versions behind this, from `next` of the page before.")]


@router.get("", response_model=Page[SegmentationShown], summary="List segmentations")
def list_all(caller: Reader, deps: DepsOf, after: After = "", limit: Limit = 100) -> Response:
    """List segmentations by name."""
    with deps.database.reading() as connection:
        found = every(connection, after=after, limit=limit + 1)
    shown = [SegmentationShown.of(record) for record in found[:limit]]
    return respond(Done(Page[SegmentationShown](items=shown, next=shown[-1].name if len(found) > limit else None)))


@router.post("", response_model=SegmentationShown, status_code=201, summary="Create a segmentation")
def begin(body: NewSegmentation, write: Annotated[Write, writes("segmentations:create")]) -> Response:
    """Write a segmentation's first version, which is in force at once; every later one takes a change request."""
    content = Segmentation.from_json(body.content)

    def command(connection: Connection, now: datetime) -> Done:
        record = create(connection, body.name, content, title=body.title, actor=write.actor, now=now)
        return Done(SegmentationShown.of(record), 201, location=f"/v1/segmentations/{record.name}")

    return write.once(command)


@router.get("/{name}", response_model=SegmentationDetail, summary="Read a segmentation")
def read(name: SegmentationName, caller: Reader, deps: DepsOf) -> Response:
    """Show a segmentation with the version in force."""
    with deps.database.reading() as connection:
        record, running = get(connection, name), current(connection, name)
    shown = SegmentationShown.of(record).model_dump()
    return respond(Done(SegmentationDetail(**shown, version=VersionWhole.of(running))))


@router.get("/{name}/versions", response_model=Page[VersionShown], summary="List versions")
def list_versions(
    name: SegmentationName, caller: Reader, deps: DepsOf, after: Number = 0, limit: Limit = 100
) -> Response:
    """List the versions of a segmentation, the first one first, and what became of each."""
    with deps.database.reading() as connection:
        found = versions_of(connection, name, after=after, limit=limit + 1)
    shown = [VersionShown.of(one) for one in found[:limit]]
    return respond(Done(Page[VersionShown](items=shown, next=str(shown[-1].number) if len(found) > limit else None)))


@router.get("/{name}/versions/{number}", response_model=VersionWhole, summary="Read a version")
def read_version(name: SegmentationName, number: VersionNumber, caller: Reader, deps: DepsOf) -> Response:
    """Show one version as data and in sentences."""
    with deps.database.reading() as connection:
        return respond(Done(VersionWhole.of(version(connection, name, number))))


@router.get("/{name}/diff", response_model=Difference, summary="Compare two versions")
def diff(name: SegmentationName, caller: Reader, deps: DepsOf, before: From, to: To) -> Response:
    """Say what changes from one version to another, in sentences and as data."""
    with deps.database.reading() as connection:
        old, new = version(connection, name, before), version(connection, name, to)
    return respond(Done(Difference.of(old, new)))


@router.post("/{name}/freeze", response_model=SegmentationShown, summary="Freeze (kill switch)")
def freeze(name: SegmentationName, body: Why, write: Annotated[Write, writes("segmentations:freeze")]) -> Response:
    """Return to the version that was last in force for everybody, and stay there until a second person unfreezes."""

    def command(connection: Connection, now: datetime) -> Done:
        record = freezing.freeze(connection, name, reason=body.reason, actor=write.actor, now=now)
        return Done(SegmentationShown.of(record))

    return write.once(command)


@router.post("/{name}/unfreeze", response_model=SegmentationShown, summary="Unfreeze")
def unfreeze(name: SegmentationName, body: Why, write: Annotated[Write, writes("segmentations:unfreeze")]) -> Response:
    """Let a segmentation change again; whoever froze it cannot."""

    def command(connection: Connection, now: datetime) -> Done:
        record = freezing.unfreeze(connection, name, reason=body.reason, actor=write.actor, now=now)
        return Done(SegmentationShown.of(record))

    return write.once(command)


@router.post("/{name}/rollback", response_model=SegmentationDetail, summary="Roll back in an emergency")
def roll_back(name: SegmentationName, body: Why, write: Annotated[Write, writes("segmentations:rollback")]) -> Response:
    """Undo the newest change at once, without a review; the audit log marks it as an emergency.

    To go back to an earlier version with a review, make a change request of kind `rollback`.
    """

    def command(connection: Connection, now: datetime) -> Done:
        newest = requests.newest_applied(connection, name)
        requests.roll_back(connection, newest.id, reason=body.reason, actor=write.actor, now=now)
        shown = SegmentationShown.of(get(connection, name)).model_dump()
        return Done(SegmentationDetail(**shown, version=VersionWhole.of(current(connection, name))))

    return write.once(command)
