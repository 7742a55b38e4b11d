"""Customers: what is known of them, whether they may be contacted, and how they are forgotten. Personal data.

The audit log knows each of them by an opaque id (`audit.subjects`), given when they are first written.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from evenhand.errors import DataError, MissingError
from evenhand.registry import events
from evenhand.registry.actor import Actor
from evenhand.registry.audit import Entry, append_all, forget_subject
from evenhand.registry.audit.subjects import SECRET, opaque_id
from evenhand.registry.campaigns.forgetting import forget
from evenhand.registry.objections import AGREE, OBJECT, objections_of
from evenhand.registry.tables import audit, customers, subjects
from evenhand.segments.canonical import Json

__all__ = [
    "Customer",
    "Known",
    "Wrote",
    "agree_to",
    "changes",
    "consents_of",
    "erase",
    "everybody",
    "find",
    "object_to",
    "write_all",
]

AT_ONCE = 500  # keys in one query
CHANGING = ("customer.write", OBJECT, AGREE, "customer.erase")  # actions after which plans would be others


class Known(NamedTuple):
    """What is told of one customer."""

    key: str
    features: Mapping[str, Json]
    protected: Mapping[str, Json]  # for audits of fairness only
    consent: Mapping[str, bool]  # by channel; without a word there is none


class Customer(NamedTuple):
    """A customer as they are kept."""

    key: str
    features: dict[str, Any]
    protected: dict[str, Any]
    consent: dict[str, bool]
    at: datetime  # of the last writing
    subject: str  # what the audit log calls them


class Wrote(NamedTuple):
    """What came of writing customers."""

    new: int
    objections: int  # customers whose consent was told and does not count: they object


def write_all(connection: Connection, rows: Sequence[Known], *, actor: Actor, now: datetime) -> Wrote:
    """Write customers in place of what was known of them; an objection stands against any consent that is told.

    DataError when one stands twice. One row of the audit log for each, one event for all.
    """
    keys = [row.key for row in rows]
    if len(set(keys)) < len(keys):
        twice = next(place for place, key in enumerate(keys) if key in keys[:place])
        raise DataError("a customer stands twice", where=f"rows[{twice}].key", rule="one row a customer")
    before, named = _there(connection, keys), _subjects(connection, keys)
    against = objections_of(connection, [named[key] for key in before])
    for some in _parts(keys):
        connection.execute(delete(customers).where(customers.c.key.in_(some)))
    consents = [_heeded(row.consent, against.get(named[row.key], frozenset())) for row in rows]
    values = [
        {"key": row.key, "document": {"features": dict(row.features), "protected": dict(row.protected)},
         "consent": consent, "at": now}
        for row, consent in zip(rows, consents, strict=True)
    ]  # fmt: skip
    if values:
        connection.execute(insert(customers), values)
    append_all(
        connection, [Entry("customer.write", named[key], {"new": key not in before}, actor, now) for key in keys]
    )
    new = len(keys) - len(before)
    _emit(connection, "customer.write", "customers", {"customers": len(keys), "new": new}, actor, now)
    return Wrote(new, sum(consent != row.consent for row, consent in zip(rows, consents, strict=True)))


def find(connection: Connection, key: str) -> Customer:
    """Return a customer; MissingError when there is none. Whoever reads one writes that down."""
    query = (
        select(customers, subjects.c.secret)
        .join(subjects, subjects.c.customer == customers.c.key)
        .where(customers.c.key == key)
    )
    row = connection.execute(query).first()
    if row is None:
        raise MissingError("there is no such customer", where="customers")
    told = row.document
    return Customer(key, told["features"], told["protected"], row.consent, row.at, opaque_id(row.secret, key))


def everybody(connection: Connection) -> list[Known]:
    """Return what is told of every customer, in the order of their keys."""
    rows = connection.execute(select(customers.c.key, customers.c.document, customers.c.consent))
    known = (Known(row.key, row.document["features"], row.document["protected"], row.consent) for row in rows)
    return sorted(known, key=lambda one: one.key)


def consents_of(connection: Connection, keys: Sequence[str]) -> dict[str, dict[str, bool]]:
    """Return the consent by channel of those of these customers who are known at this moment."""
    found = dict[str, dict[str, bool]]()
    for some in _parts(keys):
        rows = connection.execute(select(customers.c.key, customers.c.consent).where(customers.c.key.in_(some)))
        found.update((row.key, row.consent) for row in rows)
    return found


def changes(connection: Connection) -> int:
    """Return a number that is another one after every change of a customer: the last such row of the audit log."""
    newest = [select(func.max(audit.c.sequence)).where(audit.c.action == action) for action in CHANGING]
    return max(connection.execute(query).scalar() or 0 for query in newest)


def object_to(connection: Connection, key: str, channels: Sequence[str], *, actor: Actor, now: datetime) -> Customer:
    """Withdraw a customer's consent to these channels, until they agree again; plans heed it at once."""
    return _decide(connection, key, channels, consents=False, actor=actor, now=now)


def agree_to(connection: Connection, key: str, channels: Sequence[str], *, actor: Actor, now: datetime) -> Customer:
    """Note that a customer consents to these channels, also where they objected before."""
    return _decide(connection, key, channels, consents=True, actor=actor, now=now)


def erase(connection: Connection, key: str, *, actor: Actor, now: datetime) -> str:
    """Forget a customer: rows here, in campaign plans and in results, and the secret of their opaque id are deleted.

    Return that id: the audit log keeps it, and nobody can tell any more whose it was.
    """
    found = find(connection, key)
    connection.execute(delete(customers).where(customers.c.key == key))
    forget(connection, key)
    forget_subject(connection, key)
    append_all(connection, [Entry("customer.erase", found.subject, {}, actor, now)])
    _emit(connection, "customer.erase", found.subject, {}, actor, now)
    return found.subject


# -------------------------------------------------------------------------------------------------- inside


def _decide(
    connection: Connection, key: str, channels: Sequence[str], *, consents: bool, actor: Actor, now: datetime
) -> Customer:
    found, action = find(connection, key), AGREE if consents else OBJECT
    consent = {**found.consent, **dict.fromkeys(channels, consents)}
    connection.execute(update(customers).where(customers.c.key == key).values(consent=consent, at=now))
    details: dict[str, Json] = {"channels": list(channels)}
    append_all(connection, [Entry(action, found.subject, details, actor, now)])
    _emit(connection, action, found.subject, details, actor, now)
    return found._replace(consent=consent, at=now)


def _heeded(told: Mapping[str, bool], objections: frozenset[str]) -> dict[str, bool]:
    """Return the consent that counts."""
    return {channel: consents and channel not in objections for channel, consents in told.items()}


def _there(connection: Connection, keys: Sequence[str]) -> set[str]:
    found = set[str]()
    for some in _parts(keys):
        found.update(connection.execute(select(customers.c.key).where(customers.c.key.in_(some))).scalars())
    return found


def _subjects(connection: Connection, keys: Sequence[str]) -> dict[str, str]:
    """Return the opaque id of each customer, made for those who have none."""
    secret_of = dict[str, bytes]()
    for some in _parts(keys):
        rows = connection.execute(select(subjects.c.customer, subjects.c.secret).where(subjects.c.customer.in_(some)))
        secret_of.update((row.customer, row.secret) for row in rows)
    new = {key: secrets.token_bytes(SECRET) for key in keys if key not in secret_of}
    if new:
        connection.execute(insert(subjects), [{"customer": key, "secret": secret} for key, secret in new.items()])
    return {key: opaque_id(secret, key) for key, secret in (secret_of | new).items()}


def _parts(keys: Sequence[str]) -> list[Sequence[str]]:
    return [keys[start : start + AT_ONCE] for start in range(0, len(keys), AT_ONCE)]


def _emit(
    connection: Connection, kind: str, subject: str, details: dict[str, Json], actor: Actor, now: datetime
) -> None:
    events.emit(connection, kind=kind, subject=subject, document={**details, "actor": str(actor)}, now=now)
