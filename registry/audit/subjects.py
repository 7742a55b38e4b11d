"""Opaque ids of customers: the audit log may keep them for good, since without a secret nobody can tell whose they are.

Each customer's id is an HMAC under a random secret of their own. Erasing a customer deletes the secret: the rows stay,
the chain holds, and they are about nobody any more.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy import Connection, delete, insert, select

from evenhand.registry.tables import subjects

__all__ = ["find_subject", "forget_subject", "opaque_id", "subject_of"]

SECRET = 32  # bytes
DIGITS = 32  # hexadecimal: 128 bits


def subject_of(connection: Connection, customer: str) -> str:
    """Return a customer's opaque id, `customers/` and 32 hexadecimal digits, made on first use; needs `writing`."""
    known = find_subject(connection, customer)
    if known is not None:
        return known
    secret = secrets.token_bytes(SECRET)
    connection.execute(insert(subjects).values(customer=customer, secret=secret))
    return opaque_id(secret, customer)


def find_subject(connection: Connection, customer: str) -> str | None:
    """Return a customer's opaque id; None for one who has none, or was forgotten."""
    secret = connection.execute(select(subjects.c.secret).where(subjects.c.customer == customer)).scalar()
    return None if secret is None else opaque_id(secret, customer)


def forget_subject(connection: Connection, customer: str) -> bool:
    """Delete a customer's secret and tell whether there was one; what comes later gets another id."""
    return connection.execute(delete(subjects).where(subjects.c.customer == customer)).rowcount > 0


def opaque_id(secret: bytes, customer: str) -> str:
    """Return a customer's opaque id under their secret."""
    return "customers/" + hmac.new(secret, customer.encode(), hashlib.sha256).hexdigest()[:DIGITS]
