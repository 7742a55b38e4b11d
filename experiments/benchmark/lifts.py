"""Simulated lifts beside those that case studies claim: over a generic blast, and over the best feasible baseline."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from evenhand.experiments.aggregate import percent_of_baseline
from evenhand.experiments.benchmark.funnel import FUNNEL

__all__ = ["CLAIMS", "Claim", "lifts_of"]

Json = dict[str, Any]
FloatArray = NDArray[np.float64]


ENOUGH = 30  # populations in which there is something to lift


class Claim(NamedTuple):
    """A lift that such case studies claim; without a number only its direction."""

    measure: str
    label: str
    percent: float | None


CLAIMS: Final[dict[str, tuple[Claim, ...]]] = {
    "coffee_tea": (
        Claim("open_rate", "open rate", 25.0),
        Claim("click_through", "click-through", 40.0),
        Claim("conversion", "conversion", 30.0),
        Claim("unsubscribes", "unsubscribes", -15.0),
    ),
    "restaurants": (Claim("conversion", "redemption", 30.0),),
    "ethical_fashion": (Claim("engagement", "engagement", None), Claim("conversion", "conversion", None)),
    "beauty_box": (
        Claim("satisfaction", "satisfaction", 50.0),
        Claim("retention", "retention", 35.0),
        Claim("order_value", "order value", 20.0),
    ),
}


class _Played(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def funnel(self) -> dict[str, FloatArray]: ...


def lifts_of(scenario: str, learned: Sequence[_Played], best: _Played, baselines: Sequence[_Played]) -> Json:
    """Return each measure of the funnel and its lifts in per cent, seeds and populations resampled.

    A lift over nothing (nobody opened) is None. The claims of a scenario stand beside what they are about.
    """
    blast = next((row for row in baselines if row.name == "blast"), None)
    claimed = {claim.measure: claim for claim in CLAIMS.get(scenario, ())}
    found: Json = {}
    for name, line in FUNNEL.items():
        ours = np.stack([row.funnel[name] for row in learned])
        found[name] = {
            "what": line,
            "learned": _number(ours.mean()),
            "best_baseline": _number(best.funnel[name].mean()),
            "over_best_baseline": _lift(ours, best.funnel[name]),
        }
        if blast:
            found[name]["blast"] = _number(blast.funnel[name].mean())
            found[name]["over_blast"] = _lift(ours, blast.funnel[name])
        if name in claimed:
            found[name]["claimed"] = claimed[name]._asdict()
    return found


def _lift(ours: FloatArray, theirs: FloatArray) -> Json | None:
    if np.count_nonzero(theirs) < min(len(theirs), ENOUGH):  # else a resample of populations may have nothing at all
        return None
    lift = percent_of_baseline(ours, theirs)
    return {"percent": _number(lift.value), "low": _number(lift.low), "high": _number(lift.high)}


def _number(value: float) -> float:
    return float(f"{value:.5g}")
