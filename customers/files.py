"""Read CSV and Parquet files into tables that remember which row of the file each record came from."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet
from numpy.typing import NDArray

from evenhand.errors import DataError, nearest

__all__ = ["RawTable", "read_table", "shown"]

DELIMITERS = ",;\t|"
PARQUET_MAGIC = b"PAR1"


def shown(value: object) -> str:
    """Return a value as an error message quotes it: short and on one line."""
    text = repr(str(value))
    return text if len(text) <= 42 else f"{text[:38]}...{text[0]}"


@dataclass(frozen=True)
class RawTable:
    """A file as read: text columns from CSV, typed columns from Parquet."""

    file: str
    data: pd.DataFrame
    rows: NDArray[np.int64]  # the row of each record as a person counts: in a CSV the header is row 1
    sha256: str

    def where(self, position: int, column: str) -> str:
        """Name the cell at a record position."""
        return f"{self.file}, row {self.rows[position]}, column {column!r}"

    def column(self, name: str) -> pd.Series[str]:
        """Return a column by name; DataError when the file has none."""
        if name not in self.data.columns:
            close = nearest(name, map(str, self.data.columns))
            has = ", ".join(map(str, self.data.columns[:12]))
            raise DataError(
                f"column {name!r} is missing",
                where=self.file,
                rule="every column that the schema names must be there",
                mend=f"did you mean {close!r}?" if close else f"the file has {has}",
            )
        return self.data[name]


def read_table(path: Path) -> RawTable:
    """Read a CSV (UTF-8; comma, semicolon, tab or bar) or a Parquet file; DataError when it is damaged."""
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = "is a folder" if path.is_dir() else str(error.strerror).lower()
        raise DataError(f"cannot be read: {reason}", where=str(path), mend="give a CSV or Parquet file") from None
    if not data.strip():
        raise DataError("the file is empty", where=str(path), rule="a table has a header and at least two customers")
    is_parquet = data.startswith(PARQUET_MAGIC) or path.suffix.lower() in {".parquet", ".pq"}
    frame, rows = _read_parquet(path, data) if is_parquet else _read_csv(path, data)
    if frame.empty:
        raise DataError("has a header but no rows", where=str(path), rule="a table has at least one row of data")
    return RawTable(str(path), frame, rows, hashlib.sha256(data).hexdigest())


def _read_parquet(path: Path, data: bytes) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    try:
        frame = parquet.read_table(io.BytesIO(data)).to_pandas(ignore_metadata=True)
    except (pa.ArrowException, OSError):
        whole = data.endswith(PARQUET_MAGIC)
        raise DataError(
            "is damaged inside" if whole else "is not a whole Parquet file: its end is missing",
            where=str(path),
            mend="write or copy the file again",
        ) from None
    return frame, np.arange(1, len(frame) + 1)


def _read_csv(path: Path, data: bytes) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    _check_encoding(path, data)
    header = _first_line(data).decode("utf-8-sig")
    delimiter = max(DELIMITERS, key=header.count)
    names = _header(path, header, delimiter)
    ragged: list[arrow_csv.InvalidRow] = []

    def note(row: arrow_csv.InvalidRow) -> str:
        ragged.append(row)
        return "skip"

    table = arrow_csv.read_csv(
        io.BytesIO(data if data.endswith(b"\n") else data + b"\n"),
        # One thread: only then do rows that do not fit know their number.
        read_options=arrow_csv.ReadOptions(use_threads=False, column_names=names, skip_rows=1),
        parse_options=arrow_csv.ParseOptions(
            delimiter=delimiter, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=note
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types={name: pa.string() for name in names}, strings_can_be_null=False
        ),
    )
    if ragged:
        raise _ragged(path, ragged[0])
    frame = table.to_pandas()
    if data.count(b'"') % 2:
        _check_quotes(path, frame)
    frame = frame.apply(lambda column: column.str.strip())
    filled = (frame != "").any(axis=1).to_numpy()  # blank lines are no records
    return frame[filled].reset_index(drop=True), np.flatnonzero(filled) + 2


def _first_line(data: bytes) -> bytes:
    return data.split(b"\n", 1)[0].rstrip(b"\r")


def _check_encoding(path: Path, data: bytes) -> None:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data:
        raise DataError("is not UTF-8 text", where=str(path), rule="a CSV is UTF-8", mend="save it as UTF-8")
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        row = data.count(b"\n", 0, error.start) + 1
        line = data.splitlines()[row - 1].decode("latin-1")
        first = _first_line(data).decode("latin-1")
        head, cells = csv.reader([first, line], delimiter=max(DELIMITERS, key=first.count))
        value = next((cell for cell in cells if not cell.isascii()), line)
        column = head[cells.index(value)] if value in cells and cells.index(value) < len(head) else "?"
        raise DataError(
            f"{shown(value)} is not UTF-8 (byte 0x{data[error.start]:02x})",
            where=f"{path}, row {row}, column {column!r}",
            rule="a CSV is UTF-8",
            mend="save it as UTF-8, for example: iconv -f WINDOWS-1252 -t UTF-8",
        ) from None


def _header(path: Path, header: str, delimiter: str) -> list[str]:
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
    if not names:
        raise DataError("is blank", where=f"{path}, row 1", rule="the first row names every column")
    for position, name in enumerate(names):
        if not name:
            raise DataError(
                f"column {position + 1} has no name",
                where=f"{path}, row 1",
                rule="the first row names every column",
            )
        if name in names[:position]:
            raise DataError(f"column {name!r} stands there twice", where=f"{path}, row 1", mend="rename one")
    return names


def _check_quotes(path: Path, frame: pd.DataFrame) -> None:
    """Raise when a quote that is never closed has swallowed the lines after it."""
    torn = frame.apply(lambda column: column.str.contains("\n", regex=False))
    if torn.to_numpy().any():
        row = int(np.flatnonzero(torn.any(axis=1))[-1])
        column = str(frame.columns[int(torn.iloc[row].to_numpy().argmax())])
        raise DataError(
            f"{shown(frame[column].iloc[row])} opens a quote that is never closed",
            where=f"{path}, row {row + 2}, column {column!r}",
            rule="a quote closes before the next column",
        )


def _ragged(path: Path, row: arrow_csv.InvalidRow) -> DataError:
    return DataError(
        f"{row.actual_columns} values instead of {row.expected_columns}: {shown(row.text)}",
        where=f"{path}, row {row.number}",
        rule="every row has as many values as the header",
        mend="put values that hold the delimiter in quotes, and close every quote",
    )
