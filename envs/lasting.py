"""What a campaign brings a period if it is kept up to the horizon, compiled: the one-step value is its first week only.

Who is contacted in every one of the n periods left carries the pressure f_k = f_0 d^k + w (1 - d^k) after k of them,
on average f = f_0 A + w (1 - A) with A = (1 - d^n) / (n (1 - d)); who is not, f_0 A. At these means:

    opening * (lift money + redemption money), as in `estimates.contact_values`
    - hazard * (exp(k_f f) - exp(k_f f_0 A)) * V        who is driven away, with V what being here is worth on average
    - what the pressure that stands at the horizon, above that without contact, still does to leaving and to answers
      (`rewards.unanswered`), spread over n
    - unsubscribing, which costs `contact_value` of the margin after the horizon
    - the trips that a redeemed discount makes who comes to depend on discounts wait with
    + the churn that the satisfaction of redeeming averts

Everything at the prior means and from what a business sees, as there; `remaining_value` in `rewards` is the V of one
period. A forecast to first order: pressure stands at its mean, and who leaves or unsubscribes is not missed later on.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from evenhand.envs.rewards import DISCOUNT, VALUE_PERIODS

__all__ = ["lasting_values"]

_DISCOUNT, _VALUED = np.float32(DISCOUNT), np.float32(VALUE_PERIODS)
_ONE, _HALF, _LEAST = np.float32(1.0), np.float32(0.5), np.float32(1e-6)


@njit(cache=True)
def lasting_values(
    trips, spend, fatigue, consent, hazard, openness, redeem, affinity, behaviour, effects, left, lift_out, redeem_out,
    burden_out,
):  # fmt: skip
    """Write the parts of what campaigns bring a period when kept for `left` periods: money by lift and by redemption,
    opening included, and what contacts do beside it, cost excluded, (E, N, C) each.
    """
    n = np.float32(left)
    for e in range(trips.shape[0]):
        b = behaviour[e]
        decay = b.fatigue_decay
        faded = decay**n
        mean = (_ONE - faded) / (n * max(_ONE - decay, _LEAST))
        for i in range(trips.shape[1]):
            organic = b.margin_rate * trips[e, i] * spend[e, i]
            basket = b.margin_rate * spend[e, i]
            rested = fatigue[e, i] * mean
            calm = np.exp(b.fatigue_churn * rested)
            stay = min(_ONE - hazard[e, i] - b.return_base, np.float32(0.9999))
            after = organic * _annuity(stay)
            worth = _mean_worth(organic, after, stay, n)
            for c in range(1, affinity.shape[2]):
                if (consent[e, i] >> effects.channel[c]) & 1 == 0:
                    lift_out[e, i, c], redeem_out[e, i, c], burden_out[e, i, c] = 0.0, 0.0, 0.0
                    continue
                weight = effects.weight[e, c]
                tired = rested + weight * (_ONE - mean)
                opening = _ONE / (_ONE + np.exp(b.fatigue_open * tired - openness[e]))
                x = effects.lift[e, c] * affinity[e, i, c] * np.exp(-b.fatigue_lift * tired)
                lift_out[e, i, c] = opening * organic * (x + _HALF * x * x)
                taken = opening * redeem[e, i, c]
                redeem_out[e, i, c] = taken * (basket * effects.bonus[e, c] - b.discount_share * effects.discount[e, c])
                strained = hazard[e, i] * (np.exp(b.fatigue_churn * tired) - calm) * worth
                later = weight * (_ONE - faded) / max(_ONE - decay, _LEAST) / n
                strained += hazard[e, i] * b.fatigue_churn * later * after
                rest = _ONE / (_ONE + np.exp(-openness[e]))
                strained += b.contact_value * organic * later * (b.fatigue_open * (_ONE - rest) + b.fatigue_lift)
                gone = min(b.unsubscribe_base * np.exp(b.fatigue_unsubscribe * tired), _HALF)
                lost = gone * b.contact_value * after
                relief = taken * b.satisfaction_gain * b.satisfaction_churn * hazard[e, i] * worth
                waiting = np.float32(0.0)
                if effects.discount[e, c] > 0:
                    waiting = taken * b.dependence_wait * organic * (_ONE - opening)
                burden_out[e, i, c] = strained + lost + waiting - relief


@njit(cache=True)
def _annuity(stay):
    """Return sum_{k=1..VALUE_PERIODS} DISCOUNT^k stay^(k - 1), as `rewards` has it."""
    kept = _DISCOUNT * stay
    return _DISCOUNT * (_ONE - kept**_VALUED) / (_ONE - kept)


@njit(cache=True)
def _mean_worth(organic, after, stay, n):
    """Return what being here is worth over having left, the mean over the n periods left.

    After k more of them it is organic (1 - s^m) / (1 - s) + s^m after, with m = n - 1 - k.
    """
    ends = organic / (_ONE - stay)
    return ends + (after - ends) * (_ONE - stay**n) / (n * (_ONE - stay))
