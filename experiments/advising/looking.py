"""What a policy looked at when it ranked a tweak, and the next best one: what a reviewer asks for first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.envs.candidates import CANDIDATE_FEATURES
from evenhand.experiments.advising.standing import View

__all__ = ["Estimate", "RunnerUp", "WhyNot", "estimate_of", "saw_of", "usual_of"]

NET, GAIN_SD = (CANDIDATE_FEATURES.index(name) for name in ("net_if_kept", "gain_sd"))
SHOWN = [k for k, name in enumerate(CANDIDATE_FEATURES) if not name.startswith("is_")]  # the tweak itself says the rest
WhyNot = Literal["ranks lower", "nothing clear", "few contacts", "meets a better one"]
Z = 1.96  # standard errors either side of an interval of 95 %
DIGITS = 6  # significant ones, of numbers that are computed in single precision


class Estimate(NamedTuple):
    """What the policy's own estimate says a tweak brings: money per customer and period, if kept to the horizon.

    Edit and complexity costs are taken off. The interval is that of the coming period's estimate, 1.96 standard errors
    either side: it holds what is unknown of lift and redemption, not what is unknown of what contacts do later.
    """

    mean: float
    low: float
    high: float
    se: float


class RunnerUp(NamedTuple):
    """The best ranked tweak of those that are not recommended: of the same segments, where there is one."""

    document: dict[str, Any]  # the tweak as JSON
    expected: Estimate
    behind: float  # how far the policy scores it below the one that it recommends
    why_not: WhyNot


def estimate_of(row: NDArray[np.float32], horizon: int) -> Estimate:
    """Return what a row of the candidate table, (D,), says that its tweak brings over `horizon` periods."""
    mean, se = float(row[NET]) / horizon, float(row[GAIN_SD])
    return Estimate(mean, mean - Z * se, mean + Z * se, se)


def saw_of(view: View, row: int) -> dict[str, float]:
    """Return a candidate's features by name, in the units of `envs.candidates`."""
    seen = view.table[row].tolist()
    return {CANDIDATE_FEATURES[k]: _short(seen[k]) for k in SHOWN}


def usual_of(view: View) -> Mapping[str, float]:
    """Return the median of each feature over the candidates that were on offer."""
    on_offer = view.table[view.allowed[0]]
    medians = np.median(on_offer[:, SHOWN], axis=0).tolist()
    return {CANDIDATE_FEATURES[k]: _short(value) for k, value in zip(SHOWN, medians, strict=True)}


def _short(value: float) -> float:
    return float(f"{value:.{DIGITS}g}")
