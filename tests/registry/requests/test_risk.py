"""Which changes are a high risk, and how many people those need."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.errors import DataError
from evenhand.registry.requests.risk import Facts, ReviewRules, facts_of, quorum_of, risk_of

RULES = ReviewRules()


@pytest.mark.parametrize(
    ("customers", "margin", "risk"),
    [
        (0.0, 0.0, "low"),
        (0.0999, 0.7999, "low"),
        (0.10, 0.0, "high"),
        (0.0, 0.80, "high"),
        (1.0, 3.0, "high"),
        (None, 0.0, "high"),
        (0.0, None, "high"),
    ],
)
def test_many_customers_a_margin_used_up_and_the_unknown_are_high_risks(
    customers: float | None, margin: float | None, risk: str
) -> None:
    assert risk_of(Facts(customers, margin), RULES) == risk


@given(st.floats(0, 1), st.floats(0, 3), st.floats(0, 1), st.floats(0, 3))
def test_more_of_either_never_lowers_the_risk(customers: float, margin: float, more: float, further: float) -> None:
    before = risk_of(Facts(customers, margin), RULES)
    after = risk_of(Facts(max(customers, more), max(margin, further)), RULES)
    assert (before, after) != ("high", "low")


def test_a_high_risk_needs_two_people_and_the_business_may_ask_for_more() -> None:
    assert (quorum_of("low", RULES), quorum_of("high", RULES)) == (1, 2)
    assert quorum_of("high", ReviewRules(high_quorum=3)) == 3


def test_rules_under_which_nobody_reviews_are_refused() -> None:
    for low, high in ((0, 2), (2, 1), (-1, -1)):
        with pytest.raises(DataError, match="at least one approval"):
            ReviewRules(low_quorum=low, high_quorum=high)
    with pytest.raises(DataError, match="a request lives for some time"):
        ReviewRules(lifetime=timedelta(0))


def test_facts_are_read_from_what_was_predicted() -> None:
    assert facts_of({"customers_share": 0.02, "margin_used": 1.5, "profit": {}}) == Facts(0.02, 1.5)
    assert facts_of({"customers_share": 1}) == Facts(1.0, None)
    assert facts_of(None) == facts_of([1]) == facts_of({"margin_used": None}) == Facts(None, None)


@pytest.mark.parametrize("wrong", [-0.1, "0.1", True, math.nan, math.inf, [0.1], 10**400], ids=range(7))
def test_facts_that_are_no_numbers_are_refused(wrong: object) -> None:
    with pytest.raises(DataError, match=r"predicted: margin_used"):
        facts_of({"margin_used": wrong})  # type: ignore[dict-item]  # what a caller may send


def test_a_share_above_one_is_refused() -> None:
    with pytest.raises(DataError, match=r"customers_share 2 .* a share is a number from 0 to 1"):
        facts_of({"customers_share": 2})
