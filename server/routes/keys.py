"""API keys: one's own, and, for administrators, those of services."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.errors import MissingError, RefusedError
from evenhand.registry.identity import (
    Key,
    create_key,
    find_user,
    get_key,
    list_keys,
    revoke_key,
    rotate_key,
)
from evenhand.server.auth import Caller, permissions_of, require
from evenhand.server.deps import DepsOf
from evenhand.server.schemas.base import After, Limit, Page
from evenhand.server.schemas.people import KeyId, KeyRotation, KeyShown, NewKey, NewKeyShown
from evenhand.server.writing import Done, Write, respond, writes

__all__ = ["router"]

router = APIRouter(prefix="/v1/keys", tags=["keys"])
Reader = Annotated[Caller, require("account:use")]
Writing = Annotated[Write, writes("account:use")]


@router.get("", response_model=Page[KeyShown], summary="List keys")
def list_all(caller: Reader, deps: DepsOf, after: After = "", limit: Limit = 100) -> Response:
    """List one's own keys; auditors and administrators see everybody's. Secrets are shown to nobody."""
    owner = None if caller.may("keys:read") else caller.user.name
    with deps.database.reading() as connection:
        found = list_keys(connection, owner=owner, after=after, limit=limit + 1)
    shown = [KeyShown.of(key) for key in found[:limit]]
    return respond(Done(Page[KeyShown](items=shown, next=shown[-1].id if len(found) > limit else None)))


@router.post("", response_model=NewKeyShown, status_code=201, summary="Make a key")
def create(body: NewKey, write: Writing) -> Response:
    """Make a key for oneself, of what one may do; or, as an administrator, for a service. Its text is shown once."""

    def command(connection: Connection, now: datetime) -> Done:
        owner = body.owner or write.caller.user.name
        permitted = _permitted(connection, write.caller, owner)
        text, key = create_key(
            connection,
            owner,
            name=body.name,
            scopes=body.scopes,
            permitted=permitted,
            life=_life(write, body.days),
            actor=write.actor,
            now=now,
        )
        return _done(text, key)

    return write.once(command)


@router.get("/{id}", response_model=KeyShown, summary="Read a key")
def read(id: KeyId, caller: Reader, deps: DepsOf) -> Response:
    """Show one key, without its secret."""
    with deps.database.reading() as connection:
        key = get_key(connection, id)
    if key.owner != caller.user.name and not caller.may("keys:read"):
        raise _unseen(id)
    return respond(Done(KeyShown.of(key)))


@router.post("/{id}/rotation", response_model=NewKeyShown, status_code=201, summary="Replace a key")
def rotate(id: KeyId, body: KeyRotation, write: Writing) -> Response:
    """Make a key of the same name and scopes; the old one works for the grace that is asked for, then ends."""

    def command(connection: Connection, now: datetime) -> Done:
        key = _ones(connection, write.caller, id)
        if not set(key.scopes) <= _permitted(connection, write.caller, key.owner):
            raise RefusedError("the key may do more than you", where="scopes", rule="nobody gives what they have not")
        grace, life = timedelta(hours=body.grace_hours), _life(write, body.days)
        return _done(*rotate_key(connection, id, grace=grace, life=life, actor=write.actor, now=now))

    response = write.once(command)
    write.deps.keys.forget()
    return response


@router.delete("/{id}", response_model=KeyShown, summary="Revoke a key")
def revoke(id: KeyId, write: Writing) -> Response:
    """End a key, in every worker within the second that they remember keys."""

    def command(connection: Connection, now: datetime) -> Done:
        _ones(connection, write.caller, id)
        return Done(KeyShown.of(revoke_key(connection, id, actor=write.actor, now=now)))

    response = write.once(command)
    write.deps.keys.forget()
    return response


def _permitted(connection: Connection, caller: Caller, owner: str) -> frozenset[str]:
    """Return what a key may be given: what the caller may, or what the service may that an administrator makes it for.

    Never for another person: whoever held such a key could review in that person's name.
    """
    if owner == caller.user.name:
        return caller.permissions
    caller.check("keys:write")
    user = find_user(connection, owner)
    if user.actor.kind != "service":
        raise RefusedError(f"{owner} is a person", where="owner", rule="people make their own keys")
    return permissions_of(user.roles)


def _ones(connection: Connection, caller: Caller, id: str) -> Key:
    """Return a key that the caller may change; others' do not exist for who may not even see them."""
    key = get_key(connection, id)
    if key.owner == caller.user.name or caller.may("keys:write"):
        return key
    if caller.may("keys:read"):
        raise RefusedError("the key is somebody else's", rule="its owner and administrators change it")
    raise _unseen(id)


def _unseen(id: str) -> MissingError:
    """Return the error of a key that does not exist, or is not for the one who asks: the same for both."""
    return MissingError(f"there is no key {id!r}", where="keys")


def _life(write: Write, days: float | None) -> timedelta:
    return timedelta(days=write.deps.settings.key_days if days is None else days)


def _done(text: str, key: Key) -> Done:
    shown = KeyShown.of(key)
    return Done(NewKeyShown(key=shown, text=text), 201, None, f"/v1/keys/{key.id}", NewKeyShown(key=shown, text=None))
