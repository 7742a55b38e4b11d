"""What routes work with, made once by `create_app` and kept in `app.state.deps`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

if TYPE_CHECKING:
    from anyio import CapacityLimiter

    from evenhand.registry.database import Database
    from evenhand.registry.identity import Passwords
    from evenhand.server.auth.identifier import Identifier
    from evenhand.server.auth.keycache import KeyCache
    from evenhand.server.campaigns.periods import Counts
    from evenhand.server.lookups import Lookups
    from evenhand.server.metrics import Metrics
    from evenhand.server.serving.parts import Serving
    from evenhand.server.settings import ServerSettings

__all__ = ["Clock", "Deps", "DepsOf", "deps_of", "utc_now"]

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the time: the one place where the server reads a clock, but for durations."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Deps:
    """The parts of one server."""

    settings: ServerSettings
    database: Database
    metrics: Metrics
    identifier: Identifier  # who is it: password log-in, later OIDC
    keys: KeyCache
    passwords: Passwords
    lookups: Lookups  # who is in which segment
    counts: Counts  # of campaign plans, as long as they stand
    serving: Serving  # what recommends
    hashing: CapacityLimiter  # turns at hashing passwords: each takes its memory, and strangers choose how many come
    clock: Clock = utc_now

    @property
    def idle(self) -> timedelta:
        """After how long without a request a session ends."""
        return timedelta(seconds=self.settings.session_idle)

    @property
    def life(self) -> timedelta:
        """How long a session can last."""
        return timedelta(seconds=self.settings.session_life)


def deps_of(request: Request) -> Deps:
    """Return the parts of the server that answers a request."""
    found: Deps = request.app.state.deps
    return found


async def _deps_of(request: Request) -> Deps:
    """Do the same as a dependency: one that is no coroutine would be sent to a thread, for each request."""
    return deps_of(request)


DepsOf = Annotated[Deps, Depends(_deps_of)]
