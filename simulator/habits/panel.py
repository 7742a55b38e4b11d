"""The weekly history as arrays: customers x weeks, which every fit of this room starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

if TYPE_CHECKING:
    from evenhand.customers import Customers

__all__ = ["Panel", "panel_of"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """Trips and spend of N customers in T weeks, split over K categories that add up to the spend."""

    trips: Floats  # (N, T)
    spend: Floats  # (N, T) money
    categories: Floats  # (N, T, K) money
    names: tuple[str, ...]  # K names

    @property
    def periods(self) -> int:
        """Number of weeks."""
        return int(self.trips.shape[1])

    def weeks(self, start: int, stop: int) -> Panel:
        """Return the weeks `start` to `stop` - 1."""
        part = slice(start, stop)
        return Panel(self.trips[:, part], self.spend[:, part], self.categories[:, part], self.names)

    def rows(self, rows: NDArray[np.intp]) -> Panel:
        """Return these customers, in this order."""
        return Panel(self.trips[rows], self.spend[rows], self.categories[rows], self.names)


def panel_of(customers: Customers) -> Panel | None:
    """Return the history of a customer table as arrays in the table's order, None without a history."""
    history = customers.history
    if history is None or customers.periods < 1:
        return None
    shape = (customers.n, customers.periods)
    row = customers.frame.index.get_indexer(pd.Index(history["customer"]))
    column = history["period"].to_numpy(dtype=np.intp)
    names = customers.categories

    def dense(name: str) -> Floats:
        values = np.zeros(shape)
        np.add.at(values, (row, column), history[name].to_numpy(dtype=np.float64))
        return values

    categories = np.stack([dense(name) for name in names], axis=2) if names else np.zeros((*shape, 0))
    return Panel(dense("trips"), dense("spend"), categories, names)
