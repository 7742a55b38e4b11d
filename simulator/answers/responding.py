"""Populations that answer as a randomised log tells: calibrated chances in place of what priors state."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from evenhand.simulator.answers.answering import centred, organic_buying, organic_chance, per_week, reaching
from evenhand.simulator.answers.causes import answers_design, coding_from, dummies, response_from
from evenhand.simulator.answers.design import columns_of
from evenhand.simulator.answers.response import Response, with_one
from evenhand.simulator.content import Answers, Explaining, Replicate
from evenhand.simulator.copula import Chain, draw_chain
from evenhand.simulator.habits.leaving import hazard_of
from evenhand.simulator.population import Population
from evenhand.simulator.types import CampaignEffects, single

__all__ = ["Opening", "columns_for", "draw_categories", "with_answers"]

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

INTEREST_SD = 0.3  # of click log-odds between customers with equal features: judgement, one contact each cannot tell it
_LEAST, _MOST = 1e-6, 0.95


class Opening(NamedTuple):
    """How offers are opened: from priors, whatever a log tells."""

    log_odds: Floats  # (n, C - 1) mean log-odds to open, moment and device included
    sd: float  # between customers


def draw_categories(
    answers: Answers, scores: Floats, groups: Codes, sizes: tuple[int, ...], rng: np.random.Generator
) -> Codes:
    """Return positions of categories (n, Q) for drawn customers, -1 unknown."""
    attributes = tuple(np.array(weights) for weights in answers.categories)
    wide = np.column_stack([scores, dummies(groups, sizes)])
    chain = Chain(np.array(answers.categories_known), attributes, np.zeros((wide.shape[1] + 1, 1)))
    return draw_chain(chain, wide, rng)[0]


def columns_for(explaining: Explaining, values: Floats, n_static: int, codes: Codes) -> Floats:
    """Return the columns (n, D) that responses depend on."""
    return columns_of(answers_design(values, n_static, codes), coding_from(explaining))


def with_answers(
    population: Population,
    explaining: Explaining,
    drawn: Replicate,
    point: Replicate,
    x: Floats,
    opening: Opening,
    hoped_opening: Opening,
    *,
    here: Floats | None,
    rng: np.random.Generator,
) -> Population:
    """Return the population with the chances of the `drawn` refit; `point` and `hoped_opening` give what the business
    expects.

    `here` (n,) are chances that a customer is not absent, where a weekly history tells trips, baskets and absences:
    they stay, and the log tells what contact adds. None without a history: the log's chances are then those of all
    customers, absent or not, so nobody counts as absent. Luck between customers with equal features is drawn by `rng`.
    """
    if drawn.answers is None or point.answers is None:
        return population
    traits, effects = population.traits, population.effects
    response, expected = response_from(drawn.answers), response_from(point.answers)
    delivery = effects.delivery[0, 1:].astype(np.float64)
    clicks = _chances(x, response.click.T)
    if here is not None:
        clicks = _while_here(clicks, _chances(x, response.visit)[:, None], here[:, None])
    clicks = np.clip(clicks, _LEAST, _MOST)
    taste_sd = effects.loading[0, 1:].astype(np.float64) * float(population.behaviour["taste_sd"][0])
    sd = np.sqrt(INTEREST_SD**2 + taste_sd**2)
    reached = reaching(clicks, opening.log_odds, delivery=delivery, openness_sd=opening.sd)
    interest = np.column_stack([centred(reached.clicks[:, c], s) for c, s in enumerate(sd)])
    luck = INTEREST_SD * rng.standard_normal((len(x), 1))
    openness = traits.openness.copy()
    openness[0, :, 1:] += reached.openness - opening.log_odds
    closes = "conversions" in explaining.told
    closing = with_one(x) @ response.closing if closes else traits.closing[0]
    hoped = (
        expit(with_one(x) @ expected.closing[:, None] + expected.shift) if closes else expit(traits.closing[0])[:, None]
    )
    visits = np.clip(_chances(x, expected.click.T), _LEAST, _MOST)
    hoped_for = reaching(visits, hoped_opening.log_odds, delivery=delivery, openness_sd=hoped_opening.sd)
    foretold = hoped_for.clicks * hoped
    traits = traits._replace(
        openness=openness,
        interest=single(np.column_stack([np.full(len(x), -20.0), interest + luck])),
        closing=single(closing),
    )
    population = replace(
        population,
        traits=traits,
        expected_response=single(np.column_stack([np.full(len(x), -20.0), logit(np.clip(foretold, _LEAST, _MOST))])),
    )
    if here is None:
        population = replace(population, absent=None)
    population = _with_organic(population, explaining, drawn, response, x, here)
    return _with_effects(population, explaining, response, expected)


def _while_here(brought: Floats, alone: Floats, here: Floats) -> Floats:
    """Return the chance that a contact brings a visit of who is here, such that with those who are absent and do not
    come at all visits are as `brought` and `alone` tell of everyone.
    """
    either = 1 - (1 - alone) * (1 - brought)
    left = 1 - np.minimum(alone / here, _MOST)
    return np.asarray(1 - np.clip(1 - either / here, 1 - _MOST, 1.0) / left)


def _with_organic(
    population: Population,
    explaining: Explaining,
    drawn: Replicate,
    response: Response,
    x: Floats,
    here: Floats | None,
) -> Population:
    """Give customers the chances to come and to buy without contact that the log tells."""
    law = {name: getattr(drawn, name) for name in ("dispersion", "zero_inflation", "drift_sd")}
    visits = _chances(x, response.visit)
    if here is not None:
        visits = np.minimum(visits / here, _MOST)
    traits = population.traits
    if "conversions" in explaining.told and here is None:
        wanted = per_week(visits * _chances(x, response.closing), explaining.weeks)
        buying = organic_buying(np.clip(wanted, _LEAST, _MOST), **law)
        habit = np.log(buying.rate) + drawn.drift_sd**2 / 2
        traits = traits._replace(rate=single(buying.rate), hazard=single(hazard_of(habit, drawn.hazard)))
        if "spend" in explaining.told:
            basket = np.exp(with_one(x) @ response.basket) / buying.trips
            traits = traits._replace(
                basket=single(basket), basket_sd=single(np.full(len(x), max(response.spread, 0.05)))
            )
    elif "conversions" not in explaining.told and here is None:
        # Nobody buys who does not come: a rate from a prior or a feature is at most what the visits allow.
        allowed = per_week(visits, explaining.weeks) * expit(traits.closing[0].astype(np.float64))
        wanted = np.minimum(organic_chance(traits.rate[0].astype(np.float64), **law), allowed)
        traits = traits._replace(rate=single(organic_buying(np.maximum(wanted, _LEAST), **law).rate))
    if "visits" in explaining.told:
        buys = organic_chance(traits.rate[0].astype(np.float64), **law)
        browse = 1 - (1 - per_week(visits, explaining.weeks)) / (1 - np.minimum(buys, _MOST))
        traits = traits._replace(browse=single(np.clip(browse, 0.0, 1.0)))
    return replace(population, traits=traits)


def _with_effects(population: Population, explaining: Explaining, drawn: Response, point: Response) -> Population:
    """Give campaigns the shifts and bonuses that the log tells; what contact causes is then no lift besides."""

    def put(effects: CampaignEffects, response: Response) -> CampaignEffects:
        effects = effects._replace(lift=np.zeros_like(effects.lift))
        if "conversions" in explaining.told:
            effects = effects._replace(closing=single(np.r_[0.0, response.shift]))
        if "spend" in explaining.told:
            effects = effects._replace(bonus=single(np.r_[0.0, response.bonus]))
        return effects

    return replace(
        population,
        effects=put(population.effects, drawn),
        expected_effects=put(population.expected_effects, point),
    )


def _chances(x: Floats, coefficients: Floats) -> Floats:
    return np.asarray(expit(with_one(x) @ coefficients))
