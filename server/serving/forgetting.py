"""Customers who were erased leave the tables of loaded studies too, with their history and contacts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from evenhand.customers import Customers
from evenhand.customers.locking import locked
from evenhand.server.arriving import folder as arriving
from evenhand.server.serving.folders import folders

__all__ = ["forget_in_tables"]


def forget_in_tables(data_dir: Path, keys: Collection[str]) -> int:
    """Write every loaded customer table anew without these customers; return how many tables had any of them.

    A table is replaced whole. Two at once take turns, or one would write back whom the other has forgotten. What was
    calibrated or learned from the customers holds sums over all of them, and stays. A table on its way in that has one
    of them is dropped, and so is one of which nobody has said yet which column names the customer: it would bring them
    back.
    """
    for arrival in arriving.every(data_dir):
        if not arrival.divided or _left(Customers.load(arrival.study / "customers"), keys) is not None:
            arriving.drop(arrival)
    found = 0
    for folder in _tables(data_dir):
        with locked(folder.parent):
            left = _left(Customers.load(folder), keys)
            if left is not None:
                left.save(folder)
                found += 1
    return found


def _left(customers: Customers, keys: Collection[str]) -> Customers | None:
    """Return the customers without these; None where none of these is among them."""
    kept = customers.frame.index[~customers.frame.index.astype(str).isin(list(keys))]
    return customers.only(kept) if len(kept) < customers.n else None


def _tables(data_dir: Path) -> Iterator[Path]:
    for folder in folders(data_dir):
        if (folder / "customers").is_dir():
            yield folder / "customers"
