"""What is kept of a policy: its signed manifest, its graph, its level; and whose champion it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, delete, insert, select

from evenhand.errors import ConflictError, DataError, MissingError, nearest
from evenhand.registry import audit, events
from evenhand.registry.actor import Actor
from evenhand.registry.tables import champions, policies, segmentations
from evenhand.segments import content_hash
from evenhand.segments.canonical import Json

__all__ = ["Level", "Policy", "crown", "every", "get", "graph_of", "noted", "uncrown", "upload"]

Level = Literal["candidate", "validated", "proven"]
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST = 60
_SHOWN = (
    policies.c.id, policies.c.sha256, policies.c.level, policies.c.manifest, policies.c.files, policies.c.uploaded_at,
    policies.c.uploaded_by,
)  # fmt: skip


class Policy(NamedTuple):
    """A policy as it is kept, without its graph."""

    id: str
    sha256: str  # of its manifest, which holds the hashes of everything else
    level: Level
    manifest: Any
    files: dict[str, str]  # name -> SHA-256
    uploaded_at: datetime
    uploaded_by: str


def upload(
    connection: Connection, id: str, *, manifest: Mapping[str, Json], graph: bytes, files: Mapping[str, str],
    actor: Actor, now: datetime,
) -> Policy:  # fmt: skip
    """Keep a policy whose signature and hashes the caller has verified; it is a candidate until the gate says more.

    The same policy again changes nothing, whatever id comes with it; ConflictError for an id that another one has.
    """
    sha256 = content_hash(dict(manifest))
    known = connection.execute(select(*_SHOWN).where(policies.c.sha256 == sha256)).first()
    if known is not None:
        return Policy(*known)
    if not SLUG.fullmatch(id) or len(id) > LONGEST:
        raise DataError(f"{id[:LONGEST]!r} is no id of a policy", rule=f"a-z, 0-9 and single dashes, at most {LONGEST}")
    if connection.execute(select(policies.c.id).where(policies.c.id == id)).first():
        raise ConflictError("there is another policy of this id", where=f"policy {id!r}", mend="choose another id")
    row = {"id": id, "sha256": sha256, "level": "candidate", "manifest": dict(manifest), "graph": graph,
           "files": dict(files), "uploaded_at": now, "uploaded_by": actor.name}  # fmt: skip
    connection.execute(insert(policies).values(row))
    noted(connection, id, "upload", {"sha256": sha256}, actor=actor, now=now)
    return get(connection, id)


def get(connection: Connection, id: str) -> Policy:
    """Return a policy; MissingError when there is none of that id."""
    row = connection.execute(select(*_SHOWN).where(policies.c.id == id)).first()
    if row is not None:
        return Policy(*row)
    close = nearest(id, connection.execute(select(policies.c.id)).scalars())
    raise MissingError(f"there is no policy {id[:LONGEST]!r}", mend=f"did you mean {close!r}?" if close else None)


def graph_of(connection: Connection, id: str) -> bytes:
    """Return the ONNX graph of a policy."""
    found = connection.execute(select(policies.c.graph).where(policies.c.id == id)).scalar()
    if found is None:
        raise MissingError(f"there is no policy {id[:LONGEST]!r}")
    return bytes(found)


def every(connection: Connection, *, after: str = "", limit: int = 100) -> list[Policy]:
    """Return policies by id, those behind `after`."""
    query = select(*_SHOWN).where(policies.c.id > after).order_by(policies.c.id).limit(limit)
    return [Policy(*row) for row in connection.execute(query)]


def crown(connection: Connection, segmentation: str, id: str, *, actor: Actor, now: datetime) -> Policy:
    """Let a policy advise on a segmentation from now on, in place of its champion.

    ConflictError for a candidate: nothing below *validated* advises anybody.
    """
    policy = get(connection, id)
    if connection.execute(select(segmentations.c.name).where(segmentations.c.name == segmentation)).first() is None:
        raise MissingError(f"there is no segmentation {segmentation[:LONGEST]!r}")
    if policy.level == "candidate":
        raise ConflictError(
            "it is a candidate",
            where=f"policy {id!r}",
            rule="a champion is validated by a simulated trial, or proven by a live one",
            mend="let the gate decide on it first",
        )
    connection.execute(delete(champions).where(champions.c.segmentation == segmentation))
    connection.execute(insert(champions).values(segmentation=segmentation, policy=id, since=now))
    noted(connection, id, "crown", {"segmentation": segmentation, "level": policy.level}, actor=actor, now=now)
    return policy


def uncrown(connection: Connection, id: str, *, actor: Actor, now: datetime) -> None:
    """Take a policy out of service wherever it is the champion."""
    where = champions.c.policy == id
    names = list(
        connection.execute(select(champions.c.segmentation).where(where).order_by(champions.c.segmentation)).scalars()
    )
    connection.execute(delete(champions).where(where))
    for name in names:
        noted(connection, id, "uncrown", {"segmentation": name}, actor=actor, now=now)


def noted(connection: Connection, id: str, verb: str, details: dict[str, Json], *, actor: Actor, now: datetime) -> None:
    """Write what was done to a policy into the audit log, and an event for others."""
    action, subject = f"policy.{verb}", f"policies/{id}"
    audit.append(connection, action=action, subject=subject, details=details, actor=actor, now=now)
    events.emit(connection, kind=action, subject=subject, document=details, now=now)
