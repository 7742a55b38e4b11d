"""The shared feature definitions, against loops over single customers and against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.customers import Customers, engagement, rfm_features, trips_per_month


def by_hand(history: pd.DataFrame, customer: int, until: int) -> tuple[float, float, float]:
    """Compute one customer's features with plain loops, as the definition reads."""
    rows = history[(history["customer"] == customer) & (history["period"] < until)]
    trips = {int(period): float(count) for period, count in zip(rows["period"], rows["trips"], strict=True)}
    money = {int(period): float(spend) for period, spend in zip(rows["period"], rows["spend"], strict=True)}
    weeks = [trips.get(week, 0.0) for week in range(until)]
    smoothed = sum(weeks[:8]) / len(weeks[:8])
    for count in weeks[8:]:
        smoothed = 0.92 * smoothed + 0.08 * count
    values = [money[week] / trips[week] for week in sorted(trips)]
    if not values:
        return 7.0 * until, smoothed * 30 / 7, math.nan
    per_trip = sum(values[:4]) / len(values[:4])
    for value in values[4:]:
        per_trip = 0.85 * per_trip + 0.15 * value
    return 7.0 * (until - 1 - max(trips)), smoothed * 30 / 7, per_trip


def row(found: pd.DataFrame, customer: int) -> list[float]:
    return [float(value) for value in found.loc[customer].to_numpy()]


@pytest.mark.parametrize("until", [1, 5, 26, 52])
def test_features_of_real_households_equal_the_definition_written_as_loops(demo: Customers, until: int) -> None:
    assert demo.history is not None
    found = rfm_features(demo.history, demo.periods, until=until, customers=demo.frame.index)
    for customer in demo.frame.index[::97]:
        expected = by_hand(demo.history, customer, until)
        assert row(found, customer) == pytest.approx(expected, nan_ok=True)


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.integers(0, 19), st.integers(1, 5), st.floats(0, 500)),
        unique_by=lambda row: row[:2],
        min_size=1,
    ),
    st.integers(1, 20),
)
def test_features_equal_the_loops_on_any_history(rows: list[tuple[int, int, int, float]], until: int) -> None:
    history = pd.DataFrame(rows, columns=["customer", "period", "trips", "spend"])
    found = rfm_features(history, 20, until=until, customers=pd.RangeIndex(5))
    for customer in range(5):
        assert row(found, customer) == pytest.approx(by_hand(history, customer, until), nan_ok=True)


def test_a_constant_habit_is_its_own_feature() -> None:
    history = pd.DataFrame({"customer": 7, "period": range(30), "trips": 2, "spend": 50.0})
    found = rfm_features(history, 30)
    assert row(found, 7) == pytest.approx([0.0, 2 * 30 / 7, 25.0])


def test_the_future_and_other_customers_change_nothing(demo: Customers) -> None:
    assert demo.history is not None
    past = demo.history[demo.history["period"] < 26]
    some = demo.frame.index[:50]
    whole = rfm_features(demo.history, 52, until=26, customers=demo.frame.index)
    pd.testing.assert_frame_equal(rfm_features(past, 52, until=26, customers=some), whole.loc[some])


def test_who_never_bought_has_the_value_asked_for() -> None:
    history = pd.DataFrame({"customer": [1], "period": [4], "trips": [1], "spend": [9.0]})
    found = rfm_features(history, 10, until=4, no_purchase=0.0)
    assert row(found, 1) == [28.0, 0.0, 0.0]


def test_features_need_at_least_one_week() -> None:
    history = pd.DataFrame({"customer": [1], "period": [0], "trips": [1], "spend": [9.0]})
    with pytest.raises(ValueError, match="at least one week"):
        rfm_features(history, 10, until=0)


def test_engagement_is_shrunken_and_zero_without_contact() -> None:
    assert engagement([0, 1, 1, 50], [0, 1, 2, 50]).tolist() == pytest.approx([0.0, 1 / 3, 1 / 4, 50 / 52])
    assert np.all(engagement(np.arange(10), 10) < 1)


def test_seven_trips_a_week_are_thirty_a_month() -> None:
    assert trips_per_month(7.0) == pytest.approx(30.0)
