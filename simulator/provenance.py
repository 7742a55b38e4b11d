"""Where every parameter comes from: calibrated on the business's customers, or a stated prior."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import expit

from evenhand.segments import Campaign
from evenhand.simulator.answers.answer_sources import with_answer_sources
from evenhand.simulator.answers.randomised import LogAudit
from evenhand.simulator.content import Parameter, Replicate, rounded
from evenhand.simulator.drawing import DELAYED, prior_mean
from evenhand.simulator.observed import HABITS, Observed
from evenhand.simulator.priors import (
    BEHAVIOUR_PRIORS,
    CAMPAIGN_PRIORS,
    CAMPAIGN_SCALE,
    DELIVERY,
    FALLBACK_PRIORS,
    Prior,
)

__all__ = ["notes_of", "parameters_of", "prior_parameter"]

_HISTORY = {
    "dispersion": "weekly trips: maximum likelihood of the hidden Markov model of rate, drift and presence",
    "dispersion_sd": "weekly trips: maximum likelihood, with the dispersion",
    "zero_inflation": "weekly trips: maximum likelihood, with the dispersion",
    "drift_persistence": "weekly trips: maximum likelihood, with the dispersion",
    "drift_sd": "weekly trips: maximum likelihood, with the dispersion",
}
_Z = 1.96


def notes_of(seen: Observed, audit: LogAudit | None, told: tuple[str, ...], *, weekly: bool) -> tuple[str, ...]:
    """Return what a reader must know about this calibration, as sentences."""
    notes = []
    bought = "conversions" in told and not weekly  # how often, the log's customers without contact tell
    if bought:
        notes.append(
            "No half year of weekly history: how often customers buy in a period comes from those whom the campaign "
            "log left without contact; how purchases vary and end comes from stated priors."
        )
    elif not weekly and seen.ages is not None:
        notes.append(
            "No half year of weekly history: how often customers buy, and whether they have left, comes from recency, "
            "frequency and tenure (BG/NBD)."
        )
    elif not weekly:
        notes.append("No half year of weekly history: how purchases vary and end comes from stated priors.")
    untold = [name for name in seen.assumed if not bought or (name != "log_rate" and "spend" not in told)]
    if untold:
        shown = ", ".join(name.removeprefix("log_").replace("_", " ") for name in untold)
        notes.append(f"The table does not tell {shown}: the same prior value for every customer.")
    if seen.log is None:
        notes.append("No campaign log tells enough redemptions: redemption comes from a stated prior.")
    if audit is not None:
        notes.append(audit.claim)
    return tuple(notes)


def parameters_of(
    fits: list[Replicate],
    campaigns: Sequence[Campaign],
    seen: Observed,
    *,
    told: tuple[str, ...],
    delayed: float,
    weekly: bool,
) -> tuple[Parameter, ...]:
    """Return every parameter with its 95 % interval: over bootstrap refits, or of its prior."""
    organic = [_organic(name, source, fits, weekly) for name, source in _HISTORY.items()]
    organic.append(_leaving(fits, weekly, aged=seen.ages is not None))
    priors = dict(BEHAVIOUR_PRIORS)
    if weekly:
        del priors["return_base"]
        source = "weekly trips: how long spells of absence last, maximum likelihood, with the dispersion"
        organic.append(_fitted("return_base", fits, lambda fit: fit.return_base, source))
        organic.append(_fitted("season_swing", fits, _swing, "weekly totals: highest week over lowest, smoothed"))
    habits = [_habit(j, name, fits, name in seen.assumed, weekly) for j, name in enumerate(HABITS)]
    redemption = [_redemption(c, campaign.id, fits, seen.log is not None) for c, campaign in enumerate(campaigns)]
    redemption.append(_spread(fits, seen.log is not None))
    behaviour = [prior_parameter(name, prior, delayed if name in DELAYED else 1.0) for name, prior in priors.items()]
    effects = [
        prior_parameter(name, prior, CAMPAIGN_SCALE.get(campaign.id, {}).get(name, 1.0), f"{name}[{campaign.id}]")
        for campaign in campaigns
        for name, prior in CAMPAIGN_PRIORS.items()
    ]
    channels = dict.fromkeys(campaign.channel for campaign in campaigns)
    delivery = [prior_parameter("delivery", DELIVERY[channel], shown=f"delivery[{channel}]") for channel in channels]
    stated = (*organic, *habits, *redemption, *behaviour, *effects, *delivery)
    return with_answer_sources(stated, fits, campaigns, told, weekly=weekly)


def _fitted(name: str, fits: list[Replicate], value: Callable[[Replicate], float], source: str) -> Parameter:
    values = [value(fit) for fit in fits]
    low, high = np.quantile(values[1:] or values, [0.025, 0.975])
    point, low, high = rounded(np.array([values[0], low, high])).tolist()
    return Parameter(name=name, value=point, low=low, high=high, origin="calibrated", source=source)


def prior_parameter(name: str, prior: Prior, factor: float = 1.0, shown: str | None = None) -> Parameter:
    """Return a prior as a parameter, times a factor, under the name that is `shown` if it is another."""
    low, high = prior.centre * np.exp(-_Z * prior.spread), prior.centre * np.exp(_Z * prior.spread)
    value, low, high = rounded(factor * np.array([prior_mean(name, prior), low, high])).tolist()
    return Parameter(name=shown or name, value=value, low=low, high=high, origin="prior", source=prior.source)


def _swing(fit: Replicate) -> float:
    return max(fit.season) / min(fit.season)


def _organic(name: str, source: str, fits: list[Replicate], weekly: bool) -> Parameter:
    if not weekly:
        return prior_parameter(name, FALLBACK_PRIORS[name])
    return _fitted(name, fits, lambda fit: float(getattr(fit, name)), source)


def _leaving(fits: list[Replicate], weekly: bool, *, aged: bool) -> Parameter:
    if not weekly and not aged:
        return prior_parameter("hazard", FALLBACK_PRIORS["hazard"])
    source = "weekly trips: spells of silence beyond what rate and drift explain; at one trip a week"
    if not weekly:
        source = "BG/NBD: chance to leave after a purchase, times one a week"
    return _fitted("hazard", fits, lambda fit: float(np.exp(fit.hazard[0])), source)


def _habit(column: int, name: str, fits: list[Replicate], assumed: bool, weekly: bool) -> Parameter:
    if assumed:
        return prior_parameter(name.removeprefix("log_"), FALLBACK_PRIORS[name.removeprefix("log_")])

    def middle(fit: Replicate) -> float:
        return float(np.exp(np.interp(0.5, fit.levels, fit.knots[column])))

    source = "weekly history, partially pooled" if weekly else "the feature with this role"
    return _fitted(f"{name.removeprefix('log_')}_median", fits, middle, source)


def _redemption(column: int, campaign: str, fits: list[Replicate], logged: bool) -> Parameter:
    if not logged:
        return prior_parameter("redemption", FALLBACK_PRIORS["redemption"], shown=f"redemption[{campaign}]")
    source = "campaign log: weekly hazard of the average customer, contacted: a description, no effect"
    return _fitted(f"redemption[{campaign}]", fits, lambda fit: float(expit(fit.redemption_intercept[column])), source)


def _spread(fits: list[Replicate], logged: bool) -> Parameter:
    if not logged:
        return prior_parameter("redemption_spread", FALLBACK_PRIORS["redemption_spread"])
    source = "campaign log: repeated contacts of the same customer"
    return _fitted("redemption_spread", fits, lambda fit: fit.redemption_spread, source)
