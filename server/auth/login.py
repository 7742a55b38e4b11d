"""Log-in and log-out of people."""

from __future__ import annotations

import anyio
from fastapi import Request
from starlette.responses import Response

from evenhand.registry.identity import Session, User, close_session, drop_ended_sessions, find_session, open_session
from evenhand.server.auth.cookies import clear_cookie, set_cookie, token_of
from evenhand.server.auth.identifier import Credentials
from evenhand.server.deps import Deps
from evenhand.server.problems import Problem

__all__ = ["give_cookie", "log_in", "log_out"]


async def log_in(request: Request, deps: Deps, *, name: str, password: str) -> tuple[str, Session]:
    """Return the token and the session of somebody who could show who they are.

    The session is always new: one that the browser brought along, perhaps planted by somebody else, ends.
    """
    address = request.client.host if request.client else ""
    credentials, now = Credentials(name, password, address), deps.clock()
    old = token_of(request)

    def work() -> tuple[str, Session]:
        user = deps.identifier.identify(deps.database, credentials, now=now)
        return _opened(deps, user, old)

    try:
        opened = await anyio.to_thread.run_sync(work, limiter=deps.hashing)
    except Problem:
        deps.metrics.logins.labels("refused").inc()
        raise
    deps.metrics.logins.labels("opened").inc()
    return opened


def log_out(request: Request, response: Response, deps: Deps, session: Session | None) -> None:
    """End a session and take its cookie away."""
    if session is not None:
        with deps.database.writing() as connection:
            close_session(connection, session, now=deps.clock())
    clear_cookie(request, response)


def give_cookie(request: Request, response: Response, deps: Deps, token: str) -> None:
    """Let the browser keep a session's token for as long as the session can last."""
    set_cookie(request, response, token, seconds=deps.settings.session_life)


def _opened(deps: Deps, user: User, old: str | None) -> tuple[str, Session]:
    now = deps.clock()
    with deps.database.writing() as connection:
        drop_ended_sessions(connection, idle=deps.idle, now=now)
        before = find_session(connection, old, idle=deps.idle, now=now) if old else None
        if before is not None:
            close_session(connection, before, now=now)
        return open_session(connection, user, life=deps.life, now=now)
