"""What people are called on pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Self

from sqlalchemy import Connection, select

from evenhand.registry.actor import Actor, ActorKind
from evenhand.registry.tables import users
from evenhand.server.pages.models.parts import Person

__all__ = ["People"]


class People(NamedTuple):
    """Display names of everybody who ever came in."""

    displays: Mapping[str, str]

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """Read them all: there are few."""
        rows = connection.execute(select(users.c.name, users.c.display))
        return cls({row.name: row.display for row in rows})

    def person(self, name: str, kind: ActorKind = "user") -> Person:
        """Return how a page shows somebody; who has no display name is shown by name."""
        display = self.displays.get(name, name) if kind in ("user", "service") else name
        return Person(name=name, display=display or name, kind=kind)

    def actor(self, actor: Actor) -> Person:
        """Return how a page shows an actor of the audit log."""
        return self.person(actor.name, actor.kind)
