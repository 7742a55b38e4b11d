"""Customers simulated forward from their own past, by the same kernel that training runs on."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit, logit

from evenhand.simulator.answers.redemption import ContactLog, Redemption, weekly_logit
from evenhand.simulator.artefact import Simulator
from evenhand.simulator.content import Content, Replicate
from evenhand.simulator.habits.baskets import Dressing, dress
from evenhand.simulator.habits.hidden import dispersions
from evenhand.simulator.habits.leaving import hazard_of
from evenhand.simulator.habits.organic import fit_habits, organic_mean
from evenhand.simulator.habits.panel import Panel
from evenhand.simulator.habits.posterior import Present, law_of, present_of
from evenhand.simulator.habits.spending import Spending, basket_draws, sd_draws
from evenhand.simulator.observed import contact_log
from evenhand.simulator.population import Population, Simulation
from evenhand.simulator.types import LEFT, CampaignEffects, IntArray, Outcome, Traits, behaviour_record, single

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evenhand.customers import Customers

__all__ = ["Forward", "Futures", "given_weeks", "redeemed_weeks", "simulate_forward", "simulate_futures"]

Floats = NDArray[np.float64]

_MOST_SETS = 60  # of campaigns at once
_ALWAYS = 20.0  # log-odds of what happens whenever it can


class Forward(NamedTuple):
    """Simulated weeks of real customers."""

    panel: Panel  # trips, spend and categories
    redeemed: Floats  # (N, T) 1 in weeks with a redemption


class Futures(NamedTuple):
    """Sums over the simulated weeks of real customers, once per draw."""

    frequency: Floats  # (draws, N) trips
    value: Floats  # (draws, N) spend, money
    recency: Floats  # (draws, N) weeks since the last trip at the end; all weeks without one
    redemptions: Floats  # (draws, N) weeks with a redemption


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
    past, weeks = whole.weeks(0, start), whole.periods - start
    trips, spend, redeemed = (np.zeros((customers.n, weeks)) for _ in range(3))
    r = simulator.content.point
    for week, out in enumerate(_weeks(simulator, customers, past, r, start, whole.periods, seed, 1)):
        trips[:, week], spend[:, week], redeemed[:, week] = out.trips[0], out.spend[0], out.redeemed[0]
    lent, found = (past, past) if pool is None else (pool.weeks(start, pool.periods), pool.weeks(0, start))
    rng = np.random.default_rng([seed, 0xD7E55])
    categories = dress(spend, past, lent, found, dressing=dressing or Dressing(), rng=rng)
    return Forward(Panel(trips, spend, categories, past.names), redeemed)


def simulate_futures(
    simulator: Simulator, customers: Customers, whole: Panel, start: int, seed: int, draws: int
) -> Futures:
    """Simulate `draws` futures from week `start` on, spread evenly over the replicates of the calibration.

    So they differ by luck, by what the past leaves open and by what the calibration does. See `simulate_forward`.
    """
    replicates = simulator.content.replicates
    parts = [
        _sums(simulator, customers, whole, r, start, seed + 7919 * k, len(range(k, draws, len(replicates))))
        for k, r in enumerate(replicates[:draws])
    ]
    return Futures(*(np.concatenate(rows) for rows in zip(*parts, strict=True)))


def _sums(
    simulator: Simulator, customers: Customers, whole: Panel, r: Replicate, start: int, seed: int, draws: int
) -> Futures:
    shape = (draws, customers.n)
    frequency, value, redemptions = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    recency = np.full(shape, 0.0)
    for out in _weeks(simulator, customers, whole.weeks(0, start), r, start, whole.periods, seed, draws):
        trips = out.trips.reshape(shape)
        frequency += trips
        value += out.spend.reshape(shape)
        redemptions += out.redeemed.reshape(shape)
        recency = np.where(trips > 0, 0.0, recency + 1)
    return Futures(frequency, value, recency, redemptions)


def given_weeks(customers: Customers, campaigns: list[str], start: int, stop: int) -> NDArray[np.int64]:
    """Return which campaigns begun since `start` run in each week, one bit each, shape (N, stop - start).

    Bit k is the campaign at position k of `campaigns`; 0 is no contact.
    """
    given = np.zeros((customers.n, stop), np.int64)
    contacts = customers.contacts
    if contacts is not None:
        use = contacts[contacts["campaign"].isin(campaigns) & (contacts["period"] >= start)]
        rows = customers.frame.index.get_indexer(pd.Index(use["customer"]))
        ends = use["period"] + np.maximum(np.ceil(use["periods"].fillna(1.0)), 1)
        bits = [1 << campaigns.index(name) for name in use["campaign"]]
        for row, bit, first, last in zip(rows, bits, use["period"], ends.astype(int), strict=True):
            given[row, first:last] |= bit
    return given[:, start:]


def redeemed_weeks(log: ContactLog, n: int) -> Floats:
    """Return weeks with a redemption per customer, (n,)."""
    return np.bincount(log.customer, log.redeemed, n).astype(np.float64)


def _weeks(
    simulator: Simulator,
    customers: Customers,
    past: Panel,
    r: Replicate,
    start: int,
    stop: int,
    seed: int,
    draws: int,
) -> Iterator[Outcome]:
    """Yield what weeks `start` to `stop` - 1 bring in `draws` futures side by side, customers (1, draws x N)."""
    content = simulator.content
    rng = np.random.default_rng([seed, 0xF0D])
    season = np.array(r.season)
    present = present_of(past.trips, season[np.arange(start) % len(season)], r, seed, draws=draws)
    campaigns = [campaign.id for campaign in content.catalogue.campaigns[1:]]
    sets, offered = _offers(given_weeks(customers, campaigns, start, stop))
    chance = _redeeming(content, customers, past, start, rng, draws)
    spending = Spending(**{name: getattr(content.forward, name) for name in Spending._fields})
    population = _population(
        r,
        present,
        basket_draws(spending, past, draws, rng),
        sd_draws(spending, past, draws, rng),
        _together(chance, sets),
        np.roll(np.array(r.season, np.float32), -start),
        seed,
    )
    run = Simulation(population, np.array([seed], np.uint64))
    run.state.drift[:] = present.drift.ravel()
    run.state.absent[:] = np.where(present.gone.ravel(), LEFT, run.state.absent)
    for week in range(stop - start):
        yield run.advance(np.tile(offered[:, week], (1, draws)))


def _offers(given: NDArray[np.int64]) -> tuple[NDArray[np.int64], IntArray]:
    """Return the sets of campaigns that ran together (S,) and, by week, the position of each among them plus 1.

    Of sets beyond the most frequent `_MOST_SETS`, which a position of the kernel cannot hold, the first campaign stays.
    """
    sets, count = np.unique(given[given != 0], return_counts=True)
    kept = np.sort(sets[np.argsort(-count, kind="stable")[:_MOST_SETS]])
    given = np.where(np.isin(given, kept), given, given & -given)
    sets = np.unique(given[given != 0])
    return sets, np.where(given == 0, 0, np.searchsorted(sets, given) + 1).astype(np.int8)


def _population(
    r: Replicate, present: Present, basket: Floats, sd: Floats, chance: Floats, season: NDArray[np.float32], seed: int
) -> Population:
    """Return the customers as they are; `chance` (M, C) is that to redeem what is offered in a week."""
    n, campaigns = chance.shape
    flat = present.log_rate.ravel()
    ever = np.full((n, campaigns), _ALWAYS)
    traits = Traits(
        rate=single(np.exp(flat) / organic_mean(1.0, r.drift_sd)),
        dispersion=single(dispersions(law_of(r))[present.kind.ravel()]),
        basket=single(np.exp(basket.ravel())),
        basket_sd=single(sd.ravel()),
        browse=np.zeros((1, n), np.float32),
        hazard=single(hazard_of(flat, r.hazard)),
        closing=single(np.full(n, _ALWAYS)),
        openness=single(ever),  # every contact week counts: the chance is that of contact, not of opening
        interest=single(logit(np.clip(chance, 1e-9, 0.9))),
        affinity=np.ones((1, n, campaigns), np.float32),
    )
    none = np.zeros((1, campaigns), np.float32)
    effects = CampaignEffects(
        cost=none, discount=none, lift=none, bonus=none, weight=none, closing=none, loading=none, weather=none,
        delivery=np.ones_like(none), channel=np.zeros(campaigns, np.uint8), beneficial=np.zeros(campaigns, np.uint8),
    )  # fmt: skip
    same = {name: getattr(r, name) for name in ("zero_inflation", "drift_persistence", "drift_sd", "return_base")}
    behaviour = behaviour_record(same)[None]
    return Population(
        seed=seed,
        traits=traits,
        behaviour=behaviour,
        effects=effects,
        season=np.ascontiguousarray(season[None]),
        consent=np.full((1, n), 255, np.uint8),  # by every channel
        features=np.zeros((1, n, 0), np.float32),
        feature_names=(),
        groups=np.zeros((1, n, 0), np.int8),
        expected_response=traits.interest,
        expected_openness=np.full(1, _ALWAYS, np.float32),
        expected_hazard=traits.hazard,
        expected_effects=effects,
        expected_behaviour=behaviour,
    )


def _redeeming(
    content: Content, customers: Customers, past: Panel, start: int, rng: np.random.Generator, draws: int
) -> Floats:
    """Return weekly chances to redeem (draws, N, C - 1): rate and basket of the past, times a frailty that it updates.

    Features of the table describe the whole year, so they are not used here.
    """
    forward = content.forward
    model = Redemption(
        np.array(forward.redemption_intercept), np.array(forward.redemption_slopes), forward.redemption_spread
    )
    n, contacts = customers.n, len(model.intercept)
    x = np.column_stack(fit_habits(past))[:, :2]
    x = (x - np.array(content.centre[:2])) / np.array(content.scale[:2])
    log_odds = weekly_logit(model, x, np.ones((n, contacts)))
    variance = float(np.expm1(model.spread**2))
    expected, seen = np.zeros(n, np.float64), np.zeros(n, np.float64)
    campaigns = [campaign.id for campaign in content.catalogue.campaigns[1:]]
    log = contact_log(customers, campaigns, before=start)
    if log is not None:
        p = expit(log_odds[log.customer, log.campaign])
        expected = np.bincount(log.customer, log.weeks * p, n).astype(np.float64)
        seen = redeemed_weeks(log, n)
        expected *= max(float(seen.sum()), 1.0) / max(float(expected.sum()), 1e-9)  # campaigns differ between halves
    frailty = rng.gamma(1 / variance + seen, size=(draws, n)) / (1 / variance + expected)
    return np.asarray(expit(log_odds) * frailty[:, :, None])


def _together(chance: Floats, sets: NDArray[np.int64]) -> Floats:
    """Return chances (draws x N, 1 + S) of nothing and of each set of campaigns: redemptions expected together."""
    bits = (sets[:, None] >> np.arange(chance.shape[2])) & 1  # (S, C - 1)
    flat = chance.reshape(-1, chance.shape[2])
    return np.column_stack([np.zeros(len(flat)), flat @ bits.T])
