"""Assignment in NumPy: what counts as missing, which columns fit, and that the first match wins."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from tests.segments.example import condition, either, example, negated, rule, segmentation

from evenhand.errors import DataError
from evenhand.segments import EVERYONE, Condition, RuleGroup, mask

NUMBER_COLUMNS = {
    "float64": np.array([1.0, np.nan, 3.0]),
    "float32": np.array([1.0, np.nan, 3.0], dtype=np.float32),
    "Int64": pd.array([1, None, 3], dtype="Int64"),
    "objects": np.array([1, None, 3.0], dtype=object),
    "decimals": np.array([Decimal(1), None, Decimal(3)], dtype=object),
    "arrow": pd.Series([1, None, 3], dtype="int64[pyarrow]"),
}
TEXT_COLUMNS = {
    "str": pd.Series(["a", None, "b"], dtype="str"),
    "objects": pd.Series(["a", np.nan, "b"], dtype=object),
    "category": pd.Series(["a", None, "b"], dtype="category"),
    "string": pd.Series(["a", pd.NA, "b"], dtype="string"),
}
FLAG_COLUMNS = {
    "objects": pd.Series([True, None, False], dtype=object),
    "boolean": pd.Series([True, None, False], dtype="boolean"),
    "numbers": pd.Series([1.0, np.nan, 0.0]),
    "Int64": pd.Series([1, None, 0], dtype="Int64"),
}


def met(frame: pd.DataFrame, one: Condition | RuleGroup) -> list[bool]:
    return [bool(x) for x in mask(one if isinstance(one, RuleGroup) else rule(one), frame)]


@pytest.mark.parametrize("column", NUMBER_COLUMNS.values(), ids=NUMBER_COLUMNS)
def test_numbers_of_every_type_compare_alike(column: object) -> None:
    frame = pd.DataFrame({"x": column})
    assert met(frame, condition("x", "<=", 1)) == [True, False, False]
    assert met(frame, condition("x", "!=", 1)) == [False, False, True]
    assert met(frame, condition("x", "null")) == [False, True, False]
    assert met(frame, negated(condition("x", "<=", 1))) == [False, True, True]


@pytest.mark.parametrize("column", TEXT_COLUMNS.values(), ids=TEXT_COLUMNS)
def test_text_of_every_type_compares_alike(column: object) -> None:
    frame = pd.DataFrame({"x": column})
    assert met(frame, condition("x", "=", "a")) == [True, False, False]
    assert met(frame, condition("x", "=", "A")) == [False, False, False]
    assert met(frame, condition("x", "notIn", ("a", "z"))) == [False, False, True]
    assert met(frame, condition("x", "notNull")) == [True, False, True]


@pytest.mark.parametrize("column", FLAG_COLUMNS.values(), ids=FLAG_COLUMNS)
def test_flags_of_every_type_compare_alike(column: object) -> None:
    frame = pd.DataFrame({"x": column})
    assert met(frame, condition("x", "=", True)) == [True, False, False]
    assert met(frame, condition("x", "!=", True)) == [False, False, True]


def test_integers_too_large_for_float64_are_compared_as_float64() -> None:
    frame = pd.DataFrame({"x": np.array([2**53, 2**53 + 1, 2**53 + 2], dtype=np.int64)})
    assert met(frame, condition("x", "=", 2.0**53)) == [True, True, False]


def test_infinities_are_numbers() -> None:
    frame = pd.DataFrame({"x": [-np.inf, np.inf, np.nan]})
    assert met(frame, condition("x", ">", 1e308)) == [False, True, False]
    assert met(frame, condition("x", "notBetween", (-1, 1))) == [True, True, False]
    assert met(frame, condition("x", "null")) == [False, False, True]


def test_a_column_of_nothing_but_missing_values_fits_any_rule() -> None:
    for dtype in (object, np.float64, "str"):
        frame = pd.DataFrame({"x": pd.Series([None, None], dtype=dtype)})
        assert met(frame, condition("x", "!=", "a")) == [False, False]
        if dtype != "str":
            assert met(frame, condition("x", "!=", 1)) == [False, False]


def test_the_first_match_wins_and_the_default_takes_the_rest() -> None:
    frame = pd.DataFrame({"recency_days": [10, 10, 60, 91, None], "trips": [3.0, 2.9, 9.0, 9.0, 9.0]})
    positions = example().assign(frame)
    assert positions.dtype == np.int16
    assert positions.tolist() == [0, 1, 1, 2, 3]


def test_columns_may_come_as_arrays_by_name() -> None:
    columns = {"recency_days": np.array([10, 91]), "trips": np.array([3, 9], dtype=np.float32)}
    assert example().assign(columns).tolist() == [0, 2]


def test_empty_tables_and_empty_segmentations_are_fine() -> None:
    frame = pd.DataFrame({"recency_days": [1.0, 2.0], "trips": [1.0, 2.0]})
    assert example().assign(frame.iloc[:0]).tolist() == []
    assert segmentation().assign(frame).tolist() == [0, 0]
    assert mask(EVERYONE, frame).tolist() == [True, True]


def test_the_index_of_a_table_does_not_matter() -> None:
    frame = pd.DataFrame({"x": [1.0, 2.0, 3.0]}, index=[7, 7, 2])
    assert met(frame, either(condition("x", "=", 1), condition("x", ">", 2))) == [True, False, True]


@pytest.mark.parametrize(
    ("frame", "one", "match"),
    [
        (pd.DataFrame({"trip": [1]}), condition("trips", "<", 1), "there is no column 'trips'.*'trip'"),
        (
            pd.DataFrame({"x": ["1", "2"]}),
            condition("x", "<", 1),
            "'x' holds string where a rule compares numbers",
        ),
        (pd.DataFrame({"x": pd.to_datetime(["2026-01-01"])}), condition("x", "<", 1), "holds datetime64"),
        (
            pd.DataFrame({"x": [1, 2]}),
            condition("x", "=", "1"),
            "'x' holds integer where a rule compares text",
        ),
        (
            pd.DataFrame({"x": ["a", 1]}),
            condition("x", "=", "a"),
            "holds mixed-integer where a rule compares text",
        ),
        (pd.DataFrame({"x": [0, 2]}), condition("x", "=", True), "'x' holds 2 where a rule asks yes or no"),
        (
            pd.DataFrame([[1, 2]], columns=["x", "x"]),
            condition("x", "<", 1),
            "the column 'x' stands twice in the table",
        ),
    ],
)
def test_a_column_that_does_not_fit_is_refused(frame: pd.DataFrame, one: Condition, match: str) -> None:
    with pytest.raises(DataError, match=match):
        mask(rule(one), frame)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(DataError, match=r"different lengths: \[1, 2\]"):
        mask(EVERYONE, {"x": np.zeros(1), "y": np.zeros(2)})
