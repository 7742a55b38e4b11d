"""Tables of a small shop, as its owner would export them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from evenhand.server.arriving import child, folder
from evenhand.server.arriving.folder import Arrival
from evenhand.server.arriving.looked import Answer, Answers, CampaignAnswer, Look

__all__ = ["NOW", "answers_to", "arrived", "shop", "shop_csv"]

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def shop(n: int = 400) -> pd.DataFrame:
    """Make customers of a shop with everything that a first visit needs."""
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "customer_id": [f"c-{k}" for k in range(n)],
            "days_since_last_purchase": rng.integers(0, 400, n),
            "orders_per_month": rng.gamma(2, 1, n).round(2),
            "money_per_order": rng.gamma(3, 12, n).round(2),
            "age": rng.integers(18, 90, n),
            "city": rng.choice(["Graz", "Linz", "Wien"], n),
            "newsletter_ok": rng.choice(["yes", "no"], n),
            "postcode": rng.integers(1000, 9999, n),
            "note": [f"remark {k}" for k in range(n)],
        }
    )


def shop_csv(n: int = 400) -> bytes:
    return shop(n).to_csv(index=False).encode()


def arrived(data_dir: Path, content: bytes, file: str = "shop.csv", owner: str = "mia") -> Arrival:
    """Keep a table and read it in this process."""
    arrival = folder.keep(data_dir, owner, file, io.BytesIO(content), now=NOW)
    child.do("look", arrival, None)
    return arrival


def answers_to(look: Look, **uses: str) -> Answers:
    """Answer as the form would, untouched but for some uses; with one campaign."""
    columns = tuple(
        Answer(name=one.name, use=uses.get(one.name, one.use), role=one.role)  # type: ignore[arg-type]  # their codes
        for one in look.columns
    )
    return Answers(title="Shop", columns=columns, campaigns=(CampaignAnswer(name="Letter", cost="0,85"),))
