"""A club that keeps a campaign log: customers, some left without contact, with effects that are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import expit

from evenhand.customers import CampaignSpec, Customers, FeatureSpec, LogSpec, ProtectedSpec, Schema

__all__ = ["BROUGHT", "COMES", "club", "club_schema"]

COMES = (0.10, 0.25)  # chance to come without contact, not a member and member
BROUGHT = {"letter": (0.10, 0.10), "mail": (0.02, 0.20)}  # chance that the contact brings them
CLOSING, MONEY, SPREAD = 0.3, 50.0, 0.6  # conversion of who came, mean spend, sd of its log


def club_schema(**changes: object) -> Schema:
    """Return the club's schema; `changes` replace keys."""
    log = LogSpec(file="log.csv", customer="who", campaign="what", redeemed="bought", visited="came", spend="money")
    plain: dict[str, object] = {
        "id": "who",
        "features": (
            FeatureSpec(column="distance"),
            FeatureSpec(column="member", kind="flag"),
            FeatureSpec(column="town", kind="category"),
        ),
        "protected": (ProtectedSpec(column="gender"),),
        "campaigns": (CampaignSpec(id="letter", channel="mail", cost=0.5), CampaignSpec(id="mail", channel="email")),
        "log": log,
    }
    return Schema(**{**plain, **changes})  # type: ignore[arg-type]  # by name


def club(n: int, seed: int = 0, *, targeted: float = 0.0, schema: Schema | None = None) -> Customers:
    """Return n customers with a log; with `targeted` above 0 members are contacted more often."""
    rng = np.random.default_rng(seed)
    member, town = rng.random(n) < 0.4, rng.choice(["north", "south", "west"], n, p=[0.5, 0.3, 0.2])
    distance = rng.gamma(2.0, 3.0, n)
    index = pd.Index(np.arange(n), name="who")
    frame = pd.DataFrame(
        {
            "distance": distance,
            "member": member,
            "town": town,
            "gender": rng.choice(["f", "m"], n),
            "consent": True,
        },
        index=index,
    )
    contacted = rng.random(n) < expit(np.log(2) + targeted * (2 * member - 1))
    arm = np.where(contacted, rng.integers(1, 3, n), 0)
    names = np.array(["none", "letter", "mail"])[arm]
    m = member.astype(int)
    comes = rng.random(n) < np.array(COMES)[m]
    q = np.array([(0.0, 0.0), BROUGHT["letter"], BROUGHT["mail"]])[arm, m]
    brought = rng.random(n) < q
    bought = (comes & (rng.random(n) < CLOSING)) | (brought & (rng.random(n) < CLOSING))
    spend = np.where(bought, MONEY * np.exp(SPREAD * rng.standard_normal(n) - SPREAD**2 / 2), 0.0)
    contacts = pd.DataFrame(
        {
            "customer": index,
            "campaign": names,
            "period": 0,
            "periods": 1.0,
            "redeemed": bought,
            "redemptions": bought.astype(int),
            "discount": np.nan,
            "propensity": np.nan,
            "visited": (comes | brought).astype(float),
            "spend": spend,
        }
    )
    return Customers(frame=frame, schema=schema or club_schema(), contacts=contacts)
