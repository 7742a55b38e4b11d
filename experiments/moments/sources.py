"""Where rows come from: files, DuckDB, pandas, Arrow and Polars, NumPy, SQLAlchemy; they leave as batches of columns.

Polars and every other table that speaks the Arrow PyCapsule interface (`__arrow_c_stream__`) come through Arrow and are
not imported here. Files and DuckDB are streamed, so that data larger than memory passes through it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from evenhand.errors import DataError, nearest

if TYPE_CHECKING:
    import duckdb

__all__ = ["Batch", "Query", "batches", "checked_names", "quoted", "relation"]

Batch = dict[str, Any]  # a column's name -> NumPy, pandas or Arrow array

ROWS = 500_000  # of a streamed batch
MEMORY = "600MB"  # that DuckDB may take for a file before it writes to the temporary folder
READERS = {".csv": "read_csv", ".parquet": "read_parquet"}
NUMBERS = (
    "BOOLEAN", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
    "UHUGEINT", "FLOAT", "DOUBLE", "DECIMAL",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Query:
    """Rows of a query: SQL text or a SQLAlchemy statement, and the DuckDB or SQLAlchemy connection or engine."""

    statement: Any
    connection: Any


def batches(data: Any, numbers: Sequence[str], labels: Sequence[str]) -> Iterator[Batch]:
    """Yield the columns `numbers` (real) and `labels` (anything) of `data`, batch by batch.

    `data` is a path of a CSV or Parquet file, a DuckDB relation, a `Query`, a pandas DataFrame, a mapping of NumPy
    arrays, or any table with `__arrow_c_stream__` (Polars, Arrow). Raises DataError for other things, for a column that
    is not there and for numbers that are text or dates.
    """
    names = list(dict.fromkeys([*numbers, *labels]))
    table = relation(data, [label for label in labels if label not in numbers])
    if table is not None:
        return _streamed(table, names, set(numbers))
    if isinstance(data, Query):
        return _queried(data, names, set(numbers))
    return iter([_at_hand(data, names, set(numbers))])


def relation(data: Any, labels: Sequence[str] = ()) -> duckdb.DuckDBPyRelation | None:
    """Return what DuckDB reads by itself, files, relations and queries of it, as a relation; None for the rest.

    `labels` of a CSV file stay the texts that they are: id 007 is not id 7, and nobody guesses which day 05/03 is.
    """
    import duckdb  # slow to load; most data is at hand

    if isinstance(data, str | Path):
        return _file(Path(data), labels)
    if isinstance(data, duckdb.DuckDBPyRelation):
        return data
    if isinstance(data, Query) and isinstance(data.connection, duckdb.DuckDBPyConnection):
        try:
            return data.connection.sql(data.statement)
        except duckdb.Error as error:
            raise DataError(f"the query fails: {error}", mend="try it in DuckDB itself") from error
    return None


def quoted(name: str) -> str:
    """Return a column's name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def checked_names(names: Sequence[str], there: Sequence[str]) -> None:
    """Raise DataError for a column that is not there."""
    for name in names:
        if name not in there:
            close = nearest(name, there)
            raise DataError(
                f"no column {name!r}",
                rule=f"the data has {', '.join(map(str, there))}",
                mend=f"did you mean {close!r}?" if close else None,
            )


def _file(path: Path, labels: Sequence[str]) -> duckdb.DuckDBPyRelation:
    import duckdb

    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise DataError(f"a file that ends with {path.suffix!r}", where=str(path), rule="data is .csv or .parquet")
    if not path.exists():
        raise DataError("no such file", where=str(path), mend="look at the path")
    try:
        connection = duckdb.connect(config={"memory_limit": MEMORY, "temp_directory": tempfile.gettempdir()})
        table = connection.sql(f"FROM {reader}(?)", params=[str(path)])
        if reader != READERS[".csv"]:
            return table
        _refuse_doubled(path, table.columns)
        texts = [name for name, kind in zip(table.columns, map(str, table.types), strict=True)
                 if kind.startswith(("DATE", "TIME")) or (name in labels and kind.endswith("INT"))]  # fmt: skip
        kinds = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in texts)
        return connection.sql(f"FROM read_csv(?, types={{{kinds}}})", params=[str(path)]) if texts else table
    except duckdb.Error as error:
        raise DataError(f"DuckDB cannot read it: {error}", where=str(path)) from error


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _refuse_doubled(path: Path, columns: Sequence[str]) -> None:
    """Raise DataError where DuckDB renamed a column because an earlier one has its name."""
    with path.open("rb") as file:
        head = file.readline().decode("utf-8-sig", errors="replace").lower()
    for name in columns:
        first, _, number = name.rpartition("_")
        if first in columns and number.isdecimal() and name.lower() not in head:
            raise DataError(
                f"two columns are called {first!r}", where=str(path), rule="names are unique", mend="rename one"
            )


def _streamed(table: duckdb.DuckDBPyRelation, names: list[str], numbers: set[str]) -> Iterator[Batch]:
    import duckdb

    checked_names(names, table.columns)
    kinds = dict(zip(table.columns, map(str, table.types), strict=True))
    for name in numbers:
        if not kinds[name].startswith(NUMBERS):
            if not table.limit(1).fetchall():
                raise DataError("no rows", rule="an experiment has data", mend="look at the file or the query")
            raise _no_number(name, kinds[name])
    wanted = (f"CAST({quoted(n)} AS DOUBLE) AS {quoted(n)}" if n in numbers else quoted(n) for n in names)
    try:
        for part in table.project(", ".join(wanted)).to_arrow_reader(ROWS):
            yield {name: _of_arrow(part.column(name), name, name in numbers) for name in names}
    except (duckdb.Error, OSError) as error:  # Arrow hands DuckDB's on as OSError
        raise DataError(f"DuckDB cannot read a row: {error}", mend="look at the line that it names") from error


def _queried(query: Query, names: list[str], numbers: set[str]) -> Iterator[Batch]:
    import sqlalchemy as sa

    statement = sa.text(query.statement) if isinstance(query.statement, str) else query.statement
    if isinstance(query.connection, sa.Engine):
        with query.connection.connect() as connection:
            yield from _queried(Query(statement, connection), names, numbers)
        return
    if not isinstance(query.connection, sa.Connection):
        raise DataError(f"a connection of type {type(query.connection).__name__}", rule="one of DuckDB or SQLAlchemy")
    result = query.connection.execution_options(yield_per=ROWS // 10).execute(statement)
    there = list(result.keys())
    checked_names(names, there)
    at = [there.index(name) for name in names]
    for part in result.partitions(ROWS // 10):
        columns = list(zip(*part, strict=True))
        yield {n: _of_rows(columns[i], n, n in numbers) for n, i in zip(names, at, strict=True)}


def _of_rows(values: Sequence[Any], name: str, number: bool) -> Any:
    if not number:
        return _labels(values)
    try:
        if any(isinstance(value, str) for value in values[:100]):
            raise _no_number(name, "text")
        return np.array(values, dtype=np.float64)  # None becomes NaN
    except (TypeError, ValueError) as error:
        raise _no_number(name, type(values[0]).__name__) from error


def _labels(values: Sequence[Any]) -> Any:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # of several types
        return np.array(values, dtype=object)


def _at_hand(data: Any, names: list[str], numbers: set[str]) -> Batch:
    if isinstance(data, pd.DataFrame):
        checked_names(names, list(data.columns))
        double = [name for name in names if list(data.columns).count(name) > 1]
        if double:
            raise DataError(f"two columns are called {double[0]!r}", rule="names are unique", mend="rename one")
        return {name: _of_pandas(data[name]) if name in numbers else data[name] for name in names}
    if isinstance(data, Mapping):
        checked_names(names, list(data))
        return _of_numpy(data, names, numbers)
    if not hasattr(data, "__arrow_c_stream__") and hasattr(data, "collect"):  # a lazy frame of Polars
        checked_names(names, data.collect_schema().names())
        data = data.select(names).collect()
    if hasattr(data, "__arrow_c_stream__"):
        there: Any = getattr(data, "column_names", None) or getattr(data, "columns", ())
        table = pa.table(data.select(names) if set(names) <= set(there) else data)
        checked_names(names, table.column_names)
        return {name: _of_arrow(table.column(name), name, name in numbers) for name in names}
    raise DataError(
        f"data of type {type(data).__name__}",
        rule="a path, a DuckDB relation, a Query, a pandas or Polars table, or a mapping of NumPy arrays",
    )


def _of_numpy(data: Mapping[str, Any], names: list[str], numbers: set[str]) -> Batch:
    columns = {name: np.asarray(data[name]) for name in names}
    if any(column.ndim != 1 for column in columns.values()) or len({len(c) for c in columns.values()}) > 1:
        shapes = ", ".join(f"{name} {column.shape}" for name, column in columns.items())
        raise DataError(f"columns of shapes {shapes}", rule="one number per row in each")
    return {name: _real(column, name) if name in numbers else column for name, column in columns.items()}


def _of_pandas(series: pd.Series[Any]) -> Any:
    if isinstance(series.dtype, np.dtype):
        return _real(series.to_numpy(), str(series.name))
    if not pd.api.types.is_numeric_dtype(series.dtype) and not pd.api.types.is_bool_dtype(series.dtype):
        raise _no_number(str(series.name), str(series.dtype))
    return series.to_numpy(dtype=np.float64, na_value=np.nan)


def _of_arrow(column: Any, name: str, number: bool) -> Any:
    if not number:
        return column
    kind = column.type
    if pa.types.is_decimal(kind) or pa.types.is_boolean(kind):
        column = column.cast(pa.uint8() if pa.types.is_boolean(kind) else pa.float64())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise _no_number(name, str(kind))
    if isinstance(column, pa.ChunkedArray):
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    return column.to_numpy(zero_copy_only=False)  # without a copy where nothing is missing


def _real(column: Any, name: str) -> Any:
    if column.dtype.kind in "biuf":
        return column
    if column.dtype.kind != "O":
        raise _no_number(name, str(column.dtype))
    return _of_rows(list(column), name, True)


def _no_number(name: str, kind: str) -> DataError:
    return DataError(
        f"the values are {kind}",
        where=f"column {name!r}",
        rule="metrics and covariates are numbers",
        mend="convert the column",
    )
