"""An estimate: its interval and p-values are those of scipy, and it cannot be built of nonsense."""

from __future__ import annotations

import math

import pytest
from scipy import stats

from evenhand.errors import DataError, EvenhandError
from evenhand.experiments.inference import Alternative, Estimate


@pytest.mark.parametrize("df", [2.5, 40.0, math.inf])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
def test_the_interval_is_that_of_scipy(df: float, level: float) -> None:
    law = stats.norm if math.isinf(df) else stats.t(df)
    assert Estimate(1.5, 0.3, df).interval(level) == pytest.approx(
        (1.5 + 0.3 * law.ppf(0.5 - level / 2), 1.5 + 0.3 * law.ppf(0.5 + level / 2)), rel=1e-9
    )


@pytest.mark.parametrize("df", [3.0, math.inf])
@pytest.mark.parametrize("null", [0.0, 1.0, 2.0])
def test_p_values_are_those_of_scipy(df: float, null: float) -> None:
    law = stats.norm if math.isinf(df) else stats.t(df)
    found, z = Estimate(1.5, 0.3, df), (1.5 - null) / 0.3
    assert found.p_value(null) == pytest.approx(2 * law.sf(abs(z)), rel=1e-9)
    assert found.p_value(null, "greater") == pytest.approx(law.sf(z), rel=1e-9)
    assert found.p_value(null, "less") == pytest.approx(law.cdf(z), rel=1e-9)


def test_a_far_tail_keeps_its_digits() -> None:
    assert Estimate(30.0, 1.0).p_value() == pytest.approx(2 * stats.norm.sf(30), rel=1e-9)


def test_interval_bound_and_p_value_say_the_same() -> None:
    found = Estimate(1.0, 0.4, 30.0)
    low, high = found.interval(0.9)
    assert found.p_value(low) == pytest.approx(0.1)
    assert found.p_value(high) == pytest.approx(0.1)
    assert found.bound(0.95) == pytest.approx(low)
    assert found.bound(0.95, "upper") == pytest.approx(high)
    assert found.p_value(found.bound(0.975), "greater") == pytest.approx(0.025)


def test_scaling_turns_the_sign_and_keeps_the_doubt() -> None:
    assert Estimate(1.0, 0.4, 30.0).scaled(-2) == Estimate(-2.0, 0.8, 30.0)


@pytest.mark.parametrize(
    ("value", "se", "df"),
    [(math.nan, 1, 9), (math.inf, 1, 9), (0, 0, 9), (0, -1, 9), (0, math.nan, 9), (0, math.inf, 9), (0, 1, 0)],
)
def test_nonsense_cannot_be_built(value: float, se: float, df: float) -> None:
    with pytest.raises(DataError, match="rule:"):
        Estimate(value, se, df)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, math.nan])
def test_a_level_is_a_share(level: float) -> None:
    with pytest.raises(EvenhandError, match=r"use 0\.95"):
        Estimate(0.0, 1.0).interval(level)


def test_an_unknown_alternative_is_named() -> None:
    wrong: Alternative = "both"  # type: ignore[assignment]
    with pytest.raises(EvenhandError, match="both"):
        Estimate(0.0, 1.0).p_value(alternative=wrong)
