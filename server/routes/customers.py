"""Customers: which segment somebody is in and why; write, export, object, erase. Personal data, every read audited."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.errors import DataError
from evenhand.registry import customers, segmentations
from evenhand.registry.audit import Entry, search
from evenhand.registry.campaigns import contacts_of
from evenhand.registry.erasures import list_erased
from evenhand.segments.canonical import Json
from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.lookups import Lookups
from evenhand.server.schemas.audit import RecordShown
from evenhand.server.schemas.campaigns import ContactShown
from evenhand.server.schemas.customers import (
    Agreement,
    CustomerExport,
    CustomerKey,
    CustomerRows,
    CustomerShown,
    Objection,
    Place,
    Segmented,
    Written,
)
from evenhand.server.writing import Done, Write, respond, writes

__all__ = ["router"]

router = APIRouter(prefix="/v1/customers", tags=["customers"])
Reader = Annotated[Caller, require("customers:read")]
Writing = Annotated[Write, writes("customers:write")]
NEWEST = 1_000  # rows of the audit log in an export


@router.get("/{key}/segment", response_model=Place, summary="Which segment, and why?")
async def segment(key: CustomerKey, segmentation: Segmented, caller: Reader, deps: DepsOf) -> Response:
    """Say which segment a customer is in, why in plain words, what would move them, and what is never looked at.

    The answer comes once the audit log holds who asked.
    """
    customer, standing = deps.lookups.find(segmentation, key)
    place = Place.of(customer, segmentation, standing)
    details: dict[str, Json] = {"segmentation": segmentation, "version": place.version}
    entry = Entry("customer.look_up", customer.subject, details, caller.actor, deps.clock())
    await asyncio.wrap_future(deps.serving.audit.append(entry))
    return respond(Done(place))


@router.post("", response_model=Written, summary="Write customers")
def write_all(body: CustomerRows, write: Writing) -> Response:
    """Write up to a thousand customers, each in place of what was known of them; objections stand."""

    def command(connection: Connection, now: datetime) -> Done:
        wrote = customers.write_all(connection, [row.known for row in body.rows], actor=write.actor, now=now)
        return Done(Written(customers=len(body.rows), new=wrote.new, objections=wrote.objections))

    return write.once(command)


@router.get("/{key}/export", response_model=CustomerExport, summary="Export all of a customer")
def export(key: CustomerKey, caller: Reader, deps: DepsOf) -> Response:
    """Give out everything that is known about a customer, to hand to them: data, segments, and who looked at it."""
    with deps.database.reading() as connection:
        customer = customers.find(connection, key)
        names = [record.name for record in segmentations.every(connection)]
        sent = contacts_of(connection, key)
        log = search(connection, subject=customer.subject, limit=NEWEST)
    found = {name: _placed(deps.lookups, name, key) for name in names}
    shown = CustomerExport(
        customer=CustomerShown.of(customer),
        places=[place for place in found.values() if place is not None],
        unplaced=[name for name, place in found.items() if place is None],
        campaigns=[ContactShown.of(contact) for contact in sent],
        log=[RecordShown.of(row) for row in log.records],
    )
    deps.serving.audit.append(Entry("customer.export", customer.subject, {}, caller.actor, deps.clock())).result()
    return respond(Done(shown))


@router.post("/{key}/objection", status_code=204, summary="Withdraw consent")
def object_to(key: CustomerKey, body: Objection, write: Writing) -> Response:
    """Note that a customer objects to being contacted, by one channel or by all.

    It stands until they agree again, whatever later rows or tables say of their consent.
    """

    def command(connection: Connection, now: datetime) -> Done:
        customers.object_to(connection, key, body.channels, actor=write.actor, now=now)
        return Done(status=204)

    return write.once(command)


@router.post("/{key}/agreement", status_code=204, summary="Give consent again")
def agree_to(key: CustomerKey, body: Agreement, write: Writing) -> Response:
    """Note that a customer agrees to be contacted, by one channel or by all, also where they objected before."""

    def command(connection: Connection, now: datetime) -> Done:
        customers.agree_to(connection, key, body.channels, actor=write.actor, now=now)
        return Done(status=204)

    return write.once(command)


@router.delete("/{key}", status_code=204, summary="Erase a customer")
def erase(key: CustomerKey, write: Annotated[Write, writes("customers:erase")]) -> Response:
    """Forget a customer, in the tables of loaded studies too, and for good: a restored backup forgets them again.

    The audit log keeps an opaque id of which nobody can tell any more whose it was.
    """
    from evenhand.server.serving.forgetting import forget_in_tables  # reading tables takes what is slow to import

    data_dir = write.deps.settings.data_dir

    def command(connection: Connection, now: datetime) -> Done:
        # While it has the turn to write, since a table that is just taken over has it too. And first: cut short after
        # it, the customer is still there to be erased again.
        forget_in_tables(data_dir, [key])
        subject = customers.erase(connection, key, actor=write.actor, now=now)
        list_erased(data_dir, subject)
        return Done(status=204)

    return write.once(command)


def _placed(lookups: Lookups, segmentation: str, key: str) -> Place | None:
    """Return where a customer is; None where their values do not fit the rules."""
    customer, standing = lookups.find(segmentation, key)
    try:
        return Place.of(customer, segmentation, standing)
    except DataError:
        return None
