from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.customers.example import Reader, Shop

from evenhand.customers import Customers, rfm_segmentation
from evenhand.customers.segmentation import round_cut
from evenhand.errors import CampaignError, SchemaError


def test_the_demo_has_six_segments_and_nobody_is_alone(demo: Customers) -> None:
    today = rfm_segmentation(demo)
    assert today.ids == ("lapsed", "best", "loyal", "big_baskets", "regular", "occasional")
    counts = np.bincount(today.assign(demo.frame), minlength=6)
    assert counts.min() >= 200
    assert counts.sum() == demo.n


def test_campaigns_go_as_is_customary(demo: Customers) -> None:
    today = rfm_segmentation(demo)
    assert {segment.id: segment.campaign for segment in today.every} == {
        "lapsed": "C",
        "best": "A",
        "loyal": "A",
        "big_baskets": "B",
        "regular": "B",
        "occasional": "none",
    }


def test_no_rule_uses_a_protected_attribute(demo: Customers) -> None:
    today = rfm_segmentation(demo)
    used = {condition.field for segment in today.segments for condition in segment.rule.conditions()}
    assert used == {"recency_days", "trips_per_month", "spend_per_trip"}


def test_it_is_the_same_every_time_and_survives_json(demo: Customers) -> None:
    today = rfm_segmentation(demo)
    assert rfm_segmentation(demo).hash == today.hash
    assert type(today).from_json(today.to_json()) == today


def test_only_features_with_a_role_are_used_and_empty_segments_left_out(read: Reader, shop: Shop) -> None:
    customers = read(shop)
    today = rfm_segmentation(customers)
    assert {segment.campaign for segment in today.segments} == {"letter", "mail"}
    counts = np.bincount(today.assign(customers.frame), minlength=len(today.ids))
    assert (counts > 0).all()


@pytest.mark.parametrize(("keep", "segments"), [("recency", 1), ("frequency", 2), ("monetary", 1)])
def test_a_table_with_one_role_gets_what_that_role_allows(demo: Customers, keep: str, segments: int) -> None:
    features = [
        spec if spec.role in (keep, None) else spec.model_copy(update={"role": None}) for spec in demo.schema.features
    ]
    schema = demo.schema.model_copy(update={"features": tuple(features)})
    today = rfm_segmentation(replace(demo, schema=schema))
    assert len(today.segments) == segments
    used = {condition.field for segment in today.segments for condition in segment.rule.conditions()}
    assert used == {
        demo.schema.role("recency" if keep == "recency" else "frequency" if keep == "frequency" else "monetary")
    }


def test_without_roles_or_campaigns_the_error_says_what_to_declare(read: Reader, shop: Shop) -> None:
    customers = read(shop)
    plain = tuple(spec.model_copy(update={"role": None}) for spec in customers.schema.features)
    with pytest.raises(SchemaError, match="no feature has the role recency, frequency or monetary"):
        rfm_segmentation(replace(customers, schema=customers.schema.model_copy(update={"features": plain})))
    with pytest.raises(CampaignError, match="no campaign is declared"):
        rfm_segmentation(replace(customers, schema=customers.schema.model_copy(update={"campaigns": ()})))


def test_a_single_campaign_serves_all_who_are_contacted(demo: Customers) -> None:
    one = demo.schema.model_copy(update={"campaigns": demo.schema.campaigns[:1]})
    today = rfm_segmentation(replace(demo, schema=one))
    assert {segment.campaign for segment in today.segments} == {"A"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, 0.0), (-3.0, 0.0), (0.234, 0.25), (6.9, 6.0), (27.6, 30.0), (93.0, 100.0), (1234.0, 1000.0)],
)
def test_cuts_are_numbers_that_people_say(value: float, expected: float) -> None:
    assert round_cut(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(0.0, 7.0), (28.0, 30.0), (100.0, 90.0), (5000.0, 730.0)])
def test_days_are_weeks_months_and_years(value: float, expected: float) -> None:
    assert round_cut(value, days=True) == expected
