from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from evenhand.fairness import Audit, DemographicParity, Protected, audit, group_rates, pairwise_differences


@pytest.fixture
def table() -> Audit:
    rng = np.random.default_rng(3)
    age = np.repeat([0, 1, 2, -1], [300, 250, 50, 400])
    benefit = rng.random(1000) < np.array([0.3, 0.4, 0.9, 0.1])[age]
    protected = {
        "age": Protected(age, ["young", "middle", "old"], label="Age band"),
        "kids": Protected(np.zeros(1000, dtype=int), ["none", "some"]),
    }
    return audit(benefit, protected, constraints=[DemographicParity("age", tolerance=0.05)])


def test_every_group_is_reported_and_says_why_it_is_left_out(table: Audit) -> None:
    age = table.attribute("age")
    assert [(g.group, g.n, g.constrained, g.why_not) for g in age.groups] == [
        ("young", 300, True, ""),
        ("middle", 250, True, ""),
        ("old", 50, False, "only 50 of 200 members needed"),
        ("unknown", 400, False, "membership is not known"),
    ]
    assert sum(g.share for g in age.groups) == pytest.approx(1)
    assert age.share_unknown == 0.4
    assert age.label == "Age band"


def test_gap_and_differences_are_those_of_the_large_groups(table: Audit) -> None:
    age = table.attribute("age")
    young, middle = age.groups[:2]
    assert age.gap == pytest.approx(abs(young.rate - middle.rate))
    (difference,) = age.differences
    assert difference.difference == pytest.approx(young.rate - middle.rate)
    assert difference.low < difference.difference < difference.high
    assert age.tolerance == 0.05


def test_an_attribute_with_one_large_group_has_no_gap(table: Audit) -> None:
    kids = table.attribute("kids")
    assert kids.gap is None
    assert kids.tolerance is None
    assert np.isnan(kids.groups[1].rate)
    assert kids.share_unknown == 0


def test_rows_make_a_table(table: Audit) -> None:
    frame = pd.DataFrame(table.rows())
    assert list(frame["group"]) == ["young", "middle", "old", "unknown", "none", "some"]
    assert frame.loc[0, "gap"] == table.attribute("age").gap


def test_an_attribute_that_was_not_audited_is_a_key_error(table: Audit) -> None:
    with pytest.raises(KeyError, match="income"):
        table.attribute("income")


def test_min_group_and_level_reach_the_numbers() -> None:
    codes = np.repeat([0, 1], 60)
    benefit = np.tile([True, False, False], 40)
    (one,) = audit(benefit, {"x": Protected(codes, ["a", "b"])}, min_group=50, level=0.8).attributes
    rates = group_rates(benefit, codes, ["a", "b"], level=0.8)
    assert one.gap == 0
    assert one.differences == pairwise_differences(rates, min_group=50)
    assert [group.low for group in one.groups] == [rate.low for rate in rates]
