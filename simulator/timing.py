"""When and on what a customer opens, against the moment and the device that a campaign is made for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from evenhand.segments import Campaign

__all__ = ["timing"]

Floats = NDArray[np.float64]


def timing(campaigns: Sequence[Campaign], habits: Mapping[str, Floats], strength: Mapping[str, float]) -> Floats:
    """Return what the context of each campaign adds to the log-odds to open, (n, C - 1).

    `campaigns` without "no contact", `habits` the known ones of hour (0 to 24), weekend and mobile (shares), (n,) each,
    `strength` the log-odds at a perfect fit. The hour counts as the cosine of its distance on the clock, a share p as
    2 p - 1. Where campaign or customer say nothing, nothing is added. Source: circular regression on the hour (Fisher,
    Statistical Analysis of Circular Data, 1993).
    """
    n = max((len(values) for values in habits.values()), default=0)
    added = np.zeros((n, len(campaigns)))
    for c, campaign in enumerate(campaigns):
        context = campaign.context
        if context.hour is not None and "hour" in habits:
            added[:, c] += strength["hour"] * np.cos(2 * np.pi * (habits["hour"] - context.hour) / 24)
        if context.weekend is not None and "weekend" in habits:
            added[:, c] += strength["weekend"] * _fit(habits["weekend"], wanted=context.weekend)
        if context.device is not None and "mobile" in habits:
            added[:, c] += strength["mobile"] * _fit(habits["mobile"], wanted=context.device == "mobile")
    return added


def _fit(share: Floats, *, wanted: bool) -> Floats:
    return (2 * share - 1) * (1 if wanted else -1)
