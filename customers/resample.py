"""A customer table drawn anew from itself: some customers twice or more, others not at all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.customers.table import Customers

__all__ = ["resampled"]


def resampled(customers: Customers, rows: NDArray[np.intp]) -> Customers:
    """Return the customers in `rows` (n,), each with their own history and contacts; copies get ids of their own."""
    first = customers.frame.index[rows].astype(str)
    copy = pd.Series(rows).groupby(rows).cumcount().to_numpy()
    ids = pd.Index([i if k == 0 else f"{i} #{k + 1}" for i, k in zip(first, copy, strict=True)], name=first.name)
    frame = customers.frame.iloc[rows].set_axis(ids, axis="index")
    named = pd.DataFrame({"customer": customers.frame.index[rows], "again": ids})
    return replace(
        customers,
        frame=frame,
        history=_again(customers.history, named),
        contacts=_again(customers.contacts, named),
    )


def _again(table: pd.DataFrame | None, named: pd.DataFrame) -> pd.DataFrame | None:
    if table is None:
        return None
    joined = named.merge(table, on="customer", sort=False)
    return joined.assign(customer=joined["again"])[list(table.columns)]
