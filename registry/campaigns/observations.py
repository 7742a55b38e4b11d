"""Observations: the statistics of every segment of a version in one period, told or counted from results."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, update

from evenhand.errors import ConflictError, MissingError
from evenhand.registry import audit, events, segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.tables import observations
from evenhand.segments import content_hash
from evenhand.segments.canonical import Json

__all__ = ["Observation", "observe", "observed", "observed_all"]


class Observation(NamedTuple):
    """What was seen of a version in a period; `document` has `segments`, and `plan` where it was counted from one."""

    id: int
    segmentation: str
    version: int
    period: int
    document: Any
    at: datetime


def observe(
    connection: Connection, segmentation: str, version: int, period: int, document: Mapping[str, Json], *,
    replace: bool = False, actor: Actor, now: datetime,
) -> Observation:  # fmt: skip
    """Keep an observation; the same again changes nothing.

    MissingError for a version that is not there; ConflictError where another one is kept of that period, unless it is
    to be replaced, which the audit log then shows.
    """
    segmentations.version(connection, segmentation, version)
    here = (observations.c.segmentation == segmentation) & (observations.c.version == version)
    known = connection.execute(select(observations).where(here, observations.c.period == period)).first()
    if known is not None and known.document == dict(document):
        return Observation(*known)
    values = {"document": dict(document), "at": now}
    if known is None:
        row = {"segmentation": segmentation, "version": version, "period": period, **values}
        connection.execute(insert(observations).values(row))
    elif replace:
        connection.execute(update(observations).where(observations.c.id == known.id).values(values))
    else:
        raise ConflictError(
            f"another observation of version {version} in period {period} is kept", where="period",
            rule="one observation of a version a period", mend="send it with `replace` if that one was wrong",
        )  # fmt: skip
    kept = Observation(*connection.execute(select(observations).where(here, observations.c.period == period)).one())
    details: dict[str, Json] = {"version": version, "period": period, "observation": kept.id,
                                "sha256": content_hash(kept.document), "replaced": known is not None}  # fmt: skip
    subject = f"segmentations/{segmentation}"
    audit.append(connection, action="observation.keep", subject=subject, details=details, actor=actor, now=now)
    events.emit(
        connection, kind="observation.keep", subject=subject, document={**details, "actor": str(actor)}, now=now
    )
    return kept


def observed(connection: Connection, segmentation: str, id: int) -> Observation:
    """Return one observation of a segmentation; MissingError when there is none of that id."""
    mine = (observations.c.segmentation == segmentation) & (observations.c.id == id)
    row = connection.execute(select(observations).where(mine)).first() if 0 < id < 2**63 else None
    if row is None:
        raise MissingError(f"there is no observation {id}", where=f"segmentation {segmentation!r}")
    return Observation(*row)


def observed_all(
    connection: Connection, segmentation: str, *, before: int | None = None, limit: int | None = None
) -> list[Observation]:
    """Return the observations of a segmentation, the newest first: all, or at most `limit` older than one."""
    segmentations.get(connection, segmentation)
    query = select(observations).where(observations.c.segmentation == segmentation)
    if before is not None:
        query = query.where(observations.c.id < before)
    return [Observation(*row) for row in connection.execute(query.order_by(observations.c.id.desc()).limit(limit))]
