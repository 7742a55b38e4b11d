"""What the data cannot tell: every prior with its centre, its spread and where it comes from.

A prior is log-normal around `centre` with log standard deviation `spread` (0 fixes it), so that signs never flip.
Those of delayed effects are marked, since studies switch them off and scale them. These constants were committed before
any learner ran on them; papers give sign and order of magnitude, the ranges are our judgement.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = [
    "BEHAVIOUR_PRIORS",
    "CAMPAIGN_PRIORS",
    "CAMPAIGN_SCALE",
    "DELIVERY",
    "FALLBACK_PRIORS",
    "SWITCHES",
    "TIMING",
    "Prior",
]


@dataclass(frozen=True)
class Prior:
    """One stated prior of the simulator."""

    centre: float
    spread: float
    source: str
    delayed: bool = False  # part of a delayed effect


BEHAVIOUR_PRIORS: dict[str, Prior] = {
    "margin_rate": Prior(0.25, 0.05, "gross margin of large US grocers, 22 to 30 % in annual reports"),
    "discount_share": Prior(0.5, 0.15, "judgement: manufacturers reimburse about half of a coupon's face value"),
    "fatigue_decay": Prior(
        0.8, 0.05, "judgement: half-life of three weeks; Simester et al. 2006 find months for catalogues", True
    ),
    "fatigue_open": Prior(1.0, 0.25, "sign: Zhang, Kumar and Cosguner 2017; size: judgement", True),
    "fatigue_lift": Prior(0.7, 0.25, "advertising wear-out (Naik, Mantrala and Sawyer 1998); size: judgement", True),
    "fatigue_unsubscribe": Prior(1.0, 0.25, "sign: Zhang, Kumar and Cosguner 2017; size: judgement", True),
    "fatigue_churn": Prior(
        0.15, 0.4, "sign: Ascarza, Iyengar and Schleicher 2016; size: judgement, deliberately small", True
    ),
    "satisfaction_decay": Prior(0.9, 0.02, "judgement: half-life of about seven weeks", True),
    "satisfaction_gain": Prior(1.0, 0.0, "unit of satisfaction", True),
    "satisfaction_churn": Prior(
        1.0, 0.4, "judgement: customers who redeem in one week of ten leave a tenth less often", True
    ),
    "dependence_decay": Prior(
        0.95, 0.02, "judgement: half-life of a quarter; Mela, Gupta and Lehmann 1997 find effects over quarters", True
    ),
    "dependence_wait": Prior(
        0.15, 0.4, "sign: Mela, Gupta and Lehmann 1997; size: judgement, at a discount redeemed in every period", True
    ),
    "dependence_redeem": Prior(0.5, 0.4, "sign: Anderson and Simester 2004; size: judgement", True),
    "unsubscribe_base": Prior(0.0015, 0.3, "unsubscribe rates of 0.1 to 0.3 % per send in e-mail benchmarks", True),
    "contact_value": Prior(0.01, 0.3, "judgement: a reachable customer is worth about 1 % of organic margin more"),
    "return_base": Prior(0.001, 0.4, "judgement: one in twenty of those who left comes back unasked within a year"),
    "return_contact": Prior(
        0.01, 0.4, "sign: Kumar, Bhagwat and Zhang 2015; size: judgement, per offer opened by who left", True
    ),
    "taste_persistence": Prior(0.95, 0.01, "judgement: tastes move over a quarter"),
    "taste_sd": Prior(0.5, 0.3, "judgement: log-odds to click a campaign that speaks fully to one taste"),
    "conversion": Prior(0.4, 0.2, "judgement: share of clicked offers that are redeemed; as a probability"),
    "openness": Prior(0.35, 0.2, "open rates of 20 to 45 % in retail e-mail benchmarks; as a probability"),
    "openness_sd": Prior(0.8, 0.2, "judgement: log-odds sd between customers"),
}

CAMPAIGN_PRIORS: dict[str, Prior] = {
    "lift": Prior(0.05, 0.35, "log lift of trips when opened; sign: Venkatesan and Farris 2012; size: judgement"),
    "bonus": Prior(
        0.35, 0.3, "share of a basket that a redemption adds; judgement after Sahni, Zou and Chintagunta 2017"
    ),
    "weight": Prior(1.0, 0.0, "fatigue of a contact in proportion to how broad the mailing is"),
}

# Chance that a contact arrives, by channel: fixed.
DELIVERY: dict[str, Prior] = {
    "email": Prior(0.97, 0.0, "inbox and bounce rates of permission e-mail in deliverability benchmarks"),
    "sms": Prior(0.98, 0.0, "judgement: few numbers are out of use"),
    "web": Prior(0.9, 0.0, "judgement: one in ten customers does not come by, or blocks it"),
    "mail": Prior(0.96, 0.0, "undeliverable share of addressed mail, about 4 % in postal statistics"),
}

# How much the moment and the device matter, in log-odds of opening at the best fit; minus that at the worst.
TIMING: dict[str, Prior] = {
    "hour": Prior(0.3, 0.3, "judgement: open rates by hour of sending differ by a third in e-mail benchmarks"),
    "weekend": Prior(0.2, 0.3, "judgement: open rates by weekday differ by a tenth to a fifth"),
    "mobile": Prior(0.2, 0.3, "judgement: mail that does not fit the screen is closed"),
}

# What is off unless a scenario switches it on; `inf` caps nothing.
SWITCHES: dict[str, float] = {
    "arrival": 0.0,
    "replacement": 0.0,
    "contact_cap": np.inf,
    "consumption_cap": np.inf,
    "weather_persistence": 0.0,
    "weather_trips": 0.0,
    "shock_chance": 0.0,
    "shock_size": 0.0,
    "shock_decay": 0.0,
}

# Relative to CAMPAIGN_PRIORS: a personalised broad booklet (A) lifts and tires most, a narrow one (C) least. Any
# campaign that is not named here counts as 1.0.
CAMPAIGN_SCALE: dict[str, dict[str, float]] = {
    "A": {"lift": 1.2, "bonus": 1.0, "weight": 1.0},
    "B": {"lift": 1.0, "bonus": 1.0, "weight": 0.7},
    "C": {"lift": 0.8, "bonus": 1.0, "weight": 0.5},
}

# Only where a customer table has no history, no contacts or no feature with the role: what calibration then assumes.
FALLBACK_PRIORS: dict[str, Prior] = {
    "rate": Prior(1.2, 0.0, "judgement: grocery trips per week"),
    "basket": Prior(30.0, 0.0, "judgement: money per grocery trip"),
    "basket_sd": Prior(0.8, 0.0, "judgement: log sd of one trip's spend"),
    "dispersion": Prior(0.9, 0.2, "grocery households of the packaged demo, as calibrated"),
    "dispersion_sd": Prior(0.5, 0.2, "grocery households of the packaged demo, as calibrated"),
    "zero_inflation": Prior(0.1, 0.4, "grocery households of the packaged demo, as calibrated"),
    "drift_persistence": Prior(0.92, 0.03, "judgement: habits move over months"),
    "drift_sd": Prior(0.4, 0.3, "judgement: habits move by about 40 %"),
    "hazard": Prior(0.002, 0.4, "judgement: about a tenth of customers leave in a year"),
    "redemption": Prior(0.015, 0.4, "coupon redemption of 1 to 3 % per week of validity; size: judgement"),
    "redemption_spread": Prior(0.8, 0.3, "judgement: log sd between customers"),
}
