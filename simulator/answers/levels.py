"""Yes/no columns and categories of a customer table as positions, for what the simulator learns of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.simulator.answers.design import LEAST_LEVEL

if TYPE_CHECKING:
    from evenhand.customers import Customers

__all__ = ["MOST_LEVELS", "Level", "codes_of", "levels_of"]

MOST_LEVELS = 12  # of one category; rarer ones count as unknown


class Level(NamedTuple):
    """A column and the values that have a position, in order."""

    column: str
    names: tuple[str, ...]


def levels_of(customers: Customers) -> tuple[Level, ...]:
    """Return the flags and categories among the features, each with its commonest values."""
    found = []
    for spec in customers.schema.features:
        if spec.kind == "flag":
            found.append(Level(spec.column, ("no", "yes")))
        elif spec.kind == "category":
            counts = customers.frame[spec.column].dropna().astype("str").value_counts()
            common = counts[counts >= LEAST_LEVEL].head(MOST_LEVELS).index
            found.append(Level(spec.column, tuple(sorted(str(value) for value in common))))
    return tuple(found)


def codes_of(customers: Customers, levels: tuple[Level, ...]) -> NDArray[np.int8]:
    """Return the positions of the customers' values, (N, levels), -1 for others and for empty cells."""
    columns = [_codes(customers.frame[level.column], level.names) for level in levels]
    return np.column_stack(columns) if columns else np.empty((customers.n, 0), np.int8)


def _codes(column: pd.Series, values: tuple[str, ...]) -> NDArray[np.int8]:
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_float_dtype(column):  # a flag, with gaps as a float
        return np.asarray(column.astype("float64").fillna(-1.0), np.int8)
    return np.asarray(pd.Index(values).get_indexer(pd.Index(column.astype("str"))), np.int8)
