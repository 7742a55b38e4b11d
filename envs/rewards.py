"""What is rewarded and what is charged: profit beyond the no-op twin, value left at the horizon, costs of change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.types import BoolArray, Outcome, State, Traits

__all__ = [
    "Charges",
    "benefit_counts",
    "incremental_profit",
    "parity_cost",
    "reach_value",
    "remaining_value",
    "residual_value",
]

VALUE_PERIODS = 52
DISCOUNT = 0.998  # per week, ten per cent a year


@dataclass(frozen=True)
class Charges:
    """What changing and keeping a segmentation costs, money per customer."""

    edit: float = 0.01  # per tweak: an hour of a reviewer for a few thousand customers
    complexity: float = 0.0005  # per segment and period: content to prepare


def residual_value(state: State, traits: Traits, behaviour: NDArray[np.void]) -> NDArray[np.float64]:
    """Return each environment's mean value left per customer at the horizon, money, (E,).

    A living customer's organic margin times the annuity sum_{k=1..52} (discount * (1 - hazard))^k, and for those who
    may still be contacted `contact_value` of it on top. Churn is charged through this value alone.
    """
    kept = DISCOUNT * (1.0 - traits.hazard.astype(float))
    annuity = kept * (1.0 - kept**VALUE_PERIODS) / (1.0 - kept)
    margin = behaviour["margin_rate"][:, None] * traits.rate * traits.basket
    reach = 1.0 + behaviour["contact_value"][:, None] * (state.consent != 0)
    return np.asarray((margin * annuity * reach * (state.churned == 0)).mean(axis=1), np.float64)


def remaining_value(traits: Traits, behaviour: NDArray[np.void], *, periods: int) -> NDArray[np.float64]:
    """Return what a living customer is worth from the next period on: organic margin until the horizon, `periods`
    ahead, and the residual value there, money, (E, N).
    """
    stay = 1.0 - traits.hazard.astype(float)
    kept = DISCOUNT * stay
    annuity = kept * (1.0 - kept**VALUE_PERIODS) / (1.0 - kept)
    until = stay * (1.0 - stay**periods) / np.maximum(1.0 - stay, 1e-9)
    margin = behaviour["margin_rate"][:, None] * traits.rate * traits.basket
    return np.asarray(margin * (until + stay**periods * annuity), np.float64)


def incremental_profit(
    out: Outcome, twin: Outcome, both: NDArray[np.bool_], value: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the period's profit per customer beyond the twin, (E,).

    Profit and churn are charged as their expectations given state and campaign, over customers alive in both worlds:
    the same reward on average (Rao-Blackwell), without the noise of single trips and departures, which would drown
    what a tweak does. Churn costs the rise of its probability times the value lost.
    """
    profit = out.expected.astype(np.float64) - twin.expected
    risk = (out.leaving.astype(np.float64) - twin.leaving) * value
    return np.asarray((both * (profit - risk)).mean(axis=1), np.float64)


def reach_value(state: State, traits: Traits, behaviour: NDArray[np.void]) -> NDArray[np.float64]:
    """Return the worth per customer of being allowed to contact them beyond the horizon, money, (E,)."""
    return residual_value(state, traits, behaviour) - residual_value(
        state._replace(consent=np.zeros_like(state.consent)), traits, behaviour
    )


def parity_cost(
    rates: NDArray[np.float64], present: NDArray[np.bool_], *, tolerance: float, horizon: int
) -> NDArray[np.float64]:
    """Return the signed slack that a period adds for every ordered pair of groups, (E, K, K).

    `rates` (E, K) is the share of each group, counted at the start, that received a benefit in the period; `present`
    (E, K) marks groups that are constrained. cost[g, h] = (rate_g - rate_h - tolerance) / horizon adds up over the
    episode to gap_gh - tolerance, so all pairs at or below zero say exactly that the gap is within tolerance.
    """
    cost = (rates[:, :, None] - rates[:, None, :] - tolerance) / horizon
    both = present[:, :, None] & present[:, None, :] & ~np.eye(rates.shape[1], dtype=bool)
    return np.where(both, cost, 0.0)


def benefit_counts(
    contacted: BoolArray, given: NDArray[np.int8], beneficial: BoolArray, groups: NDArray[np.int8], n_groups: int
) -> NDArray[np.float64]:
    """Return how many of each group of each attribute got a beneficial contact, (E, P, K)."""
    benefit = (contacted != 0) & (beneficial[given] != 0)
    counts = np.zeros((groups.shape[0], groups.shape[2], n_groups))
    for k in range(n_groups):
        counts[:, :, k] = (benefit[:, :, None] & (groups == k)).sum(axis=1)
    return counts
