"""Labels of arms, segments and groups as whole numbers, whatever they are made of; as text they are the same anywhere.

A label is the text of its value, so that 0, "0" and 0.0 of different files are one arm. What is missing, or empty text,
has code -1.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from evenhand.errors import DataError

__all__ = ["Coded", "Codes", "encode"]

Codes = NDArray[np.int32]
Coded = tuple[Codes, list[str]]

SPAN = 2**16  # whole numbers this close together are their own codes


def encode(column: Any, name: str) -> Coded:
    """Return codes (n,) and the labels they stand for; `column` is a NumPy, pandas or Arrow array.

    Raises DataError for numbers that are not whole: a measurement is no label.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if isinstance(column, pd.Series):
        column = column.to_numpy() if isinstance(column.dtype, np.dtype) else _arrow(column)
    if isinstance(column, np.ndarray) and column.dtype.kind not in "biuf":
        column = _arrow(column)
    if isinstance(column, pa.Array):
        if not _is_number(column.type):
            return _dictionary(column)
        column = column.to_numpy(zero_copy_only=False)
    return _numbers(np.asarray(column), name)


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind))


def _arrow(values: Any) -> pa.Array:
    try:
        found = pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # of several types: their text
        texts = [None if pd.isna(value) else str(value) for value in values]
        found = pa.array(texts)
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _dictionary(column: pa.Array) -> Coded:
    if not isinstance(column, pa.DictionaryArray):
        column = column.dictionary_encode()
    codes = column.indices.cast(pa.int32())
    codes = (codes.fill_null(-1) if codes.null_count else codes).to_numpy(zero_copy_only=False)
    labels = [str(label) for label in column.dictionary.to_pylist()]
    if "" in labels:  # as in a CSV: an empty cell says nothing
        codes = np.where(codes == labels.index(""), np.int32(-1), codes)
    return codes, labels


def _numbers(values: NDArray[Any], name: str) -> Coded:
    if values.dtype.kind == "b":
        return values.astype(np.int32), ["False", "True"]
    if values.dtype.kind == "f":
        return _whole(values, name)
    if not len(values):
        return values.astype(np.int32), []
    low, high = int(values.min()), int(values.max())
    if high - low < SPAN:
        return (values.astype(np.int64) - low).astype(np.int32), [str(label) for label in range(low, high + 1)]
    labels, codes = np.unique(values, return_inverse=True)
    return codes.astype(np.int32), [str(label) for label in labels.tolist()]


def _whole(values: NDArray[Any], name: str) -> Coded:
    """Code whole numbers that were read as floats because some are missing."""
    there = ~np.isnan(values)
    known = values[there]
    if not (np.isfinite(known) & (known == np.floor(known)) & (np.abs(known) < 2.0**53)).all():
        raise DataError(
            "a label is a number with a fraction, or infinite",
            where=f"column {name!r}",
            rule="labels are text, yes or no, or whole numbers",
            mend="cut the numbers into ranges first",
        )
    codes = np.full(len(values), -1, np.int32)
    codes[there], labels = _numbers(known.astype(np.int64), name)
    return codes, labels
