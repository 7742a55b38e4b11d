"""What was predicted of changes against what came, where both are known."""

from __future__ import annotations

from collections.abc import Iterable

from evenhand.registry import requests
from evenhand.server.pages.models.policies import Calibration
from evenhand.server.pages.views.evidence import profit_estimate

__all__ = ["calibrated"]


def calibrated(kept: Iterable[requests.Calibration]) -> tuple[Calibration, ...]:
    """Return the changes of which a profit was predicted and came."""
    found = []
    for one in kept:
        predicted = profit_estimate(one.predicted, source="simulated")
        realised = profit_estimate(one.realised, source="live")
        if predicted is not None and realised is not None:
            found.append(Calibration(request=one.request, title=one.title, predicted=predicted, realised=realised))
    return tuple(found)
