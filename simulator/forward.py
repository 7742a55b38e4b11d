"""Customers simulated forward from their own past, by the same kernel that training runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from evenhand.simulator.artefact import Simulator
from evenhand.simulator.baskets import Dressing, dress
from evenhand.simulator.content import Content, Replicate
from evenhand.simulator.leaving import hazard_of
from evenhand.simulator.observed import contact_log
from evenhand.simulator.organic import Habits, fit_habits, organic_mean
from evenhand.simulator.panel import Panel
from evenhand.simulator.population import Population, Simulation
from evenhand.simulator.posterior import Present, present_of
from evenhand.simulator.redemption import ContactLog, Redemption, weekly_logit
from evenhand.simulator.types import Traits

if TYPE_CHECKING:
    from evenhand.customers import Customers

__all__ = ["Forward", "given_weeks", "redeemed_weeks", "simulate_forward"]

Floats = NDArray[np.float64]


class Forward(NamedTuple):
    """Simulated weeks of real customers."""

    panel: Panel  # trips, spend and categories
    redeemed: Floats  # (N, T) 1 in weeks with a redemption


def simulate_forward(
    simulator: Simulator,
    customers: Customers,
    whole: Panel,
    *,
    start: int,
    seed: int,
    pool: Panel | None = None,
    dressing: Dressing | None = None,
) -> Forward:
    """Simulate the weeks from `start` on of `customers` given the weeks before, and nothing later.

    `whole` is their history, of which only the weeks before `start` are read. `pool` are the histories of
    *other* customers whose weeks may be lent; without it customers lend each other weeks before `start`.
    Contacts are those that the log holds. A contact week of the log is a week of a coupon's validity, not one
    more mailing, so no fatigue builds up here: the hazard was measured under whatever fatigue there was.
    """
    rng = np.random.default_rng([seed, 0xF0D])
    past, weeks = whole.weeks(0, start), whole.periods - start
    r = simulator.content.point
    population = _population(simulator.content, customers, past, start, r, seed, rng)
    run = Simulation(population.population, np.array([seed], np.uint64))
    run.state.drift[0] = population.present.drift
    run.state.absent[0] = population.present.gone
    campaigns = [campaign.id for campaign in simulator.catalogue.campaigns[1:]]
    given = given_weeks(customers, campaigns, start, whole.periods)
    trips, spend, redeemed = (np.zeros((customers.n, weeks)) for _ in range(3))
    for week in range(weeks):
        out = run.advance(np.ascontiguousarray(given[None, :, week]))
        trips[:, week], spend[:, week], redeemed[:, week] = out.trips[0], out.spend[0], out.redeemed[0]
    lent, found = (past, past) if pool is None else (pool.weeks(start, pool.periods), pool.weeks(0, start))
    categories = dress(spend, past, lent, found, dressing=dressing or Dressing(), rng=rng)
    return Forward(Panel(trips, spend, categories, past.names), redeemed)


def given_weeks(customers: Customers, campaigns: list[str], start: int, stop: int) -> NDArray[np.int8]:
    """Return which campaign (0: none) ran for each customer in each week, shape (N, stop - start)."""
    given = np.zeros((customers.n, stop), np.int8)
    contacts = customers.contacts
    if contacts is not None:
        use = contacts[contacts["campaign"].isin(campaigns)]
        rows = customers.frame.index.get_indexer(pd.Index(use["customer"]))
        ends = use["period"] + np.maximum(np.ceil(use["periods"].fillna(1.0)), 1)
        names = [campaigns.index(name) + 1 for name in use["campaign"]]
        for row, name, first, last in zip(rows, names, use["period"], ends.astype(int), strict=True):
            weeks = given[row, first:last]
            weeks[(weeks == 0) | (weeks > name)] = name  # of two at once, the broader booklet (listed first)
    return given[:, start:]


def redeemed_weeks(log: ContactLog, n: int) -> Floats:
    """Return weeks with a redemption per customer, (n,)."""
    return np.bincount(log.customer, log.redeemed, n).astype(np.float64)


class _Start(NamedTuple):
    population: Population
    present: Present


def _population(
    content: Content,
    customers: Customers,
    past: Panel,
    start: int,
    r: Replicate,
    seed: int,
    rng: np.random.Generator,
) -> _Start:
    season = np.array(r.season)
    season = season[np.arange(start) % len(season)]
    present = present_of(past.trips, season, r, seed)
    habits = fit_habits(past)
    n, campaigns = customers.n, len(content.catalogue.campaigns)
    unit = organic_mean(1.0, r.zero_inflation, r.drift_sd)
    shift = content.forward.rate_shift * rng.standard_normal(n) - content.forward.rate_shift**2 / 2
    basket = (
        habits.log_basket + content.forward.basket_shift * rng.standard_normal(n) - content.forward.basket_shift**2 / 2
    )
    traits = Traits(
        rate=_f(np.exp(present.log_rate + shift) / unit),
        basket=_f(np.exp(basket)),
        basket_sd=_f(np.exp(habits.log_sd)),
        browse=np.zeros((1, n), np.float32),
        hazard=_f(hazard_of(present.log_rate, r.hazard)),
        closing=_f(np.full(n, 20.0)),
        openness=_f(np.full((n, campaigns), 20.0)),  # every contact week counts: the hazard is that of contact
        interest=_f(_response(content, customers, habits, start, rng)),
        affinity=np.ones((1, n, campaigns), np.float32),
    )
    template = Simulator(content).population(seed, 2)
    nothing = np.zeros_like(template.effects.cost)
    still = template.effects._replace(cost=nothing, discount=nothing, lift=nothing, bonus=nothing, weight=nothing)
    rolled = np.roll(np.array(r.season, np.float32), -start)
    population = Population(
        seed=seed,
        traits=traits,
        behaviour=template.expected_behaviour,
        effects=still._replace(delivery=np.ones_like(nothing)),
        season=np.ascontiguousarray(rolled[None]),
        consent=np.full((1, n), 255, np.uint8),  # by every channel
        features=np.zeros((1, n, 0), np.float32),
        feature_names=(),
        groups=np.zeros((1, n, 0), np.int8),
        expected_response=traits.interest,
        expected_openness=template.expected_openness,
        expected_effects=template.expected_effects,
        expected_behaviour=template.expected_behaviour,
    )
    return _Start(population, present)


def _response(content: Content, customers: Customers, habits: Habits, start: int, rng: np.random.Generator) -> Floats:
    """Return weekly log-odds to redeem (N, C): rate and basket of the past, times a frailty updated by the
    past.

    Features of the table describe the whole year, so they are not used here.
    """
    forward = content.forward
    model = Redemption(
        np.array(forward.redemption_intercept), np.array(forward.redemption_slopes), forward.redemption_spread
    )
    n, contacts = customers.n, len(model.intercept)
    x = np.zeros((n, 2))
    x[:, 0] = (habits.log_rate - content.centre[0]) / content.scale[0]
    x[:, 1] = (habits.log_basket - content.centre[1]) / content.scale[1]
    log_odds = weekly_logit(model, x, np.ones((n, contacts)))
    variance = float(np.expm1(model.spread**2))
    expected, seen = np.zeros(n, np.float64), np.zeros(n, np.float64)
    campaigns = [campaign.id for campaign in content.catalogue.campaigns[1:]]
    log = contact_log(customers, campaigns, before=start)
    if log is not None:
        p = expit(log_odds[log.customer, log.campaign])
        expected, seen = (
            np.bincount(log.customer, log.weeks * p, n).astype(np.float64),
            redeemed_weeks(log, n),
        )
    frailty = rng.gamma(1 / variance + seen) / (1 / variance + expected)
    chance = np.minimum(expit(log_odds) * frailty[:, None], 0.9)
    return np.column_stack([np.full(n, -20.0), logit(np.maximum(chance, 1e-9))])


def _f(values: Floats) -> NDArray[np.float32]:
    return np.ascontiguousarray(values[None], dtype=np.float32)
