"""The compilers agree: DuckDB, SQLite and NumPy put every customer, however odd, in the same segment."""

from __future__ import annotations

import operator
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from itertools import zip_longest
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from tests.segments.example import (
    NUMBERS,
    ODD,
    ODD_CELLS,
    SINGLES,
    TEXTS,
    WHOLES,
    columns,
    condition,
    negated,
    rule,
    segmentations,
    tables,
)

from evenhand.segments import Condition, RuleGroup, Segmentation, mask
from evenhand.segments.sql import condition_sql
from evenhand.segments.values import OPERATORS

ARROW = (pa.float64(), pa.float64(), pa.int64(), pa.float32(), pa.string(), pa.bool_())
SCHEMA = pa.schema(list(zip([feature.name for feature in ODD.features], ARROW, strict=True)))
Table = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def register(duck: duckdb.DuckDBPyConnection, table: Table) -> str:
    """Give DuckDB a table and return its name; Arrow keeps NaN and NULL apart on the way there."""
    cells = columns(table).values()
    arrays = [pa.array(column, type=field.type) for field, column in zip(SCHEMA, cells, strict=True)]
    duck.register("customers", pa.Table.from_arrays(arrays, schema=SCHEMA))
    return "customers"


def in_duckdb(duck: duckdb.DuckDBPyConnection, today: Segmentation, table: Table) -> list[str]:
    sql = today.to_sql(table=register(duck, table))
    return [str(row[-1]) for row in duck.execute(sql).fetchall()]


def in_sqlite(today: Segmentation, table: Table) -> list[str]:
    names = ", ".join('"' + feature.name.replace('"', '""') + '"' for feature in ODD.features)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(f"CREATE TABLE customers ({names})")
        rows = zip(*columns(table).values(), strict=True)
        connection.executemany(f"INSERT INTO customers VALUES ({', '.join('?' * len(ODD.features))})", rows)
        return [str(row[-1]) for row in connection.execute(today.to_sql("sqlite"))]


def framed(table: Table) -> pd.DataFrame:
    frame = pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in columns(table).items()})
    return frame.astype({"single": np.float32})


def in_arrays(today: Segmentation, table: Table) -> list[str]:
    return [today.ids[position] for position in today.assign(framed(table))]


def by_definition(today: Segmentation, table: Table) -> list[str]:
    """Return the first segment whose rule each customer meets, the slow and plain way."""
    found = [[s.id for s in today.segments if meets(s.rule, row)] for row in rows_of(table)]
    return [ids[0] if ids else today.default.id for ids in found]


def rows_of(table: Table) -> list[dict[str, Any]]:
    cells = columns(table)
    return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)]


def meets(rule: RuleGroup | Condition, row: dict[str, Any]) -> bool:
    if isinstance(rule, RuleGroup):
        return (all if rule.combinator == "and" else any)(meets(part, row) for part in rule.rules) != rule.not_
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


def every_condition() -> Iterator[Condition]:
    """Yield every operator on every column, with every odd value."""
    for feature in ODD.features:
        values = {"number": NUMBERS, "category": TEXTS, "flag": (True, False)}[feature.kind]
        for name in OPERATORS[feature.kind]:
            given: Sequence[Any] = values
            if name in ("in", "notIn"):
                given = [(value, values[0]) for value in values]
            if name in ("between", "notBetween"):
                given = [sorted(pair) for pair in zip(values, (1.0, *values), strict=False)]
            if name in ("null", "notNull"):
                given = [None]
            yield from (condition(feature.name, name, value) for value in given)


ODD_TABLE = list(zip_longest(ODD_CELLS, ODD_CELLS, WHOLES, SINGLES, (*TEXTS, "unseen", None), (True, False)))


def test_every_operator_agrees_on_every_odd_value(duck: duckdb.DuckDBPyConnection) -> None:
    met = register(duck, ODD_TABLE)
    rules = [wrap(one) for one in every_condition() for wrap in (rule, negated)]
    asked = [f"({condition_sql(one, ODD)})" for one in rules]
    found = duck.execute(f"SELECT {', '.join(asked)} FROM {met}").fetchall()
    frame = framed(ODD_TABLE)
    rows = rows_of(ODD_TABLE)
    for position, one in enumerate(rules):
        meant = [meets(one, row) for row in rows]
        assert [row[position] is True for row in found] == meant, (asked[position], one)
        assert mask(one, frame).tolist() == meant, one


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
