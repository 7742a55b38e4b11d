"""A small business of its own, as files that tests break in one place at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

__all__ = ["LOG", "SCHEMA", "today_json", "write_shop"]

SCHEMA = """\
schema_version = 1
name = "Shop"
id = "customer_id"
consent = "consent"

[[features]]
column = "recency"
label = "last order"
unit = "days ago"
role = "recency"

[[features]]
column = "orders"
label = "orders"
unit = "per month"
decimals = 1
role = "frequency"

[[features]]
column = "basket"
label = "spend per order"
unit = "money"
role = "monetary"

[[protected]]
column = "age"
groups = { "under 45" = ["..45"], "45 and over" = ["45.."] }

[[campaigns]]
id = "letter"
name = "Letter"
cost = 0.05
discount = 2.0
beneficial = true
"""
LOG = """
[log]
file = "log.csv"
customer = "customer"
campaign = "campaign"
redeemed = "bought"
"""


def table(n: int = 600) -> pd.DataFrame:
    """Return n customers; two age groups that are large enough to be compared from about 450 on."""
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "customer_id": np.arange(1, n + 1),
            "recency": rng.exponential(20, n).round(),
            "orders": rng.gamma(2.0, 1.2, n).round(1),
            "basket": rng.lognormal(3.4, 0.5, n).round(2),
            "age": rng.integers(19, 72, n),
            "consent": rng.random(n) < 0.9,
        }
    )


def write_shop(folder: Path, n: int = 600) -> Path:
    """Write customers.csv and schema.toml into `folder` and return it."""
    table(n).to_csv(folder / "customers.csv", index=False)
    (folder / "schema.toml").write_text(SCHEMA)
    return folder


def today_json(*, field: str = "recency", campaign: str = "letter") -> str:
    """Return a segmentation of one segment; its own catalogue says that any field is an ordinary feature."""
    return f"""{{
      "schema_version": 1,
      "catalogue": {{
        "features": [{{"name": "{field}", "label": "{field}"}}],
        "campaigns": [
          {{"id": "none", "name": "no contact"}}, {{"id": "{campaign}", "name": "{campaign}", "cost": 9.0}}
        ]
      }},
      "segments": [
        {{
          "id": "some", "name": "Some", "campaign": "{campaign}",
          "rule": {{"combinator": "and", "rules": [{{"field": "{field}", "operator": ">=", "value": 30}}]}}
        }}
      ],
      "default": {{"id": "rest", "name": "Rest", "campaign": "none"}}
    }}"""
