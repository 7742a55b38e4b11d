"""Who asks: a bearer key or a session's cookie becomes a Caller, and a route says what the caller must be allowed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool

from evenhand.errors import RefusedError
from evenhand.registry.actor import Actor
from evenhand.registry.identity import Key, Role, Session, User, find_session, touch_session
from evenhand.server.auth.cookies import token_of
from evenhand.server.auth.csrf import SAFE, check_token
from evenhand.server.auth.permissions import PERMISSIONS, Permission, known, permissions_of
from evenhand.server.deps import Deps, deps_of
from evenhand.server.problems import Problem

__all__ = ["ANYBODY", "Caller", "Require", "require", "session_of"]


class Caller(NamedTuple):
    """One who asks, and what they may do."""

    user: User
    permissions: frozenset[Permission]  # of the roles; with a key, only those in its scopes
    key: Key | None = None
    session: Session | None = None

    @property
    def actor(self) -> Actor:
        """How the audit log names the caller."""
        return self.user.actor

    @property
    def roles(self) -> tuple[Role, ...]:
        """The caller's roles."""
        return self.user.roles

    def may(self, permission: Permission) -> bool:
        """Tell whether the caller may do something."""
        return permission in self.permissions

    def check(self, permission: Permission) -> None:
        """Raise RefusedError unless the caller may do something."""
        if permission not in self.permissions:
            roles = ", ".join(sorted(PERMISSIONS[permission]))
            raise RefusedError("you may not do this", rule=f"it takes the permission {permission}, which {roles} have",
                               mend="ask an administrator, or use a key of that scope")  # fmt: skip


@dataclass(frozen=True)
class Require:
    """A dependency that lets in whoever has a permission; with None as permission, everybody."""

    permission: Permission | None

    async def __call__(self, request: Request) -> Any:
        """Return the caller, or None where everybody may come."""
        if self.permission is None:
            return None
        caller = await caller_of(request, deps_of(request))
        request.state.caller = caller  # a page that tells an error says who is logged in
        caller.check(self.permission)
        return caller


def require(permission: Permission) -> Any:
    """Return what a route depends on that needs a permission, to stand in `Annotated[Caller, ...]`."""
    return Depends(Require(known(permission)))


ANYBODY: Any = Depends(Require(None))  # a route that is open says so: one that says nothing fails a test


async def caller_of(request: Request, deps: Deps) -> Caller:
    """Return who asks; the problem `unauthenticated` when nobody can be made out."""
    header = request.headers.get("authorization")
    if header is not None:
        return await _by_key(header, deps)
    session = await session_of(request, deps)
    if session is None:
        raise _nobody("no key, and no session that goes on")
    if request.method not in SAFE:
        await check_token(request, session.csrf)
    return Caller(session.user, permissions_of(session.user.roles), session=session)


async def session_of(request: Request, deps: Deps) -> Session | None:
    """Return the session that a browser's cookie stands for, None when there is none or it has ended."""
    token = token_of(request)
    return await run_in_threadpool(_session, deps, token) if token else None


async def _by_key(header: str, deps: Deps) -> Caller:
    scheme, _, text = header.partition(" ")
    if scheme.lower() != "bearer":
        raise _nobody("the Authorization header is of another kind")
    found = await deps.keys.find(text.strip(), now=deps.clock())
    if found is None:
        raise _nobody("the key is unknown, or has ended")
    key, user = found
    return Caller(user, permissions_of(user.roles) & set(key.scopes), key=key)


def _session(deps: Deps, token: str) -> Session | None:
    now = deps.clock()
    with deps.database.reading() as connection:
        session = find_session(connection, token, idle=deps.idle, now=now)
    if session is not None and session.stale(now):
        with deps.database.writing() as connection:
            touch_session(connection, session, now=now)
    return session


def _nobody(what: str) -> Problem:
    return Problem(
        "unauthenticated", what, where="Authorization", rule="send `Authorization: Bearer evh_…`, or log in",
        mend="make a key with `evenhand key create`", headers={"WWW-Authenticate": 'Bearer realm="evenhand"'},
    )  # fmt: skip
