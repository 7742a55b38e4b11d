"""Customers who were erased leave the tables of loaded studies too, with their history and contacts."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from evenhand.customers import Customers
from evenhand.customers.locking import locked
from evenhand.server.serving.folders import folders

__all__ = ["forget_in_tables"]


def forget_in_tables(data_dir: Path, keys: Collection[str]) -> int:
    """Write every loaded customer table anew without these customers; return how many tables had any of them.

    A table is replaced whole. Two at once take turns, or one would write back whom the other has forgotten. What was
    calibrated or learned from the customers holds sums over all of them, and stays.
    """
    found = 0
    for folder in _tables(data_dir):
        with locked(folder.parent):
            customers = Customers.load(folder)
            kept = customers.frame.index[~customers.frame.index.astype(str).isin(list(keys))]
            if len(kept) < customers.n:
                customers.only(kept).save(folder)
                found += 1
    return found


def _tables(data_dir: Path) -> Iterator[Path]:
    for folder in folders(data_dir):
        if (folder / "customers").is_dir():
            yield folder / "customers"
