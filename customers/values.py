"""Turn the columns of a file into numbers, flags and names; the first cell that does not fit is an error."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api import types

from evenhand.customers.files import RawTable, shown
from evenhand.errors import DataError, nearest

__all__ = ["categories", "check", "flags", "ids", "is_empty", "numbers", "text", "whole_numbers"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

EMPTY = frozenset({"", "na", "n/a", "nan", "null", "none"})  # in columns of numbers and flags
TRUE = frozenset({"true", "yes", "y", "t", "1", "1.0"})
FALSE = frozenset({"false", "no", "n", "f", "0", "0.0"})
_WHOLE_ID = re.compile(r"0|-?[1-9][0-9]{0,17}")


def text(table: RawTable, column: str) -> pd.Series[str]:
    """Return a column as text; empty cells are ""."""
    values: pd.Series = table.column(column)
    if types.is_float_dtype(values):
        known = values.dropna().to_numpy(dtype=np.float64)  # of pandas, Arrow or NumPy
        if bool((known % 1 == 0).all()) and bool((np.abs(known) < 2.0**63).all()):
            values = values.astype("Int64")  # whole numbers with gaps: 12, not 12.0
    return values.astype("string").fillna("").astype("str").str.strip()


def is_empty(values: pd.Series[str]) -> BoolArray:
    """Say which cells of a text column of numbers or flags mean "nothing"."""
    return values.str.lower().isin(EMPTY).to_numpy(dtype=np.bool_)


def check(
    table: RawTable,
    column: str,
    wrong: BoolArray,
    what: str,
    *,
    rule: str,
    mend: str | Callable[[str], str] = "",
) -> None:
    """Raise DataError for the first cell where `wrong`; `mend` may depend on its value."""
    if not wrong.any():
        return
    position = int(wrong.argmax())
    value = text(table, column).iloc[position]
    more = int(wrong.sum()) - 1
    raise DataError(
        f"{shown(value)} {what}" + (f" (and {more:,} more)" if more else ""),
        where=table.where(position, column),
        rule=rule,
        mend=(mend if isinstance(mend, str) else mend(value)) or None,
    )


def numbers(
    table: RawTable, column: str, *, low: float = -np.inf, high: float = np.inf, empty: bool = True
) -> FloatArray:
    """Return a column as float64, NaN where empty; text, infinities and values out of range are errors."""
    raw = table.column(column)
    if types.is_numeric_dtype(raw) and not types.is_bool_dtype(raw):
        values = raw.to_numpy(dtype=np.float64, na_value=np.nan)
        missing = np.isnan(values)
    else:
        cells = text(table, column)
        values = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        missing = is_empty(cells)
        check(
            table,
            column,
            np.isnan(values) & ~missing,
            "is not a number",
            rule="this column holds numbers",
            mend="write 1234.5 (a point, no thousands separators, no units), or leave the cell empty",
        )
    check(
        table,
        column,
        np.isinf(values),
        "is not finite",
        rule="numbers are finite",
        mend="leave the cell empty",
    )
    if not empty:
        check(table, column, missing, "is no number", rule="this column has no empty cells")
    outside = (values < low) | (values > high)
    bounds = f"at least {low:g}" if high == np.inf else f"from {low:g} to {high:g}"
    check(table, column, outside, "is out of range", rule=f"values are {bounds}")
    return values


def whole_numbers(table: RawTable, column: str, *, low: int) -> NDArray[np.int64]:
    """Return a column of whole numbers, none empty."""
    values = numbers(table, column, low=low, empty=False)
    check(table, column, values % 1 != 0, "is not a whole number", rule=f"whole numbers from {low} on")
    return values.astype(np.int64)


def flags(table: RawTable, column: str) -> FloatArray:
    """Return a yes/no column as 1, 0 and NaN where empty."""
    cells = text(table, column).str.lower()
    true, false, missing = cells.isin(TRUE).to_numpy(), cells.isin(FALSE).to_numpy(), is_empty(cells)
    check(
        table,
        column,
        ~(true | false | missing),
        "is neither yes nor no",
        rule="this column holds true or false (also yes/no, 1/0)",
    )
    return np.where(missing, np.nan, true.astype(np.float64))


def categories(table: RawTable, column: str, known: tuple[str, ...]) -> pd.Series[str]:
    """Return a category column as text, missing where empty; with `known`, other values are errors."""
    cells = text(table, column)
    if known:
        check(
            table,
            column,
            ~cells.isin([*known, ""]).to_numpy(),
            "is no declared category",
            rule=f"one of {', '.join(known)}",
            mend=lambda value: f"did you mean {close!r}?" if (close := nearest(value, known)) else "",
        )
    return cells.where(cells != "")


def ids(table: RawTable, column: str) -> pd.Index:
    """Return the customer ids: whole numbers where every id is written as one, else text."""
    cells = text(table, column)
    check(table, column, (cells == "").to_numpy(), "is no id", rule="every customer has an id")
    whole = bool(cells.str.fullmatch(_WHOLE_ID.pattern).all())
    return pd.Index(cells.astype(np.int64) if whole else cells, name=column)
