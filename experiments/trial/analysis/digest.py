"""The hash that stands for the data: of a file its bytes; of any other source the values that were read, in order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from json.encoder import encode_basestring_ascii
from pathlib import Path
from typing import Any

import numpy as np

from evenhand.errors import DataError
from evenhand.experiments.moments.labels import encode
from evenhand.experiments.moments.sources import batches

__all__ = ["data_hash"]


def data_hash(data: Any, numbers: Sequence[str], labels: Sequence[str]) -> str:
    """Return the SHA-256 of a file, or of the columns read of a table or query.

    A table's hash does not depend on where it is kept (pandas, Polars, DuckDB, a database) nor on its batches, only on
    names, rows and their order: numbers as little-endian float64, labels as JSON texts, null where missing.
    """
    if isinstance(data, str | Path):
        try:
            with Path(data).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise DataError(f"cannot be read: {error.strerror}", where=str(data), mend="look at the path") from None
    columns = {name: hashlib.sha256() for name in dict.fromkeys([*numbers, *labels])}
    for batch in batches(data, numbers, labels):
        for name, column in columns.items():
            column.update(_number(batch[name]) if name in numbers else _texts(batch[name], name))
    whole = hashlib.sha256()
    for name, column in columns.items():
        whole.update(json.dumps([name, column.hexdigest()], ensure_ascii=False).encode())
    return whole.hexdigest()


def _number(values: Any) -> bytes:
    real = np.asarray(values, dtype="<f8") + 0.0  # -0.0 is 0.0
    return np.where(np.isnan(real), np.nan, real).astype("<f8").tobytes()


def _texts(values: Any, name: str) -> bytes:
    codes, labels = encode(values, name)
    texts = np.array([*(encode_basestring_ascii(label) + "," for label in labels), "null,"], dtype=object)
    return "".join(texts[codes].tolist()).encode()  # code -1 is the last: missing
