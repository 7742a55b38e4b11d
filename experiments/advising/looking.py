"""What a policy looked at when it ranked a tweak, and the next best one: what a reviewer asks for first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.envs.candidates import CANDIDATE_FEATURES
from evenhand.experiments.advising.standing import View

__all__ = ["Estimate", "RunnerUp", "WhyNot", "estimate_of", "estimates_of", "saw_of", "usual_of"]

NET, GAIN_SD = (CANDIDATE_FEATURES.index(name) for name in ("net_if_kept", "gain_sd"))
SHOWN = [k for k, name in enumerate(CANDIDATE_FEATURES) if not name.startswith("is_")]  # the tweak itself says the rest
WhyNot = Literal["ranks lower", "nothing clear", "few contacts", "meets a better one"]
Z = 1.96  # standard errors either side of an interval of 95 %
SHORT = "%.6g"  # significant digits, of numbers that are computed in single precision


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
    return estimates_of(row[None], horizon)[0]


def estimates_of(rows: NDArray[np.float32], horizon: int) -> list[Estimate]:
    """Return what rows of the candidate table, (n, D), say that their tweaks bring over `horizon` periods."""
    mean, se = rows[:, NET].astype(np.float64) / horizon, rows[:, GAIN_SD].astype(np.float64)
    columns = (mean, mean - Z * se, mean + Z * se, se)
    return [*map(Estimate, *(column.tolist() for column in columns))]


def saw_of(view: View, row: int) -> dict[str, float]:
    """Return a candidate's features by name, in the units of `envs.candidates`."""
    seen = view.table[row].tolist()
    return {CANDIDATE_FEATURES[k]: _short(seen[k]) for k in SHOWN}


def usual_of(view: View) -> Mapping[str, float]:
    """Return the median of each feature over the candidates that were on offer."""
    on_offer = np.sort(view.table[view.allowed[0]][:, SHOWN], axis=0)  # in less than half the time of `np.median`
    n = len(on_offer)
    medians = (on_offer[(n - 1) // 2] + on_offer[n // 2]) / 2
    return {CANDIDATE_FEATURES[k]: _short(value) for k, value in zip(SHOWN, medians.tolist(), strict=True)}


def _short(value: float) -> float:
    return float(SHORT % value)
