"""The arrays that the simulator works on: one field, one array, shapes on the field.

Leading axis E counts environments (populations side by side), N customers, C campaigns (0 is "no contact").
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "BEHAVIOUR_FIELDS",
    "HERE",
    "LEFT",
    "YET_TO_COME",
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
    "single",
]

HERE, LEFT, YET_TO_COME = range(3)

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int8]
BoolArray = NDArray[np.uint8]

BEHAVIOUR_FIELDS = (
    "zero_inflation",  # trips a; a share a / (rate + a) of periods is empty and the others make up for it
    "drift_persistence",  # AR(1) coefficient of the log rate
    "drift_sd",  # standard deviation of the stationary log-rate drift
    "taste_persistence",  # AR(1) coefficient of taste
    "taste_sd",  # standard deviation of stationary taste, log-odds to click a campaign that speaks to it
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
    "dependence_decay",  # what is left of discount dependence after a period
    "dependence_wait",  # loss of log trip rate at dependence 1 (a discount redeemed every period) without a discount
    "dependence_redeem",  # gain of log-odds to redeem a discounted offer at dependence 1
    "unsubscribe_base",  # unsubscribe probability of one delivered contact at fatigue 0
    "contact_value",  # value of being reachable for one period, as a share of organic margin
    "return_base",  # chance per period that someone who left comes back unasked
    "return_contact",  # chance that someone who left and opens an offer comes back
    "arrival",  # chance per period that a customer who is yet to come arrives
    "replacement",  # chance per period that somebody new takes the place of someone who left
    "contact_cap",  # fatigue from which on contact is withheld
    "consumption_cap",  # smoothed trips, as a multiple of the organic rate, from which on contact is withheld
    "weather_persistence",  # AR(1) coefficient of weather, standardised
    "weather_trips",  # gain of log trip rate per standard deviation of weather
    "shock_chance",  # chance per period of a shock common to all
    "shock_size",  # log trip rate that a shock adds (below zero: takes)
    "shock_decay",  # what is left of a shock after a period
)
Behaviour = np.dtype([(name, np.float32) for name in BEHAVIOUR_FIELDS])


def behaviour_record(values: Mapping[str, float]) -> NDArray[np.void]:
    """Return one behaviour record of shape (); what `values` leave out has no effect: 0, and no cap."""
    neutral = dict.fromkeys(BEHAVIOUR_FIELDS, 0.0) | {"contact_cap": np.inf, "consumption_cap": np.inf}
    return np.array(tuple(values.get(name, neutral[name]) for name in BEHAVIOUR_FIELDS), dtype=Behaviour)


class CampaignEffects(NamedTuple):
    """What a contact by each campaign costs and does."""

    cost: FloatArray  # (E, C) money per contact
    discount: FloatArray  # (E, C) money per redemption, face value
    lift: FloatArray  # (E, C) log lift of the trip rate in the period an offer is opened, affinity 1, fatigue 0
    bonus: FloatArray  # (E, C) extra spend of a redemption, in baskets of that customer
    weight: FloatArray  # (E, C) fatigue that a contact adds, 1 = a full one
    closing: FloatArray  # (E, C) shift of the log-odds to redeem once clicked
    loading: FloatArray  # (E, C) what a unit of taste adds to the log-odds to click
    weather: FloatArray  # (E, C) what a standard deviation of weather adds to the log-odds to open
    delivery: FloatArray  # (E, C) chance that a contact arrives: that of its channel
    channel: BoolArray  # (C,) position of the campaign's channel, the bit of `State.consent`
    beneficial: BoolArray  # (C,) whether receiving it benefits the customer


class Traits(NamedTuple):
    """What a customer is: latent, constant within an episode."""

    rate: FloatArray  # (E, N) mean organic trips per period, drift at rest
    dispersion: FloatArray  # (E, N) variance of trips before rounding, per trip; 0 is clockwork
    basket: FloatArray  # (E, N) mean spend per trip, money
    basket_sd: FloatArray  # (E, N) standard deviation of log spend of one trip
    browse: FloatArray  # (E, N) chance of an organic visit without a purchase in a period
    hazard: FloatArray  # (E, N) churn probability per period at fatigue 0
    closing: FloatArray  # (E, N) log-odds to redeem once clicked
    openness: FloatArray  # (E, N, C) log-odds to open at fatigue 0, hour, weekday and device included
    interest: FloatArray  # (E, N, C) log-odds to click once opened, taste aside
    affinity: FloatArray  # (E, N, C) how well the campaign's goods fit the customer's basket, mean about 1


class State(NamedTuple):
    """What happens to a customer: evolves period by period."""

    recency: FloatArray  # (E, N) periods since the last one with a trip
    trips: FloatArray  # (E, N) exponentially smoothed trips per period
    spend: FloatArray  # (E, N) exponentially smoothed spend per trip, money
    contacts: FloatArray  # (E, N) periods with a contact so far
    answers: FloatArray  # (E, N) contacts redeemed so far
    drift: FloatArray  # (E, N) log-rate drift
    taste: FloatArray  # (E, N) drifting taste
    fatigue: FloatArray  # (E, N) 0 rested, 1 contacted in every period with full weight
    satisfaction: FloatArray  # (E, N) smoothed redeemed offers
    dependence: FloatArray  # (E, N) smoothed redeemed discounts
    consent: BoolArray  # (E, N) one bit per channel
    absent: BoolArray  # (E, N) HERE, LEFT or YET_TO_COME


class Outcome(NamedTuple):
    """What one period brought, per customer."""

    contacted: BoolArray  # (E, N) sent to; also who left without a word
    delivered: BoolArray  # (E, N)
    opened: BoolArray  # (E, N)
    clicked: BoolArray  # (E, N)
    redeemed: BoolArray  # (E, N) bought what was offered
    visited: BoolArray  # (E, N) clicked, bought or browsed
    unsubscribed: BoolArray  # (E, N) from the channel of the campaign
    lost: BoolArray  # (E, N) left in this period
    joined: BoolArray  # (E, N) arrived or came back in this period
    trips: FloatArray  # (E, N)
    spend: FloatArray  # (E, N) money
    leaving: FloatArray  # (E, N) chance to leave in this period; of who had left, minus the chance to come back
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
        taste=zero.copy(),
        fatigue=zero.copy(),
        satisfaction=zero.copy(),
        dependence=zero.copy(),
        consent=consent.copy(),
        absent=np.full(traits.rate.shape, HERE, np.uint8),
    )


def empty_outcome(shape: tuple[int, int]) -> Outcome:
    """Return an outcome of zeros for `shape` = (E, N)."""
    numbers = {name: np.zeros(shape, np.float32) for name in ("trips", "spend", "leaving", "expected", "profit")}
    flags = {name: np.zeros(shape, np.uint8) for name in Outcome._fields if name not in numbers}
    return Outcome(**flags, **numbers)  # type: ignore[arg-type] # a flag's array where a flag stands


def single(values: NDArray[np.floating]) -> FloatArray:
    """Return values of a single environment as the kernel reads them: a leading axis of one, contiguous."""
    return np.ascontiguousarray(values[None], dtype=np.float32)
