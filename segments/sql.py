"""Segmentations compiled to SQL: one expression tree, printed in the dialect of the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, cast

from sqlglot import exp

from evenhand.errors import RuleError
from evenhand.segments.catalogue import Catalogue
from evenhand.segments.rules import Condition, RuleGroup

if TYPE_CHECKING:
    from evenhand.segments.segmentation import Segment, Segmentation

__all__ = ["DIALECTS", "Dialect", "case_when", "condition_sql", "select_segments"]

Dialect = Literal["duckdb", "postgres", "sqlite", "spark", "bigquery", "snowflake"]
DIALECTS: tuple[Dialect, ...] = ("duckdb", "postgres", "sqlite", "spark", "bigquery", "snowflake")
PLAIN = 2**24  # whole numbers up to here are exact in every numeric column type, float32 included


def select_segments(
    segmentation: Segmentation,
    *,
    dialect: Dialect = "duckdb",
    table: str | tuple[str, ...] = "customers",
    column: str = "segment",
    keep: Sequence[str] = (),
) -> str:
    """Return a SELECT of a table with one column more: the id of each customer's segment.

    `table` is one name (also of a file, where the database reads files by name) or a tuple such as (schema,
    table); `keep` names the columns to select, all when empty. Every name is quoted. Flag columns are BOOLEAN
    or, where the database compares the two, integers 0 and 1. Whole numbers beyond 2**53 are compared as
    float64 in DuckDB and in arrays; other databases may compare them exactly.
    """
    if column.casefold() in {feature.name.casefold() for feature in segmentation.catalogue.features}:
        raise RuleError(f"the column {column!r} is a feature", mend="give the segment column another name")
    case = case_when(segmentation, dialect=dialect)
    kept: list[exp.Expr] = [exp.column(_name(name)) for name in keep] or [exp.Star()]
    tree = exp.select(*kept, exp.alias_(case, _name(column))).from_(_table(table))
    return tree.sql(dialect=_known(dialect), pretty=True)


def case_when(segmentation: Segmentation, *, dialect: Dialect = "duckdb") -> exp.Expr:
    """Return the CASE expression tree that gives the id of a row's segment."""
    if not segmentation.segments:
        return exp.Literal.string(segmentation.default.id)
    catalogue = segmentation.catalogue
    return exp.Case(
        ifs=[_when(segment, catalogue, dialect) for segment in segmentation.segments],
        default=exp.Literal.string(segmentation.default.id),
    )


def condition_sql(rule: RuleGroup, catalogue: Catalogue, *, dialect: Dialect = "duckdb") -> str:
    """Return a rule as a SQL condition, for a WHERE clause."""
    return _group(rule, catalogue, dialect).sql(dialect=_known(dialect))


def _known(dialect: Dialect) -> Dialect:
    if dialect not in DIALECTS:
        raise RuleError(f"there is no SQL dialect {dialect!r} here", mend=f"choose one of {', '.join(DIALECTS)}")
    return dialect


def _when(segment: Segment, catalogue: Catalogue, dialect: Dialect) -> exp.If:
    return exp.If(this=_group(segment.rule, catalogue, dialect), true=exp.Literal.string(segment.id))


def _group(rule: RuleGroup, catalogue: Catalogue, dialect: Dialect) -> exp.Expr:
    """Return the tree of a group; NULL stands for false, and becomes false before it is negated."""
    parts = [
        _group(part, catalogue, dialect) if isinstance(part, RuleGroup) else _condition(part, catalogue, dialect)
        for part in rule.rules
    ]
    if not parts:
        return exp.true()
    joined = exp.and_(*parts) if rule.combinator == "and" else exp.or_(*parts)
    # Taking NULL as false at the outside is the same as at every leaf: `and` and `or` keep it from true.
    return exp.Not(this=exp.Coalesce(this=joined, expressions=[exp.false()])) if rule.not_ else joined


def _condition(condition: Condition, catalogue: Catalogue, dialect: Dialect) -> exp.Expr:
    column = exp.column(_name(condition.field))
    number = catalogue.feature(condition.field).kind == "number" and dialect != "sqlite"  # it has no NaN
    # Databases that order NaN above everything and IEEE ones alike: NaN is never <= infinity.
    real = exp.LTE(this=column.copy(), expression=exp.cast(exp.Literal.string("inf"), "DOUBLE"))
    missing = exp.Is(this=column.copy(), expression=exp.null())
    if condition.operator == "null":
        return exp.or_(missing, exp.Not(this=exp.paren(real))) if number else missing
    if condition.operator == "notNull":
        return real if number else exp.Not(this=missing)
    compared = _comparison(condition, column)
    return exp.and_(compared, real) if number and condition.operator in OPEN_ABOVE else compared


OPEN_ABOVE = ("!=", ">", ">=", "notIn", "notBetween")  # what NaN would meet where it is above every number


def _comparison(condition: Condition, column: exp.Expr) -> exp.Expr:
    operator = condition.operator
    given = condition.value if isinstance(condition.value, tuple) else (condition.value,)
    values = [_literal(value) for value in given]
    if operator in ("in", "notIn"):
        among = exp.In(this=column, expressions=values)
        return among if operator == "in" else exp.Not(this=among)
    if operator in ("between", "notBetween"):
        inside = exp.Between(this=column, low=values[0], high=values[1])
        return inside if operator == "between" else exp.Not(this=inside)
    return COMPARISONS[operator](this=column, expression=values[0])


COMPARISONS: dict[str, type[exp.Expr]] = {
    "=": exp.EQ, "!=": exp.NEQ, "<": exp.LT, "<=": exp.LTE, ">": exp.GT, ">=": exp.GTE
}  # fmt: skip


def _literal(value: object) -> exp.Expr:
    if isinstance(value, bool):
        return exp.true() if value else exp.false()
    if isinstance(value, str):
        return exp.Literal.string(value)
    return _number(cast(float, value))


def _number(value: float) -> exp.Expr:
    """Return a literal that the database reads as exactly this float64."""
    size = abs(value)
    text = repr(size)
    if size.is_integer() and size <= PLAIN:
        text = str(int(size))
    elif "e" not in text:
        text += "e0"  # without an exponent, DuckDB reads a decimal and may compare in float32
    literal = exp.Literal(this=text, is_string=False)
    return exp.Neg(this=literal) if value < 0 else literal


def _name(name: str) -> exp.Identifier:
    return exp.to_identifier(name, quoted=True)


def _table(table: str | tuple[str, ...]) -> exp.Table:
    parts = (table,) if isinstance(table, str) else table
    if not 1 <= len(parts) <= 3:
        raise RuleError(f"a table has one to three names, not {len(parts)}", mend="such as (schema, table)")
    names = dict(zip(("this", "db", "catalog"), reversed(parts), strict=False))
    return exp.Table(**{part: _name(name) for part, name in names.items()})
