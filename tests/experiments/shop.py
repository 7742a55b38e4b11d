"""A small business without history: enough to go through a whole study in seconds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from evenhand.customers import CampaignSpec, Customers, FeatureSpec, ProtectedSpec, Schema
from evenhand.errors import DataError
from evenhand.experiments.settings import StudySettings

SCHEMA = Schema(
    name="shop",
    id="customer",
    features=(
        FeatureSpec(column="recency_days", label="last purchase", unit="days ago", role="recency"),
        FeatureSpec(column="orders", label="orders", unit="per month", role="frequency", decimals=1),
        FeatureSpec(column="basket", label="spend per order", unit="money", role="monetary"),
        FeatureSpec(column="green_share", label="share of green goods", unit="share", decimals=2),
    ),
    protected=(
        ProtectedSpec(column="age", label="Age"),
        ProtectedSpec(column="region", label="Region"),
    ),
    consent="newsletter",
    campaigns=(
        CampaignSpec(id="letter", name="Letter", cost=0.02, discount=1.0, beneficial=True),
        CampaignSpec(id="mail", name="E-mail", cost=0.01, discount=0.5),
    ),
)


def shop(n: int = 600, *, seed: int = 0) -> Customers:
    """Return `n` customers: the older buy more often, some ages are unknown, one region is small."""
    rng = np.random.default_rng(seed)
    old = rng.random(n) < 0.5
    orders = np.round(rng.gamma(2.0, 1.5, n) * np.where(old, 1.15, 1.0), 1)
    frame = pd.DataFrame(
        {
            "recency_days": np.floor(rng.exponential(30 / (orders + 0.3))),
            "orders": orders,
            "basket": np.round(rng.gamma(4.0, 8.0, n), 2),
            "green_share": np.round(rng.beta(2, 6, n), 3),
            "age": np.where(rng.random(n) < 0.1, "unknown", np.where(old, "45 up", "under 45")),
            "region": np.where(rng.random(n) < 0.1, "north", "south"),
            "consent": rng.random(n) < 0.9,
        },
        index=pd.Index([f"c{k:04d}" for k in range(n)], name="customer"),
    )
    frame[["age", "region"]] = frame[["age", "region"]].astype("str")
    return Customers(frame=frame, schema=SCHEMA)


def quick(**changes: Any) -> StudySettings:
    """Return settings that go through every step in a few seconds and prove nothing."""
    small: dict[str, Any] = {
        "horizon": 6, "replicates": 2, "steps": 96, "training_seeds": 2, "n_envs": 4, "training_customers": 60,
        "training_populations": 4, "validation_populations": 2, "confirmation_populations": 4,
        "checkpoints": 2, "tuning_populations": 2,
        "populations": 4, "customers": 80, "shifted_populations": 2, "effect_draws": 4,
    }  # fmt: skip
    return StudySettings().changed(**{**small, **changes})


# Tasks for processes of their own: functions of a module, called with `progress` besides.


def square(*, x: int, wait: float = 0.0, progress: Callable[[Any], None]) -> int:
    time.sleep(wait)
    progress(x)
    return x * x


def fail(*, what: str, progress: Callable[[Any], None]) -> None:
    raise DataError(what)


def die(*, progress: Callable[[Any], None]) -> None:
    os._exit(3)


def luck(*, seed: int, progress: Callable[[Any], None]) -> list[float]:
    numbers = np.random.default_rng(seed).random(3)
    progress("drawn")
    return [float(number) for number in numbers]
