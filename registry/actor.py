"""Who does something: a person, a program, a policy, or Evenhand itself."""

from __future__ import annotations

from typing import Literal, NamedTuple

__all__ = ["SYSTEM", "Actor", "ActorKind"]

ActorKind = Literal["user", "service", "policy", "system"]


class Actor(NamedTuple):
    """One who acts. Names are unique within a kind: the user `ann` and the service `ann` are two."""

    kind: ActorKind
    name: str  # never personal data beyond a log-in name: the audit log keeps it for good

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


SYSTEM = Actor("system", "evenhand")  # expiry, schedules, roll-outs: what happens by itself
