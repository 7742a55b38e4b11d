"""A small business of its own, as files that tests break in one place at a time."""

from __future__ import annotations

from typing import Protocol

import pandas as pd

from evenhand.customers import Customers

SCHEMA = """
schema_version = 1
name = "shop"
id = "customer_id"
consent = "newsletter"

[[features]]
column = "recency_days"
label = "last purchase"
unit = "days ago"
role = "recency"

[[features]]
column = "orders"
label = "orders"
unit = "per month"
role = "frequency"
per_days = 90

[[features]]
column = "basket"
label = "spend per order"
unit = "money"
role = "monetary"

[[features]]
column = "channel"
kind = "category"
categories = ["web", "shop"]

[[features]]
column = "member"
kind = "flag"

[[protected]]
column = "age"
groups = { "under 40" = ["..40"], "40 up" = ["40.."] }

[[protected]]
column = "gender"

[[campaigns]]
id = "letter"
name = "Letter"
cost = 0.4
discount = 2.0
beneficial = true

[[campaigns]]
id = "mail"
name = "E-mail"
cost = 0.01
"""

CHANNELS = """
[consents]
email = "email_ok"
sms = "sms_ok"

[context]
hour = "opens_at"
weekend = "weekends"
"""

LOG = """
[log]
file = "log.csv"
customer = "customer"
campaign = "campaign"
period = "week"
propensity = "p"
redeemed = "bought"
"""

HISTORY = """
[history]
file = "history.csv"
customer = "customer"
period = "week"
trips = "trips"
spend = "spend"
categories = ["food"]
"""

Shop = dict[str, pd.DataFrame]


class Reader(Protocol):
    """Write the tables as CSV beside a schema (with the log and the history on demand), and read them."""

    def __call__(
        self, tables: Shop, *, log: bool = False, history: bool = False, schema: str = SCHEMA
    ) -> Customers: ...


def with_channels(tables: Shop) -> Shop:
    """Add what `CHANNELS` names: consent to e-mail and SMS, the usual hour of opening and the weekends' share."""
    n = len(tables["customers"])
    tables["customers"]["email_ok"] = ["yes" if i % 2 else "no" for i in range(n)]
    tables["customers"]["sms_ok"] = ["yes" if i % 3 == 0 else "no" for i in range(n)]
    tables["customers"]["opens_at"] = [str(i * 2) for i in range(n)]
    tables["customers"]["weekends"] = ["" if i == 1 else str(i / n) for i in range(n)]
    return tables


def shop_tables(n: int = 12) -> Shop:
    """Return a valid table of n customers with a log and a history, all cells as text."""
    number = pd.Series(range(n))
    customers = pd.DataFrame(
        {
            "customer_id": (100 + number).astype("str"),
            "recency_days": (number * 7 % 50).astype("str"),
            "orders": (1 + number % 6).astype("str"),
            "basket": (10 + 2.5 * number).astype("str"),
            "channel": ["web" if i % 3 else "shop" for i in range(n)],
            "member": ["yes" if i % 2 else "no" for i in range(n)],
            "age": (20 + 5 * number).astype("str"),
            "gender": ["f" if i % 2 else "m" for i in range(n)],
            "newsletter": ["1" if i % 4 else "0" for i in range(n)],
        }
    )
    log = pd.DataFrame(
        {
            "customer": customers["customer_id"],
            "campaign": ["letter" if i % 2 else "none" for i in range(n)],
            "week": ["3"] * n,
            "p": ["0.5"] * n,
            "bought": ["true" if i % 4 == 1 else "false" for i in range(n)],
        }
    )
    history = pd.DataFrame(
        {
            "customer": customers["customer_id"],
            "week": (number % 4).astype("str"),
            "trips": ["1"] * n,
            "spend": ["30.5"] * n,
            "food": ["20"] * n,
        }
    )
    return {"customers": customers, "log": log, "history": history}
