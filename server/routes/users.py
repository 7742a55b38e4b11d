"""Users: who may come in, with which roles. None is ever deleted: the audit log names them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.registry.identity import User, add_user, change_user, find_user, list_users, set_password
from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.etags import IfMatch, check_match, etag_of
from evenhand.server.schemas.base import After, Limit, Page
from evenhand.server.schemas.people import NewPassword, NewUser, UserChange, UserName, UserShown
from evenhand.server.writing import Done, Write, respond, writes

__all__ = ["router"]

router = APIRouter(prefix="/v1/users", tags=["users"])
Reader = Annotated[Caller, require("users:read")]
Writing = Annotated[Write, writes("users:write")]


@router.get("", response_model=Page[UserShown], summary="List users")
def list_all(caller: Reader, deps: DepsOf, after: After = "", limit: Limit = 100) -> Response:
    """List users by name."""
    with deps.database.reading() as connection:
        found = list_users(connection, after=after, limit=limit + 1)
    shown = [UserShown.of(user) for user in found[:limit]]
    return respond(Done(Page[UserShown](items=shown, next=shown[-1].name if len(found) > limit else None)))


@router.post("", response_model=UserShown, status_code=201, summary="Make a user")
def add(body: NewUser, write: Writing) -> Response:
    """Make a person with a password, or a service, which comes in by API keys."""

    def command(connection: Connection, now: datetime) -> Done:
        user = add_user(
            connection,
            body.name,
            roles=body.roles,
            display=body.display or "",
            password=body.password.get_secret_value() if body.password else None,
            passwords=write.deps.passwords,
            actor=write.actor,
            now=now,
        )
        return _done(user, status=201)

    return write.once(command)


@router.get("/{name}", response_model=UserShown, summary="Read a user")
def read(name: UserName, caller: Reader, deps: DepsOf) -> Response:
    """Show one user."""
    with deps.database.reading() as connection:
        return respond(_done(find_user(connection, name)))


@router.patch("/{name}", response_model=UserShown, summary="Change a user")
def change(name: UserName, body: UserChange, write: Writing, if_match: IfMatch = None) -> Response:
    """Change name, roles, or shut out; somebody whose roles change, or who is shut out, is logged out at once."""

    def command(connection: Connection, now: datetime) -> Done:
        check_match(if_match, _tag(find_user(connection, name)))
        given = {field: getattr(body, field) for field in body.model_fields_set}
        return _done(change_user(connection, name, **given, actor=write.actor, now=now))

    response = write.once(command)
    write.deps.keys.forget()
    return response


@router.put("/{name}/password", status_code=204, summary="Set a user's password")
def give_password(name: UserName, body: NewPassword, write: Writing) -> Response:
    """Give somebody another password and end their sessions; the audit log says who did."""

    def command(connection: Connection, now: datetime) -> Done:
        secret = body.password.get_secret_value()
        set_password(connection, name, secret, passwords=write.deps.passwords, actor=write.actor, now=now)
        return Done(status=204)

    return write.once(command)


def _tag(user: User) -> str:
    return etag_of(UserShown.of(user).model_dump_json().encode())


def _done(user: User, *, status: int = 200) -> Done:
    made = status == 201
    return Done(UserShown.of(user), status, _tag(user), f"/v1/users/{user.name}" if made else None)
