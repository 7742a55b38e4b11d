"""Oneself: log-in, log-out, who one is, another password."""

from __future__ import annotations

from typing import Annotated

import anyio
from fastapi import APIRouter, Request
from starlette.responses import Response

from evenhand.errors import RefusedError
from evenhand.registry.identity import Session, set_password
from evenhand.server.auth import ANYBODY, Caller, permissions_of, require
from evenhand.server.auth.csrf import check_origin
from evenhand.server.auth.identifier import Credentials
from evenhand.server.auth.login import give_cookie, log_in, log_out
from evenhand.server.deps import DepsOf
from evenhand.server.schemas.people import Login, Me, OwnPassword, UserShown
from evenhand.server.writing import Done, respond

__all__ = ["router"]

router = APIRouter(prefix="/v1", tags=["account"])
Myself = Annotated[Caller, require("account:use")]


@router.post("/login", response_model=Me, dependencies=[ANYBODY], summary="Log in")
async def login(request: Request, body: Login, deps: DepsOf) -> Response:
    """Open a session: its token comes as a cookie, and `csrf` must come back as X-CSRF-Token with every write."""
    check_origin(request)
    token, session = await log_in(request, deps, name=body.name, password=body.password.get_secret_value())
    response = respond(Done(_me(Caller(session.user, permissions_of(session.user.roles), session=session))))
    give_cookie(request, response, deps, token)
    return response


@router.post("/logout", status_code=204, summary="Log out")
def logout(request: Request, caller: Myself, deps: DepsOf) -> Response:
    """End the session; with an API key there is none, and nothing happens."""
    response = Response(status_code=204)
    log_out(request, response, deps, caller.session)
    return response


@router.get("/me", response_model=Me, summary="Who am I?")
async def me(caller: Myself) -> Response:
    """Say who the caller is, with roles and permissions."""
    return respond(Done(_me(caller)))


@router.put("/me/password", status_code=204, summary="Change one's password")
async def change_password(request: Request, body: OwnPassword, caller: Myself, deps: DepsOf) -> Response:
    """Take another password, knowing the current one. All sessions end, this one too."""
    if caller.session is None:
        raise RefusedError("a key cannot change a password", rule="people do, in a session", mend="log in")
    address = request.client.host if request.client else ""
    shown = Credentials(caller.user.name, body.current.get_secret_value(), address)

    def work() -> None:
        user = deps.identifier.identify(deps.database, shown, now=deps.clock())
        new, now = body.new.get_secret_value(), deps.clock()
        with deps.database.writing() as connection:
            set_password(connection, user.name, new, passwords=deps.passwords, actor=user.actor, now=now)

    await anyio.to_thread.run_sync(work, limiter=deps.hashing)
    response = Response(status_code=204)
    log_out(request, response, deps, None)
    return response


def _me(caller: Caller) -> Me:
    session: Session | None = caller.session
    ends = session.expires_at if session else caller.key.expires_at if caller.key else None
    return Me(
        user=UserShown.of(caller.user),
        permissions=sorted(caller.permissions),
        csrf=session.csrf if session else None,
        ends_at=ends,
    )
