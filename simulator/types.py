"""The arrays that the simulator works on: one field, one array, shapes on the field.

Leading axis E counts environments (populations side by side), N customers, C campaigns (0 is "no contact").
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BEHAVIOUR_FIELDS",
    "Behaviour",
    "BoolArray",
    "CampaignEffects",
    "FloatArray",
    "IntArray",
    "Outcome",
    "State",
    "Traits",
    "behaviour_record",
    "empty_outcome",
    "fresh_state",
]

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int8]
BoolArray = NDArray[np.uint8]

BEHAVIOUR_FIELDS = (
    "dispersion",  # size r of the negative binomial weekly trips, given the rate
    "zero_inflation",  # share of weeks away, whatever the rate
    "drift_persistence",  # AR(1) coefficient of the log rate
    "drift_sd",  # standard deviation of the stationary log-rate drift
    "margin_rate",  # margin per money of spend
    "discount_share",  # share of a coupon's face value that the business itself pays
    "fatigue_decay",  # what is left of fatigue after a period without contact
    "fatigue_open",  # loss of open log-odds at fatigue 1 (contact in every period)
    "fatigue_lift",  # loss of log exposure lift at fatigue 1
    "fatigue_unsubscribe",  # gain of log unsubscribe hazard at fatigue 1
    "fatigue_churn",  # gain of log churn hazard at fatigue 1
    "satisfaction_decay",  # what is left of satisfaction after a period
    "satisfaction_gain",  # satisfaction gained by a redeemed offer
    "satisfaction_churn",  # loss of log churn hazard at satisfaction 1
    "unsubscribe_base",  # unsubscribe probability of one contact at fatigue 0
    "contact_value",  # value of being reachable for one period, as a share of organic margin
)
Behaviour = np.dtype([(name, np.float32) for name in BEHAVIOUR_FIELDS])


def behaviour_record(values: dict[str, float]) -> NDArray[np.void]:
    """Return one behaviour record of shape () from a value for every field."""
    return np.array(tuple(values[name] for name in BEHAVIOUR_FIELDS), dtype=Behaviour)


class CampaignEffects(NamedTuple):
    """What a contact by each campaign costs and does."""

    cost: FloatArray  # (E, C) money per contact
    discount: FloatArray  # (E, C) money per redemption, face value
    lift: FloatArray  # (E, C) log lift of the trip rate in the period an offer is opened, affinity 1, fatigue 0
    bonus: FloatArray  # (E, C) extra spend of a redemption, in baskets of that customer
    weight: FloatArray  # (E, C) fatigue that a contact adds, 1 = a full one
    beneficial: BoolArray  # (C,) whether receiving it benefits the customer


class Traits(NamedTuple):
    """What a customer is: latent, constant within an episode."""

    rate: FloatArray  # (E, N) organic trips per period
    basket: FloatArray  # (E, N) mean spend per trip, money
    basket_sd: FloatArray  # (E, N) standard deviation of log spend of one trip
    openness: FloatArray  # (E, N) log-odds to open at fatigue 0
    response: FloatArray  # (E, N, C) log-odds to redeem in a period, given opened
    affinity: FloatArray  # (E, N, C) how well the campaign's goods fit the customer's basket, mean about 1
    hazard: FloatArray  # (E, N) churn probability per period at fatigue 0


class State(NamedTuple):
    """What happens to a customer: evolves period by period."""

    recency: FloatArray  # (E, N) periods since the last one with a trip
    trips: FloatArray  # (E, N) exponentially smoothed trips per period
    spend: FloatArray  # (E, N) exponentially smoothed spend per trip, money
    contacts: FloatArray  # (E, N) periods with a contact so far
    answers: FloatArray  # (E, N) contacts redeemed so far
    drift: FloatArray  # (E, N) log-rate drift
    fatigue: FloatArray  # (E, N) 0 rested, 1 contacted in every period with full weight
    satisfaction: FloatArray  # (E, N) smoothed redeemed offers
    consent: BoolArray  # (E, N) may be contacted
    churned: BoolArray  # (E, N) gone for good


class Outcome(NamedTuple):
    """What one period brought, per customer."""

    contacted: BoolArray  # (E, N)
    opened: BoolArray  # (E, N)
    redeemed: BoolArray  # (E, N)
    unsubscribed: BoolArray  # (E, N)
    lost: BoolArray  # (E, N) churned in this period
    trips: FloatArray  # (E, N)
    spend: FloatArray  # (E, N) money
    leaving: FloatArray  # (E, N) probability to churn in this period, whatever then happened
    expected: FloatArray  # (E, N) expected profit of this period given state and campaign, money
    profit: FloatArray  # (E, N) margin - contact cost - own share of the discount, money


def fresh_state(traits: Traits, consent: BoolArray) -> State:
    """Return the state of customers at rest: smoothed habits at their long-run means, no fatigue."""
    zero = np.zeros_like(traits.rate)
    return State(
        recency=zero.copy(),
        trips=traits.rate.copy(),
        spend=traits.basket.copy(),
        contacts=zero.copy(),
        answers=zero.copy(),
        drift=zero.copy(),
        fatigue=zero.copy(),
        satisfaction=zero.copy(),
        consent=consent.copy(),
        churned=np.zeros(traits.rate.shape, np.uint8),
    )


def empty_outcome(shape: tuple[int, int]) -> Outcome:
    """Return an outcome of zeros for `shape` = (E, N)."""
    contacted, opened, redeemed, unsubscribed, lost = (np.zeros(shape, np.uint8) for _ in range(5))
    trips, spend, leaving, expected, profit = (np.zeros(shape, np.float32) for _ in range(5))
    return Outcome(contacted, opened, redeemed, unsubscribed, lost, trips, spend, leaving, expected, profit)
