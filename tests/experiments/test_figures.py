from __future__ import annotations

import pytest

from evenhand.experiments.report import Interval
from evenhand.experiments.report.figures import (
    Figure,
    fixed,
    metric_of,
    per_cent,
    short,
    significant,
    words_of,
)


def of(mean: float, half: float) -> Interval:
    return Interval(mean=mean, low=mean - half, high=mean + half)


@pytest.mark.parametrize(
    ("value", "decimals", "signed", "text"),
    [
        (0.41234, 3, False, "0.412"),
        (-0.0004, 3, False, "0.000"),
        (-0.0004, 3, True, "0.000"),
        (-0.41, 2, True, "−0.41"),
        (0.41, 2, True, "+0.41"),
        (1234567.8, 1, False, "1,234,567.8"),
        (None, 3, False, "–"),
        (float("nan"), 3, False, "–"),
    ],
)
def test_numbers_have_a_real_minus_and_no_negative_zero(
    value: float | None, decimals: int, signed: bool, text: str
) -> None:
    assert fixed(value, decimals, signed=signed) == text


def test_shares_are_per_cent() -> None:
    assert per_cent(0.0312) == "3.1\u202f%"
    assert per_cent(None) == "–\u202f%"


@pytest.mark.parametrize(
    ("kind", "mean", "half", "text"),
    [
        ("money", 0.4123, 0.0051, "0.412 [0.407, 0.417]"),
        ("money", 15.44, 0.31, "15.44 [15.13, 15.75]"),
        ("money", 1544.2, 31.0, "1,544 [1,513, 1,575]"),
        ("money", 2.0, 0.0, "2.00 [2.00, 2.00]"),
        ("share", 0.0312, 0.0011, "3.12\u202f% [3.01, 3.23]"),
        ("points", 0.0381, 0.0002, "0.038 [0.038, 0.038]"),
    ],
)
def test_the_interval_decides_the_decimals(kind: str, mean: float, half: float, text: str) -> None:
    interval = of(mean, half)
    figure = Figure.fitting(kind, [interval])  # type: ignore[arg-type]
    assert figure.whole(interval) == text


def test_one_column_has_one_number_of_decimals() -> None:
    column = [of(0.4, 0.005), of(0.5, 0.006), of(0.0, 0.0), of(0.3, 1e-9)]
    figure = Figure.fitting("money", column)
    assert {len(figure(one.mean).split(".")[1]) for one in column} == {3}


def test_small_helpers() -> None:
    assert [short(value) for value in (0.0, 500.0, 150_000.0, 2_500_000.0)] == ["0", "500", "150k", "2.5M"]
    assert significant(-0.081234) == "−0.0812"
    assert words_of("spend_per_trip") == "Spend per trip"
    assert metric_of("profit_per_customer").key == "profit"
    assert metric_of("gap_age").better == "low"
