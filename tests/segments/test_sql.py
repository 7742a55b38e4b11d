"""SQL of a segmentation: the same tree in six dialects, every name quoted, every number exact."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pandas as pd
import pytest
import sqlglot
from hypothesis import given, settings
from sqlglot import exp
from tests.segments.example import (
    CATALOGUE,
    condition,
    either,
    example,
    negated,
    rule,
    segmentation,
    segmentations,
)

from evenhand.errors import RuleError
from evenhand.segments import DIALECTS, Catalogue, Dialect, Feature, Segment, Segmentation
from evenhand.segments.sql import condition_sql


def test_a_segmentation_reads_as_case_when() -> None:
    assert example().to_sql().replace('"', "") == CASE_WHEN


CASE_WHEN = """\
SELECT
  *,
  CASE
    WHEN recency_days <= 30 AND (
      trips >= 3 AND trips <= CAST('inf' AS DOUBLE)
    )
    THEN 'loyal'
    WHEN recency_days <= 90
    THEN 'regular'
    WHEN recency_days > 90 AND recency_days <= CAST('inf' AS DOUBLE)
    THEN 'lapsed'
    ELSE 'rest'
  END AS segment
FROM customers"""


REAL = "\"trips\" <= CAST('inf' AS DOUBLE)"
CONDITIONS = [
    (condition("trips", "<", -2.5), '"trips" < -2.5e0'),
    (condition("trips", ">", 3), f'"trips" > 3 AND {REAL}'),
    (condition("trips", "!=", 3), f'"trips" <> 3 AND {REAL}'),
    (condition("trips", "in", (1, 2)), '"trips" IN (1, 2)'),
    (condition("trips", "notIn", (1,)), f'NOT "trips" IN (1) AND {REAL}'),
    (condition("trips", "between", (1, 2)), '"trips" BETWEEN 1 AND 2'),
    (condition("trips", "notBetween", (1, 2)), f'NOT "trips" BETWEEN 1 AND 2 AND {REAL}'),
    (condition("trips", "null"), f'"trips" IS NULL OR NOT ({REAL})'),
    (condition("trips", "notNull"), REAL),
    (condition("trips", "=", 2**24 + 1), '"trips" = 16777217.0e0'),
    (condition("trips", "=", 1e300), '"trips" = 1e+300'),
    (condition("region", "=", "North"), "\"region\" = 'North'"),
    (condition("region", "null"), '"region" IS NULL'),
    (condition("region", "notNull"), 'NOT "region" IS NULL'),
    (condition("app", "!=", True), '"app" <> TRUE'),
]


@pytest.mark.parametrize(("one", "text"), CONDITIONS, ids=[text for _, text in CONDITIONS])
def test_every_operator_has_its_sql(one: object, text: str) -> None:
    assert condition_sql(rule(one), CATALOGUE) == text  # type: ignore[arg-type]  # a Condition


def test_a_negated_group_takes_unknown_as_false_first() -> None:
    assert condition_sql(negated(condition("region", "=", "East"), condition("trips", "<", 3)), CATALOGUE) == (
        'NOT COALESCE("region" = \'East\' AND "trips" < 3, FALSE)'
    )


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("duckdb", '"trips" > 3 AND "trips" <= CAST(\'inf\' AS DOUBLE)'),
        ("postgres", '"trips" > 3 AND "trips" <= CAST(\'inf\' AS DOUBLE PRECISION)'),
        ("sqlite", '"trips" > 3'),
        ("spark", "`trips` > 3 AND `trips` <= CAST('inf' AS DOUBLE)"),
        ("bigquery", "`trips` > 3 AND `trips` <= CAST('inf' AS FLOAT64)"),
        ("snowflake", '"trips" > 3 AND "trips" <= CAST(\'inf\' AS DOUBLE)'),
    ],
)
def test_each_dialect_keeps_nan_out_in_its_own_words(dialect: Dialect, text: str) -> None:
    assert condition_sql(rule(condition("trips", ">", 3)), CATALOGUE, dialect=dialect) == text


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=30)
@given(today=segmentations())
def test_each_dialect_reads_its_names_texts_and_numbers_back(dialect: Dialect, today: Segmentation) -> None:
    tree = sqlglot.parse_one(today.to_sql(dialect), dialect=dialect)
    named = {column.name for column in tree.find_all(exp.Column)}
    assert named == {part.field for segment in today.segments for part in segment.rule.conditions()}
    read = {literal.this for literal in tree.find_all(exp.Literal) if literal.is_string} - {"inf"}
    parts = [part for segment in today.segments for part in segment.rule.conditions()]
    meant = [value for part in parts for value in (part.value if isinstance(part.value, tuple) else (part.value,))]
    assert read == {value for value in meant if isinstance(value, str)} | set(today.ids)
    found = {abs(float(literal.this)) for literal in tree.find_all(exp.Literal) if not literal.is_string}
    assert found == {abs(value) for value in meant if type(value) is float}


def test_names_cannot_break_out_of_their_quotes() -> None:
    evil = '"; DROP TABLE customers; --'
    catalogue = Catalogue(features=(Feature(evil, "x"), Feature("'", "y", kind="category")))
    today = segmentation(
        Segment(id="' OR 1=1 --", name="S", rule=rule(condition("'", "=", "'; DROP TABLE customers; --"))),
        Segment(id="s", name="S", rule=rule(condition(evil, ">", 1))),
        catalogue=catalogue,
    )
    with duckdb.connect() as duck:
        duck.register("my customers", pd.DataFrame({evil: [2.0, 0.0], "'": ["x", "'; DROP TABLE customers; --"]}))
        rows = duck.execute(today.to_sql(table="my customers", column='"')).fetchall()
    assert [row[-1] for row in rows] == ["s", "' OR 1=1 --"]


def test_tables_may_have_a_schema_and_files_a_name(tmp_path: Path) -> None:
    today = segmentation(Segment(id="old", name="Old", rule=rule(condition("recency_days", ">", 90))))
    frame = pd.DataFrame({"id": [7, 8], "recency_days": [91.0, 3.0]})
    frame.to_parquet(tmp_path / "customers.parquet")
    with duckdb.connect() as duck:
        sql = today.to_sql(table=str(tmp_path / "customers.parquet"), keep=("id",), column="now")
        assert duck.execute(sql).fetchall() == [(7, "old"), (8, "rest")]
    assert 'FROM "shop"."sales"."people"' in today.to_sql(table=("shop", "sales", "people"))


def test_an_empty_segmentation_needs_no_case() -> None:
    assert segmentation().to_sql(keep=("id",)) == 'SELECT\n  "id",\n  \'rest\' AS "segment"\nFROM "customers"'


def test_nested_groups_keep_their_brackets() -> None:
    north, east, app = (
        condition("region", "=", "North"),
        condition("region", "=", "East"),
        condition("app", "=", True),
    )
    text = condition_sql(rule(either(north, rule(east, app)), app), CATALOGUE)
    assert text == '("region" = \'North\' OR ("region" = \'East\' AND "app" = TRUE)) AND "app" = TRUE'


def test_what_cannot_be_said_in_sql_is_refused() -> None:
    with pytest.raises(RuleError, match=r"there is no SQL dialect 'mysql' here .* duckdb, postgres"):
        example().to_sql("mysql")  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(RuleError, match="the column 'Trips' is a feature"):
        example().to_sql(column="Trips")
    with pytest.raises(RuleError, match="a table has one to three names"):
        example().to_sql(table=("a", "b", "c", "d"))
