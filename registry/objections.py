"""Objections: a customer's no to a channel stands until they say yes again, whatever a table says meanwhile.

They are read from the audit log, under the opaque id of the customer: what is written there cannot be overwritten by
the next import, and is out of reach once the customer is erased.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from evenhand.registry.tables import audit

__all__ = ["AGREE", "OBJECT", "objections_of"]

OBJECT, AGREE = "customer.object", "customer.agree"  # actions, with `channels` in their details
AT_ONCE = 500  # subjects in one query


def objections_of(connection: Connection, subjects: Sequence[str]) -> dict[str, frozenset[str]]:
    """Return the channels that each of these objects to; who objects to none is left out."""
    standing = dict[str, frozenset[str]]()
    for start in range(0, len(subjects), AT_ONCE):
        query = (
            select(audit.c.subject, audit.c.action, audit.c.details)
            .where(audit.c.subject.in_(subjects[start : start + AT_ONCE]), audit.c.action.in_((OBJECT, AGREE)))
            .order_by(audit.c.sequence)
        )
        for row in connection.execute(query):
            before, told = standing.get(row.subject, frozenset[str]()), frozenset[str](row.details["channels"])
            standing[row.subject] = before | told if row.action == OBJECT else before - told
    return {subject: channels for subject, channels in standing.items() if channels}
