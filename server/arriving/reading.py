"""Read a table that a stranger sent: what is no table, too much, or meant for a spreadsheet's formulas is refused."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet

from evenhand.customers.files import DELIMITERS, PARQUET_MAGIC, RawTable, read_table, shown
from evenhand.errors import DataError, EvenhandError
from evenhand.server.arriving.limits import LONGEST, LONGEST_NAME, MOST_COLUMNS, MOST_ROWS, MOST_UNPACKED

__all__ = ["check_texts", "read_arrived", "renamed"]

FORMULA = ("=", "@", "+", "-", "\t", "\r")  # as OWASP lists them under CSV injection
BIGGER = "load a larger table on the server: `evenhand ingest`, `evenhand calibrate`, `evenhand load`"
# What people send instead, by its first bytes.
OTHERS = {
    b"PK\x03\x04": ("is a spreadsheet or an archive", "in the spreadsheet choose: save as, CSV UTF-8"),
    b"\xd0\xcf\x11\xe0": ("is a spreadsheet", "in the spreadsheet choose: save as, CSV UTF-8"),
    b"\x1f\x8b": ("is packed (gzip)", "unpack it first"),
    b"%PDF": ("is a PDF", "export the table as CSV"),
}


def read_arrived(path: Path) -> RawTable:
    """Return a table as it was sent; DataError for one that is none, or that is larger than the pages take."""
    with path.open("rb") as file:
        first = file.read(65_536)
    for magic, (what, mend) in OTHERS.items():
        if first.startswith(magic):
            raise DataError(what, where=str(path), rule="a table is CSV or Parquet", mend=mend)
    if first.startswith(PARQUET_MAGIC) or path.suffix == ".parquet":
        _check_parquet(path)
    else:
        _check_head(path, first)
    table = read_table(path)
    _within(path, len(table.data), list(map(str, table.data.columns)))
    return table


def _check_head(path: Path, first: bytes) -> None:
    """Look at the first line before the whole is read: each column costs time."""
    if b"\0" in first:
        return  # no text at all: whoever reads it says so
    head, newline, _ = first.partition(b"\n")
    if not newline and len(first) == 65_536:
        raise DataError("the first line does not end", where=str(path), rule="the first line names the columns")
    if b"\r" in head.rstrip(b"\r"):
        raise DataError(
            "its lines end in carriage returns only", where=str(path), rule="lines end in a line feed",
            mend="in the spreadsheet choose: save as, CSV UTF-8",
        )  # fmt: skip
    line = head.decode("utf-8-sig", "replace")
    delimiter = max(DELIMITERS, key=line.count)
    try:
        names = next(csv.reader([line.rstrip("\r")], delimiter=delimiter), [])
    except csv.Error:
        raise DataError("cannot be read", where=f"{path}, row 1", rule="the first line names the columns") from None
    _within(path, 0, names)


def _check_parquet(path: Path) -> None:
    """Look at what a Parquet file says of itself before anything of it is unpacked."""
    try:
        about = parquet.read_metadata(path)
    except (pa.ArrowException, OSError):
        return  # what is wrong with it is told by whoever reads it
    schema = about.schema.to_arrow_schema()
    _within(path, about.num_rows, schema.names)
    unpacked = sum(about.row_group(k).total_byte_size for k in range(about.num_row_groups))
    if unpacked <= MOST_UNPACKED:
        unpacked = _spelt_out(path, schema)
    if unpacked > MOST_UNPACKED:
        raise DataError(
            f"unpacks to {unpacked / 1e6:,.0f} MB", where=str(path), rule=f"at most {MOST_UNPACKED / 1e6:,.0f} MB",
            mend=BIGGER,
        )  # fmt: skip
    nested = [field.name for field in schema if pa.types.is_nested(field.type) or pa.types.is_binary(field.type)]
    if nested:
        raise DataError(
            f"column {shown(nested[0])} holds lists or bytes", where=str(path),
            rule="a cell holds a number, a text or yes/no", mend="leave the column out",
        )  # fmt: skip


def _spelt_out(path: Path, schema: pa.Schema) -> int:
    """Return how many bytes the texts of a Parquet file are once each stands in its cell."""
    texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
    try:
        table = parquet.read_table(path, columns=texts, read_dictionary=texts)
    except (pa.ArrowException, OSError):
        return 0  # what is wrong with it is told by whoever reads it
    total = 0
    for chunk in (chunk for column in table.columns for chunk in column.chunks):
        lengths = pc.binary_length(chunk.dictionary) if isinstance(chunk, pa.DictionaryArray) else None
        one_each = pc.binary_length(chunk) if lengths is None else lengths.take(chunk.indices)
        total += pc.sum(pc.cast(one_each, pa.int64())).as_py() or 0
    return int(total)


def _within(path: Path, rows: int, names: list[str]) -> None:
    if rows > MOST_ROWS:
        raise DataError(f"has {rows:,} rows", where=str(path), rule=f"the pages take {MOST_ROWS:,} rows at most",
                        mend=BIGGER)  # fmt: skip
    if len(names) > MOST_COLUMNS:
        raise DataError(f"has {len(names):,} columns", where=str(path),
                        rule=f"the pages take {MOST_COLUMNS} columns at most",
                        mend="leave out columns that are not needed")  # fmt: skip
    for name in names:
        if name.strip().startswith(FORMULA):
            raise DataError(f"column {shown(name)} begins like a formula", where=f"{path}, row 1",
                            rule="names begin with none of = @ + -", mend="call the column differently")  # fmt: skip
        if len(name) > LONGEST_NAME or not name.isprintable():
            raise DataError(f"column {shown(name)} has a name that nobody can read", where=f"{path}, row 1",
                            rule=f"at most {LONGEST_NAME} printed characters", mend="call it another name")  # fmt: skip
    if len(set(names)) < len(names):
        twice = next(name for place, name in enumerate(names) if name in names[:place])
        raise DataError(f"column {shown(twice)} stands there twice", where=f"{path}, row 1", mend="rename one")


def check_texts(table: RawTable, column: str) -> None:
    """Raise DataError for a text of a column that a spreadsheet would run, or that is too long to be one.

    What is used travels on into campaign plans, which people open in spreadsheets.
    """
    cells = table.column(column).astype("string").fillna("").astype("str").str.strip()
    odd = cells.str.startswith(FORMULA) & pd.to_numeric(cells, errors="coerce").isna()
    for wrong, what, rule, mend in (
        (odd, "begins like a formula", "texts that are used begin with none of = @ + -",
         "change the values, or leave the column out"),
        (cells.str.len() > LONGEST, "is too long", f"at most {LONGEST} characters", "leave the column out"),
    ):  # fmt: skip
        if wrong.any():
            place = int(wrong.to_numpy().argmax())
            raise DataError(f"{shown(cells.iloc[place])} {what}", where=table.where(place, column), rule=rule,
                            mend=mend)  # fmt: skip


def renamed(error: EvenhandError, path: Path, file: str) -> EvenhandError:
    """Return an error that calls the file by the name that its owner knows, never by where it lies here."""
    told = [part.replace(str(path), file) if part else part for part in (error.what, error.where, error.mend)]
    return type(error)(told[0] or "", where=told[1], rule=error.rule, mend=told[2])
