"""What advice on a segmentation stands on at this moment, read in one small query by every worker."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from evenhand.errors import MissingError, nearest
from evenhand.registry.policies.record import Level
from evenhand.registry.tables import champions, policies, segmentations

__all__ = ["State", "state_of"]


class State(NamedTuple):
    """One segmentation and its champion."""

    version: int  # in force
    frozen: str | None  # why, while the kill switch is on
    policy: str | None  # the champion, if there is one
    sha256: str | None
    level: Level | None


def state_of(connection: Connection, name: str) -> State:
    """Return the state of a segmentation; MissingError when there is none of that name."""
    c = segmentations.c
    query = (
        select(c.current_version, c.frozen_at, c.frozen_reason, policies.c.id, policies.c.sha256, policies.c.level)
        .select_from(segmentations)
        .outerjoin(champions, champions.c.segmentation == c.name)
        .outerjoin(policies, policies.c.id == champions.c.policy)
        .where(c.name == name)
    )
    row = connection.execute(query).first()
    if row is None:
        close = nearest(name, connection.execute(select(c.name)).scalars())
        raise MissingError(
            f"there is no segmentation {name[:60]!r}", mend=f"did you mean {close!r}?" if close else None
        )
    version, frozen_at, reason, *champion = row
    return State(version, None if frozen_at is None else reason or "no reason given", *champion)
