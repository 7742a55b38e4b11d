"""The compilers agree: DuckDB, SQLite and NumPy put every customer, however odd, in the same segment."""

from __future__ import annotations

import operator
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from tests.segments.example import ODD, columns, segmentations, tables

from evenhand.segments import Condition, RuleGroup, Segmentation

ARROW = (pa.float64(), pa.float64(), pa.int64(), pa.float32(), pa.string(), pa.bool_())
SCHEMA = pa.schema(list(zip([feature.name for feature in ODD.features], ARROW, strict=True)))
Table = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def in_duckdb(duck: duckdb.DuckDBPyConnection, today: Segmentation, table: Table) -> list[str]:
    """Return the segments that DuckDB finds; Arrow keeps NaN and NULL apart on the way there."""
    cells = columns(table).values()
    arrays = [pa.array(column, type=field.type) for field, column in zip(SCHEMA, cells, strict=True)]
    duck.register("customers", pa.Table.from_arrays(arrays, schema=SCHEMA))
    return [str(row[-1]) for row in duck.execute(today.to_sql()).fetchall()]


def in_sqlite(today: Segmentation, table: Table) -> list[str]:
    names = ", ".join('"' + feature.name.replace('"', '""') + '"' for feature in ODD.features)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE customers ({names})")
        rows = zip(*columns(table).values(), strict=True)
        connection.executemany(f"INSERT INTO customers VALUES ({', '.join('?' * len(ODD.features))})", rows)
        return [str(row[-1]) for row in connection.execute(today.to_sql("sqlite"))]


def in_arrays(today: Segmentation, table: Table) -> list[str]:
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns(table).items()})
    frame["single"] = frame["single"].astype(np.float32)
    return [today.ids[position] for position in today.assign(frame)]


def by_definition(today: Segmentation, table: Table) -> list[str]:
    """Return the first segment whose rule each customer meets, the slow and plain way."""
    rows = [dict(zip(columns(table), row, strict=True)) for row in zip(*columns(table).values(), strict=True)]
    return [next((s.id for s in today.segments if meets(s.rule, row)), today.default.id) for row in rows]


def meets(rule: RuleGroup | Condition, row: dict[str, Any]) -> bool:
    if isinstance(rule, RuleGroup):
        return (all if rule.combinator == "and" else any)(
            meets(part, row) for part in rule.rules
        ) != rule.not_
    cell, value = row[rule.field], rule.value
    if cell is None or cell != cell:
        return rule.operator == "null"
    cell = float(cell) if isinstance(cell, int) and not isinstance(cell, bool) else cell
    return bool(BY_DEFINITION[rule.operator](cell, value))


BY_DEFINITION: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "in": lambda cell, values: cell in values,
    "notIn": lambda cell, values: cell not in values,
    "between": lambda cell, ends: ends[0] <= cell <= ends[1],
    "notBetween": lambda cell, ends: not ends[0] <= cell <= ends[1],
    "null": lambda cell, value: False,
    "notNull": lambda cell, value: True,
}


@settings(max_examples=400)
@given(today=segmentations(), table=tables)
def test_duckdb_and_numpy_agree_on_every_row(
    duck: duckdb.DuckDBPyConnection, today: Segmentation, table: Table
) -> None:
    assert in_duckdb(duck, today, table) == in_arrays(today, table) == by_definition(today, table)


@settings(max_examples=300)
@given(today=segmentations(), table=tables)
def test_sqlite_agrees_on_every_row(today: Segmentation, table: Table) -> None:
    table = [row for row in table if row[2] is None or abs(row[2]) < 2**53]  # it compares larger ones exactly
    if table:
        assert in_sqlite(today, table) == by_definition(today, table)
