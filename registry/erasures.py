"""Who was erased, kept beside the database by opaque id alone, so that no older backup brings anybody back.

A backup that was made before an erasure holds the customer and the secret of their opaque id: with both it shows who is
on the list. Without such a backup the list tells nothing about anybody.
"""

from __future__ import annotations

import os
from collections.abc import Set
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, select

from evenhand.registry import customers
from evenhand.registry.actor import Actor
from evenhand.registry.audit.subjects import forget_subject, opaque_id
from evenhand.registry.tables import customers as table
from evenhand.registry.tables import subjects

__all__ = ["FILE", "erase_again", "erased_of", "list_erased"]

FILE = "erased.txt"  # in the data folder: it only grows, and is never replaced by an older one


def list_erased(data_dir: Path, subject: str) -> None:
    """Add an opaque id to the list, on the disk when this returns; its line is whole or ends nothing."""
    handle = os.open(data_dir / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, f"\n{subject}\n".encode())  # a line that was cut short before it stays apart
        os.fsync(handle)
    finally:
        os.close(handle)


def erased_of(data_dir: Path) -> frozenset[str]:
    """Return the opaque ids on the list; none where there is no list."""
    file = data_dir / FILE
    return frozenset(file.read_text(encoding="utf-8").split()) if file.is_file() else frozenset()


def erase_again(connection: Connection, erased: Set[str], *, actor: Actor, now: datetime) -> list[str]:
    """Erase whom a restored database knows under an id on the list, and return their keys.

    In the transaction that restores, nobody is back for a moment.
    """
    there = set(connection.execute(select(table.c.key)).scalars())
    known = connection.execute(select(subjects.c.customer, subjects.c.secret)).all()
    again = sorted(row.customer for row in known if opaque_id(row.secret, row.customer) in erased)
    for key in again:
        if key in there:
            customers.erase(connection, key, actor=actor, now=now)
        else:
            forget_subject(connection, key)
    return again
