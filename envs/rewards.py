"""What is rewarded and what is charged: profit beyond the no-op twin, value left at the horizon, costs of change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from evenhand.simulator.types import HERE, YET_TO_COME, Outcome, State, Traits

__all__ = [
    "Charges",
    "carried_survival",
    "incremental_profit",
    "organic_margin",
    "remaining_value",
    "residual_value",
    "unanswered",
]

VALUE_PERIODS = 52
DISCOUNT = 0.998  # per week, ten per cent a year


@dataclass(frozen=True)
class Charges:
    """What changing and keeping a segmentation costs, money per customer."""

    edit: float = 0.01  # per tweak: an hour of a reviewer for a few thousand customers
    complexity: float = 0.0005  # per segment and period: content to prepare


def residual_value(state: State, traits: Traits, behaviour: NDArray[np.void]) -> NDArray[np.float64]:
    """Return each customer's value left at the horizon, money, (E, N).

    Organic margin, drift included, over 52 discounted periods, times the chance to be here: customers leave with their
    hazard h and come back with `return_base` r, after a period's trips. Who is here at the horizon makes the first of
    these periods' trips for certain, the k-th's with chance p + (1 - p) l^(k - 1), who has left with p - p l^(k - 1),
    where p = r / (h + r) and l = 1 - h - r. Less the trips that who depends on discounts will wait with (dependence
    fades geometrically), and less what the fatigue and satisfaction that stand at the horizon still do to leaving:
    without that a policy could tire customers in the last periods for free. For those who may be contacted
    `contact_value` of it on top, less the periods' worth of answers that the tired owe (`unanswered`). Churn is charged
    through this value alone.
    """
    b = {name: behaviour[name].astype(np.float64)[:, None] for name in ("return_base", "dependence_decay")}
    hazard = traits.hazard.astype(np.float64)
    settled = b["return_base"] / np.maximum(hazard + b["return_base"], 1e-12)
    fading = _annuity(1.0 - hazard - b["return_base"])
    lasting = _annuity(np.ones_like(hazard))
    left = settled * (lasting - fading)
    waiting = behaviour["dependence_wait"][:, None] * state.dependence
    here = left + fading * carried_survival(state, traits, behaviour) - waiting / (1 - b["dependence_decay"])
    reached = behaviour["contact_value"][:, None] * (state.consent != 0)
    there = (1.0 + reached) * here - reached * unanswered(state, traits, behaviour)
    value = np.where(state.absent == HERE, there, (1.0 + reached) * left) * (state.absent != YET_TO_COME)
    return np.asarray(organic_margin(traits, behaviour) * value, np.float64)


def _annuity(stay: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sum_{k=1..VALUE_PERIODS} DISCOUNT^k stay^(k - 1): leaving comes after a period's trips."""
    kept = DISCOUNT * stay
    return np.asarray(DISCOUNT * (1.0 - kept**VALUE_PERIODS) / (1.0 - kept))


def carried_survival(state: State, traits: Traits, behaviour: NDArray[np.void]) -> NDArray[np.float64]:
    """Return the chance to outlive what fatigue and satisfaction do to the churn hazard until they are gone, (E, N).

    exp(-hazard * sum_k (k_f fatigue d_f^k - k_s satisfaction d_s^k)), the hazard's exponent to first order; the sums
    are geometric: fatigue / (1 - d_f) and satisfaction / (1 - d_s).
    """
    b = {name: behaviour[name].astype(np.float64)[:, None] for name in behaviour.dtype.names or ()}
    strain = b["fatigue_churn"] * state.fatigue / (1 - b["fatigue_decay"])
    relief = b["satisfaction_churn"] * state.satisfaction / (1 - b["satisfaction_decay"])
    return np.asarray(np.exp(-traits.hazard * (strain - relief)), np.float64)


def unanswered(state: State, traits: Traits, behaviour: NDArray[np.void]) -> NDArray[np.float64]:
    """Return how many periods' worth of answers to contacts the fatigue that stands will cost until it is gone, (E, N).

    Opening o falls by k_o (1 - o) and lift by k_l of itself for each unit of fatigue, to first order; fatigue f fades
    by d a period: f (k_o (1 - o) + k_l) / (1 - d), with o the mean chance to open at rest over the campaigns.
    """
    names = ("fatigue_open", "fatigue_lift", "fatigue_decay")
    b = {name: behaviour[name].astype(np.float64)[:, None] for name in names}
    opening = expit(traits.openness[:, :, 1:].astype(np.float64)).mean(axis=2)
    sensitive = b["fatigue_open"] * (1 - opening) + b["fatigue_lift"]
    return np.asarray(state.fatigue * sensitive / (1 - b["fatigue_decay"]), np.float64)


def organic_margin(traits: Traits, behaviour: NDArray[np.void]) -> NDArray[np.float64]:
    """Return each customer's mean margin per period without contact, money, (E, N).

    margin_rate * basket * rate * exp(drift_sd^2 / 2), the last being the mean of the stationary log-normal drift.
    """
    scale = behaviour["margin_rate"].astype(np.float64) * np.exp(behaviour["drift_sd"].astype(np.float64) ** 2 / 2)
    return np.asarray(scale[:, None] * traits.rate * traits.basket, np.float64)


def remaining_value(traits: Traits, behaviour: NDArray[np.void], *, periods: int) -> NDArray[np.float64]:
    """Return what being here is worth from the next period on, over having left, money, (E, N).

    Organic margin until the horizon, `periods` ahead, and the residual value there, times what is left by then of the
    difference that leaving makes: all of it in the next period, (1 - hazard - return_base)^k of it k periods later.
    """
    stay = 1.0 - traits.hazard.astype(np.float64) - behaviour["return_base"].astype(np.float64)[:, None]
    until = (1.0 - stay**periods) / np.maximum(1.0 - stay, 1e-9)
    margin = organic_margin(traits, behaviour)
    return np.asarray(margin * (until + stay**periods * _annuity(stay)), np.float64)


def incremental_profit(
    out: Outcome, twin: Outcome, both: NDArray[np.bool_], value: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the period's profit per customer beyond the twin, (E,).

    Profit and churn are charged as their expectations given state and campaign, over customers who are here, or have
    left, in both worlds (`both`): the same reward on average (Rao-Blackwell), without the noise of single trips and
    departures, which would drown what a tweak does. Churn costs the rise of its probability times the value lost, a
    customer won back brings the rise of that chance times it.
    """
    profit = out.expected.astype(np.float64) - twin.expected
    risk = (out.leaving.astype(np.float64) - twin.leaving) * value
    return np.asarray((both * (profit - risk)).mean(axis=1), np.float64)
