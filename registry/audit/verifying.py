"""Verifying the audit log: every row, every link, both ends, and a head that was taken away earlier."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

from sqlalchemy import Connection, select

from evenhand.registry.audit.chain import GENESIS, Head, Link, hash_of
from evenhand.registry.audit.log import head_of, links

__all__ = ["Flaw", "Found", "Verdict", "verify"]

Found = Literal["gap", "changed", "relinked", "cut", "replaced", "head"]
Kept: TypeAlias = tuple[int, str, int, str, str, str, str, str, str, str]  # a Link and the hash beside it

BATCH = 5000  # rows held in memory at a time


class Flaw(NamedTuple):
    """The first thing that is wrong with a log."""

    found: Found
    sequence: int  # the row where it shows
    says: str


class Verdict(NamedTuple):
    """How far a log is what was written."""

    head: Head  # of the last row up to which everything holds
    flaw: Flaw | None  # None: everything holds to the end

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return self.flaw is None


def verify(connection: Connection, head: Head | None = None) -> Verdict:
    """Read the whole log and tell the first flaw: a row changed, missing, moved, cut off or put in.

    Whoever can write the database can also compute a new chain. With a `head` that was exported earlier (and kept
    elsewhere) that shows too: its row must be there with its hash. Memory stays small however long the log is.
    """
    every = select(links).order_by(links.c.sequence)
    with connection.execute(every, execution_options={"yield_per": BATCH}) as rows:
        walked = _walk((row for part in rows.partitions() for row in part), head)
    if not walked.holds:
        return walked
    return Verdict(walked.head, _wrong_end(walked.head, head_of(connection), head))


def _walk(rows: Iterable[Kept], taken: Head | None) -> Verdict:
    """Follow the chain from its beginning; `taken` must be met on the way."""
    at, before = GENESIS  # plain values: a hundred thousand rows a second pass here
    for row in rows:
        link, kept = row[:-1], row[-1]
        if link[0] != at + 1 or link[-1] != before or not _intact(link, kept):
            last = Head(at, before)
            return Verdict(last, _wrong_row(row, last))
        at, before = link[0], kept
        if taken is not None and at == taken.sequence and kept != taken.hash:
            says = "the chain up to here is not the one that the exported head was taken of"
            return Verdict(Head(at, kept), Flaw("replaced", at, says))
    return Verdict(Head(at, before), None)


def _intact(link: tuple[int, str, int, str, str, str, str, str, str], kept: str) -> bool:
    """Whether a row is what was hashed. SQLite holds any type in any column, and a text would be hashed unquoted."""
    try:
        return type(link[2]) is int and hash_of(link) == kept
    except TypeError:  # bytes where a text was
        return False


def _wrong_row(row: Kept, last: Head) -> Flaw:
    link, kept = Link._make(row[:-1]), row[-1]
    after = last.sequence + 1
    if link.sequence > after:
        return Flaw("gap", after, f"rows missing before row {link.sequence}: {link.sequence - after}")
    if not _intact(link, kept):
        return Flaw("changed", after, "the row is not what was written: its hash differs")
    return Flaw("relinked", after, "the row does not follow the one before it: that was changed, moved or put in")


def _wrong_end(last: Head, noted: Head, taken: Head | None) -> Flaw | None:
    """Tell whether rows are missing behind the last one."""
    if taken is not None and taken.sequence > last.sequence:
        return Flaw("cut", last.sequence + 1, f"the log ends here, the exported head is of row {taken.sequence}")
    if noted.sequence > last.sequence:
        return Flaw("cut", last.sequence + 1, f"the log ends here, its head says {noted.sequence} rows")
    if noted != last:
        return Flaw("head", last.sequence, "the noted head is not the last row")
    return None
