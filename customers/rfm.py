"""Recency, frequency, monetary value and engagement: one definition for real and for simulated customers.

The simulator evolves the same quantities with the same constants, so a real and a simulated history that
are equal give equal features.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "DAYS_PER_MONTH",
    "DAYS_PER_PERIOD",
    "ENGAGEMENT_SHRINK",
    "SPEND_SMOOTHING",
    "SPEND_START_PERIODS",
    "TRIPS_SMOOTHING",
    "TRIPS_START_PERIODS",
    "engagement",
    "rfm_features",
    "trips_per_month",
]

DAYS_PER_PERIOD = 7
DAYS_PER_MONTH = 30
TRIPS_SMOOTHING = 0.08  # weight of the newest week: half of what is remembered is younger than 8.3 weeks
TRIPS_START_PERIODS = 8  # until here the smoothed value is the plain mean
SPEND_SMOOTHING = 0.15  # weight of the newest week with a purchase
SPEND_START_PERIODS = 4  # so many weeks with a purchase give the start value
ENGAGEMENT_SHRINK = 2.0  # contacted weeks without an answer that everybody starts from

FloatArray = NDArray[np.float64]


def trips_per_month(trips_per_period: ArrayLike) -> FloatArray:
    """Turn a weekly number of trips into one per 30 days."""
    return np.asarray(trips_per_period, dtype=np.float64) * (DAYS_PER_MONTH / DAYS_PER_PERIOD)


def engagement(redeemed: ArrayLike, contacts: ArrayLike) -> FloatArray:
    """Return the share of contacts that were answered, shrunken to 0 by two unanswered contacts.

    Without any contact it is 0; one answer to one contact is a third, not certainty.
    """
    return np.asarray(redeemed, dtype=np.float64) / (np.asarray(contacts, dtype=np.float64) + ENGAGEMENT_SHRINK)


def _blend(value: FloatArray, new: FloatArray, seen: NDArray[np.int64], start: int, smoothing: float) -> FloatArray:
    """Move `value` to `new`: the running mean of the first `start` observations, smoothed from there."""
    weight = np.where(seen < start, 1.0 / (seen + 1), smoothing)
    return value + weight * (new - value)


def rfm_features(
    history: pd.DataFrame,
    periods: int,
    *,
    until: int | None = None,
    customers: pd.Index | None = None,
    no_purchase: float = math.nan,
) -> pd.DataFrame:
    """Compute recency, frequency and monetary value as they stood after the first `until` weeks.

    `history` has the columns customer, period (0..periods-1), trips (int > 0) and spend; rows only where
    there were trips. `customers` gives the order of the result and adds those who never bought (default:
    the sorted customers of the whole history). Returns recency_days (7 x weeks since the last week with a
    trip; 7 x until when there was none), trips_per_month and spend_per_trip (`no_purchase` before the first).

    Frequency is the exponentially smoothed weekly number of trips, started from the mean of the first 8
    weeks; monetary value is smoothed over weeks with trips, started from the mean of the first 4 of them.
    """
    end = periods if until is None else min(until, periods)
    if end < 1:
        raise ValueError(f"until = {until} of {periods} periods: features need at least one week of history")
    index = pd.Index(np.sort(history["customer"].unique())) if customers is None else customers
    known = (history["period"] < end) & history["customer"].isin(index)
    seen = history[known].sort_values("period", kind="stable")
    rows = index.get_indexer(pd.Index(seen["customer"]))
    period = seen["period"].to_numpy()
    trips = seen["trips"].to_numpy(dtype=np.float64)
    spend = seen["spend"].to_numpy(dtype=np.float64)
    edges = np.searchsorted(period, np.arange(end + 1))

    n = len(index)
    smoothed, per_trip = np.zeros(n), np.zeros(n)
    trip_weeks, last = np.zeros(n, dtype=np.int64), np.full(n, -1, dtype=np.int64)
    for week in range(end):
        part = slice(edges[week], edges[week + 1])
        who = rows[part]
        now = np.zeros(n)
        now[who] = trips[part]
        smoothed = _blend(smoothed, now, np.full(n, week), TRIPS_START_PERIODS, TRIPS_SMOOTHING)
        per_trip[who] = _blend(
            per_trip[who], spend[part] / trips[part], trip_weeks[who], SPEND_START_PERIODS, SPEND_SMOOTHING
        )
        trip_weeks[who] += 1
        last[who] = week
    return pd.DataFrame(
        {
            "recency_days": DAYS_PER_PERIOD * (end - 1 - last).astype(np.float64),
            "trips_per_month": trips_per_month(smoothed),
            "spend_per_trip": np.where(trip_weeks > 0, per_trip, no_purchase),
        },
        index=index,
    )
