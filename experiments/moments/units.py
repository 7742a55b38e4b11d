"""Is every row a unit of its own, in one arm? A customer counted twice makes every standard error too small."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from evenhand.errors import DataError
from evenhand.experiments.moments.sources import checked_names, quoted

if TYPE_CHECKING:
    import duckdb

__all__ = ["Repeats", "refuse_repeats", "repeats", "repeats_in"]

SPARSE = 16  # a table of flags this many times as long as the data is still quicker than sorting


class Repeats(NamedTuple):
    """How many units have more than one row, how many of them are in more than one arm, and one of them."""

    doubled: int = 0
    in_two_arms: int = 0
    example: str = ""


def repeats(units: Any, arms: NDArray[np.int32]) -> Repeats:
    """Return the repeats among `units` (n,), whole numbers or text, with `arms` (n,) as codes.

    Raises DataError for a unit without an id.
    """
    keys = _keys(units)
    low, high = (int(keys.min()), int(keys.max())) if len(keys) else (0, 0)
    if high - low < SPARSE * len(keys):
        keys = keys - low
        seen = np.zeros(high - low + 1, np.bool_)
        seen[keys] = True
        unique = np.count_nonzero(seen) == len(keys)
    else:
        order = np.sort(keys)
        unique = not (order[1:] == order[:-1]).any()
    return Repeats() if unique else _counted(keys, units, arms)


def repeats_in(table: duckdb.DuckDBPyRelation, unit: str, arm: str) -> Repeats:
    """Return the repeats of a DuckDB relation, counted by DuckDB, out of core where need be."""
    checked_names([unit, arm], table.columns)
    u, a = quoted(unit), quoted(arm)
    query: Any = table.query  # DuckDB's stubs have it as a property
    found = query(
        "rows",
        f"""SELECT count(*), count(*) FILTER (arms), any_value({u}), (SELECT count(*) FROM rows WHERE {u} IS NULL)
        FROM (SELECT {u}, min({a}) <> max({a}) AS arms FROM rows GROUP BY {u} HAVING count(*) > 1)""",
    ).fetchall()[0]
    if found[3]:
        raise _without_id(int(found[3]))
    return Repeats(int(found[0]), int(found[1]), str(found[2]))


def refuse_repeats(found: Repeats, unit: str) -> None:
    """Raise DataError where a unit has more than one row."""
    if found.in_two_arms:
        raise DataError(
            f"{found.in_two_arms:,} units are in more than one arm, such as {found.example}",
            where=f"column {unit!r}",
            rule="a unit stays in the arm that it was assigned to",
            mend="find out how it was assigned twice; do not drop these units, their loss may differ between arms",
        )
    if found.doubled:
        raise DataError(
            f"{found.doubled:,} units have more than one row, such as {found.example}",
            where=f"column {unit!r}",
            rule="one row per unit that was randomised",
            mend="add the rows of a unit up first, see `totals`",
        )


def _keys(units: Any) -> NDArray[np.int64]:
    if isinstance(units, pa.ChunkedArray):
        units = units.combine_chunks()
    if isinstance(units, pa.Array):
        if not units.null_count and pa.types.is_integer(units.type):
            units = units.to_numpy(zero_copy_only=False)
        else:
            units = units.to_pandas()
    values = units.to_numpy() if isinstance(units, pd.Series) and isinstance(units.dtype, np.dtype) else units
    if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
        return values.view(np.int64) if values.dtype == np.uint64 else values.astype(np.int64, copy=False)
    codes, _ = pd.factorize(values)
    missing = int(np.count_nonzero(codes < 0))
    if missing:
        raise _without_id(missing)
    return codes.astype(np.int64, copy=False)


def _counted(keys: NDArray[np.int64], units: Any, arms: NDArray[np.int32]) -> Repeats:
    _, first, codes, counts = np.unique(keys, return_index=True, return_inverse=True, return_counts=True)
    doubled = counts > 1
    low, high = np.full(len(counts), arms.max()), np.full(len(counts), arms.min())
    np.minimum.at(low, codes, arms)
    np.maximum.at(high, codes, arms)
    crossed = low < high
    at = int(first[np.flatnonzero(crossed if crossed.any() else doubled)[0]])
    example = units.iloc[at] if isinstance(units, pd.Series) else units[at]
    return Repeats(int(doubled.sum()), int(crossed.sum()), str(example))


def _without_id(count: int) -> DataError:
    return DataError(f"{count:,} units have no id", rule="every row names its unit", mend="leave no id empty")
