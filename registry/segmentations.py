"""Segmentations and their versions: what is in force, what was, and what never came into force."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal, NamedTuple

from sqlalchemy import Connection, RowMapping, Select, func, insert, select, update

from evenhand.errors import ConflictError, DataError, MissingError, nearest
from evenhand.registry import audit, events
from evenhand.registry.actor import Actor
from evenhand.registry.tables import requests, segmentations, versions
from evenhand.registry.texts import line
from evenhand.segments import Segmentation
from evenhand.segments.canonical import Json

__all__ = [
    "Fate",
    "Record",
    "Version",
    "add_version",
    "bring_into_force",
    "create",
    "current",
    "every",
    "fallback",
    "get",
    "goes_back_to",
    "note",
    "version",
    "versions_of",
]

Fate = Literal["in_force", "was_in_force", "rolling_out", "never_in_force"]
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST = 60  # characters of a name
MOST = 2**31  # versions


class Record(NamedTuple):
    """A segmentation as the registry keeps it; its content is that of its versions."""

    name: str
    title: str
    created_at: datetime
    created_by: str
    current_version: int  # in force for everybody, or for everybody outside of a roll-out
    stable_version: int  # the last one in force for everybody: where the kill switch returns to
    rolling_request: int | None  # whose version a share of the customers has
    frozen_at: datetime | None
    frozen_by: str | None
    frozen_reason: str | None

    @property
    def frozen(self) -> bool:
        """Whether the kill switch is on: no recommendations, and nothing comes into force."""
        return self.frozen_at is not None


class Version(NamedTuple):
    """One version of a segmentation; once written it never changes."""

    segmentation: str
    number: int
    sha256: str
    content: Segmentation
    created_at: datetime
    created_by: str
    request: int | None  # that it came from; none for the first one
    note: str | None
    fate: Fate


def create(
    connection: Connection, name: str, content: Segmentation, *, title: str = "", actor: Actor, now: datetime
) -> Record:
    """Write a new segmentation with its first version, which is in force at once.

    DataError for a name that is no slug; ConflictError for one that is taken.
    """
    taken = select(segmentations.c.name).where(segmentations.c.name == _slug(name))
    title = line(title or name, what="title")
    if connection.execute(taken).first():
        raise ConflictError("there is one already", where=f"segmentation {name!r}", mend="choose another name")
    row = {"name": name, "title": title, "created_at": now, "created_by": actor.name}
    connection.execute(insert(segmentations).values(**row, current_version=1, stable_version=1))
    add_version(connection, name, content, request=None, remark=None, actor=actor, now=now)
    details: dict[str, Json] = {"version": 1, "sha256": content.hash}
    note(connection, name, "create", details, actor=actor, now=now)
    return get(connection, name)


def every(connection: Connection, *, after: str = "", limit: int | None = None) -> list[Record]:
    """Return segmentations by name: all of them, or at most `limit` behind a name."""
    query = select(segmentations).where(segmentations.c.name > after).order_by(segmentations.c.name).limit(limit)
    return [Record(*row) for row in connection.execute(query)]


def get(connection: Connection, name: str) -> Record:
    """Return a segmentation; MissingError when there is none of that name."""
    wanted = select(segmentations).where(segmentations.c.name == name)
    row = connection.execute(wanted).first() if _is_slug(name) else None
    if row is not None:
        return Record(*row)
    names = connection.execute(select(segmentations.c.name).order_by(segmentations.c.name)).scalars()
    close = nearest(name, names)
    raise MissingError(
        f"there is no segmentation {name[:LONGEST]!r}", mend=f"did you mean {close!r}?" if close else None
    )


def versions_of(connection: Connection, name: str, *, after: int = 0, limit: int | None = None) -> list[Version]:
    """Return versions of a segmentation, the first one first: all of them, or at most `limit` behind a number."""
    record = get(connection, name)
    query = _versions(name).where(versions.c.number > after).order_by(versions.c.number).limit(limit)
    return [_version(record, row) for row in connection.execute(query).mappings()]


def version(connection: Connection, name: str, number: int) -> Version:
    """Return one version; MissingError when there is none of that number."""
    record = get(connection, name)
    wanted = _versions(name).where(versions.c.number == number)
    row = connection.execute(wanted).mappings().first() if 0 < number < MOST else None
    if row is None:
        raise MissingError(f"there is no version {number}", where=f"segmentation {name!r}")
    return _version(record, row)


def current(connection: Connection, name: str) -> Version:
    """Return the version in force, outside of a roll-out."""
    return version(connection, name, get(connection, name).current_version)


def goes_back_to(connection: Connection, name: str, sha256: str) -> bool:
    """Whether what is in force for everybody is this content, or came of it by changes since.

    It did not where everybody has gone back, by a request or in an emergency, to what was in force before it.
    """
    record = get(connection, name)
    rows = connection.execute(_versions(name).order_by(versions.c.number)).mappings()
    ran = [
        row["sha256"] for row in rows
        if row["number"] <= record.current_version
        and _fate(record, row["number"], row["state"]) in ("in_force", "was_in_force")
    ]  # fmt: skip
    if sha256 not in ran:
        return False
    last = len(ran) - 1 - ran[::-1].index(sha256)
    return not set(ran[last + 1 :]) & set(ran[:last])


def fallback(connection: Connection, name: str) -> Version:
    """Return the version that the kill switch returns to: the last one that was in force for everybody."""
    return version(connection, name, get(connection, name).stable_version)


# ------------------------------------------------------------------------------- for those who change them


def add_version(
    connection: Connection,
    name: str,
    content: Segmentation,
    *,
    request: int | None,
    remark: str | None,
    actor: Actor,
    now: datetime,
) -> int:
    """Write the next version and return its number; it is not in force yet."""
    newest = select(func.coalesce(func.max(versions.c.number), 0)).where(versions.c.segmentation == name)
    number = int(connection.execute(newest).scalar_one()) + 1
    row = {"segmentation": name, "number": number, "sha256": content.hash, "document": content.to_dict()}
    written = {"created_at": now, "created_by": actor.name, "request": request, "note": remark}
    connection.execute(insert(versions).values(**row, **written))
    return number


def bring_into_force(connection: Connection, name: str, number: int) -> None:
    """Put a version in force for everybody; a roll-out is over with that."""
    state = {"current_version": number, "stable_version": number, "rolling_request": None}
    connection.execute(update(segmentations).where(segmentations.c.name == name).values(**state))


def note(
    connection: Connection, name: str, action: str, details: dict[str, Json], *, actor: Actor, now: datetime
) -> None:
    """Write down what was done to a segmentation: one row of the audit log, one event."""
    kind, subject = f"segmentation.{action}", f"segmentations/{name}"
    audit.append(connection, action=kind, subject=subject, details=details, actor=actor, now=now)
    events.emit(connection, kind=kind, subject=subject, document={**details, "actor": str(actor)}, now=now)


# -------------------------------------------------------------------------------------------------- inside


def _versions(name: str) -> Select[tuple[object, ...]]:
    """Return the query of versions with the state of the requests that they came from."""
    joined = versions.outerjoin(requests, versions.c.request == requests.c.id)
    columns = (*versions.c, requests.c.state.label("state"))
    return select(*columns).select_from(joined).where(versions.c.segmentation == name)


def _version(record: Record, row: RowMapping) -> Version:
    values = {key: value for key, value in row.items() if key not in ("state", "document")}
    content = Segmentation.from_json(row["document"])
    return Version(**values, content=content, fate=_fate(record, row["number"], row["state"]))


def _fate(record: Record, number: int, state: str | None) -> Fate:
    """Return what became of a version, given the state of its request: versions themselves are never rewritten."""
    if number == record.current_version:
        return "in_force"
    if state == "stopped":
        return "never_in_force"
    return "rolling_out" if state in ("rolling_out", "paused") else "was_in_force"


def _slug(name: str) -> str:
    if not _is_slug(name):
        raise DataError(
            f"{name[:LONGEST]!r} is no name of a segmentation",
            rule=f"small letters, digits and single hyphens, {LONGEST} characters at most",
            mend="winter-sale",
        )
    return name


def _is_slug(name: str) -> bool:
    return len(name) <= LONGEST and SLUG.fullmatch(name) is not None
