"""Populations from a calibrated simulator: one replicate, one draw of every prior, then customers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from numpy.typing import NDArray
from scipy.special import expit, logit

from evenhand.segments import CHANNELS
from evenhand.simulator.answers.redemption import Redemption, weekly_logit
from evenhand.simulator.answers.responding import Opening, columns_for, draw_categories, with_answers
from evenhand.simulator.content import Content, Replicate
from evenhand.simulator.copula import Chain, Copula, consent_bits, draw_chain, draw_copula
from evenhand.simulator.habits.leaving import hazard_of, log_rate_here, share_here
from evenhand.simulator.habits.organic import organic_mean
from evenhand.simulator.observed import HABITS, Observed
from evenhand.simulator.population import Population
from evenhand.simulator.priors import (
    BEHAVIOUR_PRIORS,
    CAMPAIGN_PRIORS,
    CAMPAIGN_SCALE,
    DELIVERY,
    SWITCHES,
    TIMING,
    Prior,
)
from evenhand.simulator.timing import timing
from evenhand.simulator.types import (
    BEHAVIOUR_FIELDS,
    HERE,
    LEFT,
    YET_TO_COME,
    CampaignEffects,
    Traits,
    behaviour_record,
    single,
)

__all__ = ["DELAYED", "Parts", "draw_population", "mean_open", "parts_of", "prior_mean"]

Floats = NDArray[np.float64]

# The effects whose *size* the factor `delayed` scales; how fast they fade stays.
DELAYED = (
    "fatigue_open",
    "fatigue_lift",
    "fatigue_unsubscribe",
    "fatigue_churn",
    "satisfaction_churn",
    "dependence_wait",
    "dependence_redeem",
    "unsubscribe_base",
    "return_contact",
)
_SHARES = {
    "fatigue_decay": 0.98,
    "satisfaction_decay": 0.99,
    "dependence_decay": 0.99,
    "taste_persistence": 0.99,
    "conversion": 0.9,
    "discount_share": 1.0,
    "openness": 0.95,
    "margin_rate": 0.9,
}
_ORGANIC = ("zero_inflation", "drift_persistence", "drift_sd")
_MOST_LIKELY = 0.9  # highest chance to redeem once opened, or to click, before the spread between customers
_SMALLEST_SPREAD = 0.2
_NODES, _WEIGHTS = hermegauss(9)


class Parts(NamedTuple):
    """A replicate as arrays."""

    replicate: Replicate
    copula: Copula
    cholesky: Floats  # (D, D)
    chain: Chain
    redemption: Redemption


def parts_of(replicate: Replicate) -> Parts:
    """Turn a replicate's numbers into the arrays that drawing needs."""
    r, array = replicate, np.array
    copula = Copula(array(r.levels), array(r.knots), array(r.correlation))
    chain = Chain(array(r.known), tuple(array(weights) for weights in r.attributes), array(r.consent))
    redemption = Redemption(array(r.redemption_intercept), array(r.redemption_slopes), r.redemption_spread)
    return Parts(r, copula, np.asarray(np.linalg.cholesky(copula.correlation), np.float64), chain, redemption)


def prior_mean(name: str, prior: Prior) -> float:
    """Return the mean of a log-normal prior, kept within its range."""
    return min(prior.centre * float(np.exp(prior.spread**2 / 2)), _SHARES.get(name, np.inf))


def mean_open(openness: float, sd: float) -> float:
    """Return the mean chance to open over customers whose log-odds are normal around logit(openness)."""
    return float(expit(logit(openness) + sd * _NODES) @ _WEIGHTS / _WEIGHTS.sum())


def draw_population(
    content: Content, parts: Parts, point: Parts, seed: int, n: int, *, known: Observed | None = None
) -> Population:
    """Draw `n` customers from one replicate; `point` gives what the business expects of them.

    `known` customers take the place of drawn ones: their habits, features, groups and consent are as observed, what
    cannot be observed is drawn.
    """
    rng = np.random.default_rng([seed, 0x5EED])
    priors = {name: _stated(prior, content.behaviour.get(name)) for name, prior in BEHAVIOUR_PRIORS.items()}
    drawn = {name: _draw(name, prior, rng, content.truth.get(name, 1.0)) for name, prior in priors.items()}
    means = {name: prior_mean(name, prior) for name, prior in priors.items()}
    effects, expected = _effects(content, rng)
    strength = {name: _draw(name, prior, rng) for name, prior in TIMING.items()}
    if known is None:
        values, scores = draw_copula(parts.copula, parts.cholesky, n, rng)
        groups, consent = draw_chain(parts.chain, scores, rng)
    else:
        values, groups, consent = known.values, known.codes, consent_bits(known.consent)
    delivery = effects.delivery[0, 1:].astype(np.float64)
    p_open, hoped_open = (mean_open(of["openness"], of["openness_sd"]) * delivery for of in (drawn, means))
    x, affinity = _covariates(content, values)
    spread = _response_spread(parts.redemption.spread, drawn["openness"], drawn["openness_sd"])
    luck = spread * rng.standard_normal((n, 1)) - spread**2 / 2
    openness = logit(drawn["openness"]) + drawn["openness_sd"] * rng.standard_normal(n)
    static = values[:, len(HABITS) : len(HABITS) + len(content.static_features)]
    added = timing(content.catalogue.campaigns[1:], _opening(content, values), strength)
    here = _share_here(values, parts.replicate, content) if content.weekly else np.ones(n)
    response = _given_open(parts.redemption, x, affinity, p_open * here[:, None])
    funnel = _funnel(response, luck, openness, added, drawn["conversion"])
    absent = _absent(values, known, parts.replicate, content, rng)
    population = Population(
        seed=seed,
        traits=_traits(values, affinity, funnel, parts, content, rng),
        absent=_with_newcomers(absent, 0.0 if known is not None else content.newcomers, seed),
        behaviour=_behaviour(content, drawn, parts.replicate),
        effects=effects,
        season=single(np.array(parts.replicate.season)),
        consent=(consent & _used_channels(effects))[None],
        features=single(static),
        feature_names=content.static_features,
        groups=groups[None],
        expected_response=_with_none(_given_open(point.redemption, x, affinity, hoped_open)),
        expected_openness=np.array([logit(means["openness"])], np.float32),
        expected_hazard=single(hazard_of(_log_rate_here(values, point.replicate, content), point.replicate.hazard)),
        expected_effects=expected,
        expected_behaviour=_behaviour(content, means, point.replicate),
        budget=np.inf if content.budget is None else content.budget,
        opening=single(values[:, values.shape[1] - len(content.opening) :]),
    )
    if content.explaining is None or parts.replicate.answers is None:
        return population
    if known is None:
        sizes = tuple(len(kept) for kept in content.explaining.kept[: groups.shape[1]])
        levels = draw_categories(parts.replicate.answers, scores, groups, sizes, rng)
    else:
        levels = known.levels
    return with_answers(
        population,
        content.explaining,
        parts.replicate,
        point.replicate,
        columns_for(content.explaining, values, static.shape[1], np.hstack([groups, levels])),
        Opening(logit(drawn["openness"]) + added, drawn["openness_sd"]),
        Opening(np.full_like(added, logit(means["openness"])), means["openness_sd"]),
        here=here if content.weekly else None,
        rng=rng,
    )


def _draw(name: str, prior: Prior, rng: np.random.Generator, factor: float = 1.0) -> float:
    drawn = prior.centre * float(np.exp(prior.spread * rng.standard_normal()))
    return min(factor * drawn, _SHARES.get(name, np.inf))


def _with_newcomers(absent: NDArray[np.uint8], share: float, seed: int) -> NDArray[np.uint8]:
    """Return who is absent, (1, n), when this share of all is yet to come, drawn apart so that nothing else changes."""
    later = np.random.default_rng([seed, 0xAB5E]).random(absent.shape) < share
    return np.where(later, YET_TO_COME, absent).astype(np.uint8)


def _stated(prior: Prior, centre: float | None) -> Prior:
    """Return a prior with the centre that a scenario states for it, if it does."""
    return prior if centre is None else replace(prior, centre=centre)


def _behaviour(content: Content, values: dict[str, float], r: Replicate) -> NDArray[np.void]:
    scaled = {name: value * (content.delayed if name in DELAYED else 1.0) for name, value in values.items()}
    organic = {name: getattr(r, name) for name in _ORGANIC}
    if content.weekly and "return_base" not in content.behaviour:
        organic["return_base"] = r.return_base  # with a history, absences and returns are calibrated together
    switched = {name: content.behaviour.get(name, off) for name, off in SWITCHES.items()}
    both = {**switched, **scaled, **organic}
    return behaviour_record({name: both[name] for name in BEHAVIOUR_FIELDS})[None]


def _effects(content: Content, rng: np.random.Generator) -> tuple[CampaignEffects, CampaignEffects]:
    """Return drawn and expected effects; cost, discount and delivery are certain."""
    campaigns = content.catalogue.campaigns
    drawn: dict[str, list[float]] = {name: [0.0] for name in CAMPAIGN_PRIORS}
    means: dict[str, list[float]] = {name: [0.0] for name in CAMPAIGN_PRIORS}
    for campaign in campaigns[1:]:
        scale, said = CAMPAIGN_SCALE.get(campaign.id, {}), content.effects.get(campaign.id, {})
        for name, prior in ((name, _stated(p, said.get(name))) for name, p in CAMPAIGN_PRIORS.items()):
            drawn[name].append(_draw(name, prior, rng, content.truth.get(name, 1.0)) * scale.get(name, 1.0))
            means[name].append(prior_mean(name, prior) * scale.get(name, 1.0))
    contacts = campaigns[1:]
    certain: dict[str, Any] = {
        "cost": single(np.array([campaign.cost for campaign in campaigns])),
        "discount": single(np.array([campaign.discount for campaign in campaigns])),
        "closing": single(np.array([0.0, *(content.effects.get(c.id, {}).get("closing", 0.0) for c in contacts)])),
        "loading": single(np.array([campaign.context.taste for campaign in campaigns])),
        "weather": single(np.array([campaign.context.weather for campaign in campaigns])),
        "delivery": single(np.array([0.0, *(DELIVERY[campaign.channel].centre for campaign in contacts)])),
        "channel": np.array([0, *(CHANNELS.index(campaign.channel) for campaign in contacts)], np.uint8),
        "beneficial": np.array([campaign.beneficial for campaign in campaigns], np.uint8),
    }

    def put(rows: dict[str, list[float]]) -> CampaignEffects:
        lift, bonus, weight = (single(np.array(rows[name])) for name in ("lift", "bonus", "weight"))
        return CampaignEffects(lift=lift, bonus=bonus, weight=weight, **certain)

    return put(drawn), put(means)


def _used_channels(effects: CampaignEffects) -> np.uint8:
    """Return the bits of the channels that some campaign uses: consent to others reaches nobody."""
    return np.uint8(sum({1 << int(channel) for channel in effects.channel[1:]}))


def _covariates(content: Content, values: Floats) -> tuple[Floats, Floats]:
    """Return standardised features (n, F) and affinities (n, C - 1) out of the copula's columns."""
    first = len(HABITS) + len(content.static_features)
    x = np.column_stack([values[:, :2], values[:, len(HABITS) : first]])
    last = first + len(content.catalogue.campaigns) - 1
    return (x - np.array(content.centre)) / np.array(content.scale), values[:, first:last]


def _opening(content: Content, values: Floats) -> dict[str, Floats]:
    """Return the habits of opening out of the copula's columns, (n,) each; one of zeros where none is known."""
    first = values.shape[1] - len(content.opening)
    known = {name: values[:, first + k] for k, name in enumerate(content.opening)}
    return known or {"": np.zeros(len(values))}


def _given_open(model: Redemption, x: Floats, affinity: Floats, reached: Floats) -> Floats:
    """Return log-odds (n, C - 1) to redeem once opened: the chance to be here and to open at rest, `reached` (n, C - 1)
    or (C - 1,), times this is the hazard of all who were contacted.
    """
    return np.asarray(logit(np.minimum(expit(weekly_logit(model, x, affinity)) / reached, _MOST_LIKELY)))


def _response_spread(total: float, openness: float, openness_sd: float) -> float:
    """Return the sd of log-odds to redeem once opened: what of the hazard's spread is not already that of opening."""
    opening = (1 - openness) * openness_sd
    return float(np.sqrt(max(total**2 - opening**2, _SMALLEST_SPREAD**2)))


class _Funnel(NamedTuple):
    """What happens to a contact that arrived, per customer."""

    openness: Floats  # (n, C)
    interest: Floats  # (n, C)
    closing: Floats  # (n,)


def _funnel(response: Floats, luck: Floats, openness: Floats, added: Floats, conversion: float) -> _Funnel:
    """Split log-odds to redeem once opened, (n, C - 1), into clicking and redeeming then.

    `added` (n, C - 1) is what a campaign's moment and device add to the log-odds `openness` (n,) to open. Everyone
    redeems the share `conversion` of clicked offers, or more where even clicking always would not suffice.
    """
    redeem = expit(response + luck)
    closing = np.clip((redeem / _MOST_LIKELY).max(axis=1, initial=0.0), conversion, _MOST_LIKELY)
    interest = logit(np.minimum(redeem / closing[:, None], _MOST_LIKELY))
    opens = openness[:, None] + np.column_stack([np.zeros(len(added)), added])
    return _Funnel(opens, _with_none(interest)[0], logit(closing))


def _traits(
    values: Floats, affinity: Floats, funnel: _Funnel, parts: Parts, content: Content, rng: np.random.Generator
) -> Traits:
    r = parts.replicate
    here = _log_rate_here(values, r, content)
    return Traits(
        rate=single(np.exp(here) / organic_mean(1.0, r.drift_sd)),
        dispersion=single(r.dispersion * np.exp(r.dispersion_sd * rng.standard_normal(len(values)))),
        basket=single(np.exp(values[:, 1])),
        basket_sd=single(np.exp(values[:, 2])),
        browse=single(np.zeros(len(values))),
        hazard=single(hazard_of(here, r.hazard)),
        closing=single(funnel.closing),
        openness=single(funnel.openness),
        interest=single(funnel.interest),
        affinity=single(np.column_stack([np.ones(len(values)), affinity])),
    )


def _log_rate_here(values: Floats, r: Replicate, content: Content) -> Floats:
    """Return the log of each customer's trips a week while here, (n,)."""
    if content.aged:  # by recency, frequency and tenure
        return values[:, 0]
    return log_rate_here(values[:, 0], r.hazard, r.return_base)  # from means over all weeks, absences included


def _absent(
    values: Floats, known: Observed | None, r: Replicate, content: Content, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Draw who is absent when a population begins, (1, n): the share that is at any time, or has left by their ages."""
    if known is not None and known.alive is not None:
        here = known.alive
    else:
        here = np.full(len(values), 1 - r.left) if content.aged else _share_here(values, r, content)
    return np.where(rng.random(len(values)) < here, HERE, LEFT).astype(np.uint8)[None]


def _share_here(values: Floats, r: Replicate, content: Content) -> Floats:
    """Return the share of customers like each that is here at any time, (n,)."""
    back = content.behaviour.get("return_base", r.return_base)
    return share_here(log_rate_here(values[:, 0], r.hazard, back), r.hazard, back)


def _with_none(contacts: Floats) -> NDArray[np.float32]:
    """Put "no contact", which nobody can answer, before the contact campaigns."""
    return single(np.column_stack([np.full(len(contacts), -20.0), contacts]))
