"""Populations answer as the log told: one period of the kernel has the chances of the response model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.simulator.club import COMES, club

from evenhand.customers import Customers
from evenhand.simulator import Simulator, calibrate
from evenhand.simulator.answers.causes import levels_from, response_from
from evenhand.simulator.answers.responding import columns_for
from evenhand.simulator.answers.response import expected
from evenhand.simulator.drawing import draw_population
from evenhand.simulator.observed import observe
from evenhand.simulator.population import Population, Simulation

ARMS = 3


@pytest.fixture(scope="module")
def customers() -> Customers:
    return club(20_000, seed=5)


@pytest.fixture(scope="module")
def members(customers: Customers) -> Simulator:
    return calibrate(customers, replicates=3, seed=1)


def period(population: Population, arm: int, seed: int) -> list[np.ndarray]:
    given = np.full((1, population.size), arm, np.int8)
    out = Simulation(population, np.array([seed], np.uint64)).advance(given)
    return [out.visited[0] > 0, out.trips[0] > 0, out.spend[0]]


@pytest.mark.parametrize("arm", range(ARMS))
def test_the_kernel_does_what_the_response_expects(members: Simulator, customers: Customers, arm: int) -> None:
    """For members and others, with 12 draws of one refit each time: within four and a half standard errors."""
    content, parts = members.content, members._parts[0]
    assert content.explaining is not None
    assert parts.replicate.answers is not None
    known = observe(customers, levels=levels_from(content.explaining))
    x = columns_for(content.explaining, known.values, known.n_static, np.hstack([known.codes, known.levels]))
    means = expected(response_from(parts.replicate.answers), x, np.full(customers.n, arm))
    draws = [
        period(draw_population(content, parts, members._point, seed, customers.n, known=known), arm, seed)
        for seed in range(12)
    ]
    member = customers.frame["member"].to_numpy()
    for k, mean in enumerate(means):
        happened = np.stack([draw[k] for draw in draws]).astype(float)
        for mine in (member, ~member):
            error = happened[:, mine].std() / np.sqrt(12 * mine.sum())
            assert abs(happened[:, mine].mean() - mean[mine].mean()) < 4.5 * error + 0.01 * mean[mine].mean()


def test_drawn_customers_are_like_those_of_the_table(members: Simulator, customers: Customers) -> None:
    """Categories are drawn too: visits without contact are those of a club with as many members."""
    draws = [period(members.population(seed, 4_000), 0, seed)[0].mean() for seed in range(12)]
    share = customers.frame["member"].mean()
    assert np.mean(draws) == pytest.approx(share * COMES[1] + (1 - share) * COMES[0], abs=0.015)
    rates = members.population(3, 4_000).traits.browse[0]
    assert np.quantile(rates, 0.9) > 1.5 * np.quantile(rates, 0.1)


def test_a_campaign_that_works_for_members_is_expected_to(members: Simulator, customers: Customers) -> None:
    p = members.population_of(customers, 0)
    member = customers.frame["member"].to_numpy()
    hoped = p.expected_response[0, :, 2]
    assert hoped[member].mean() > hoped[~member].mean() + 1
    np.testing.assert_array_equal(p.effects.lift, 0)
    assert (p.effects.bonus >= 0).all()


def test_with_a_history_trips_stay_as_it_tells_and_contact_brings_what_the_log_tells(customers: Customers) -> None:
    """Visits by e-mail less those without, of members and others, within four and a half standard errors."""
    rng = np.random.default_rng(0)
    few = customers.only(customers.frame.index[:6_000])
    weeks = rng.random((6_000, 30)) < 0.06
    who, week = np.nonzero(weeks)
    history = pd.DataFrame({"customer": who, "period": week, "trips": 1, "spend": 50.0})
    simulator = calibrate(replace(few, history=history, periods=30), replicates=1, seed=1)
    assert simulator.parameters().set_index("name").loc["drift_sd", "origin"] == "calibrated"
    assert simulator.content.explaining is not None
    aware = replace(few, history=history, periods=30)
    member = few.frame["member"].to_numpy()
    visits = np.zeros((2, 6_000))
    bought = 0.0
    for seed, population in enumerate(simulator.populations_of(aware, range(8))):
        for at, arm in enumerate((0, 2)):
            came, buys, _ = period(population, arm, seed)
            visits[at] += came / 8
            bought += buys.mean() / 8 if arm == 0 else 0.0
    assert bought == pytest.approx(0.06, rel=0.15)
    content = simulator.content
    assert content.replicates[0].answers is not None
    known = observe(aware, levels=levels_from(content.explaining))
    x = columns_for(simulator.content.explaining, known.values, known.n_static, np.hstack([known.codes, known.levels]))
    fit = response_from(content.replicates[0].answers)
    means = [expected(fit, x, np.full(few.n, arm)).visit for arm in (0, 2)]
    for mine in (~member, member):
        added = (visits[1] - visits[0])[mine]
        error = added.std() / np.sqrt(mine.sum())
        assert abs(added.mean() - (means[1] - means[0])[mine].mean()) < 4.5 * error


def test_a_log_of_several_weeks_is_spread_over_them(customers: Customers) -> None:
    assert customers.contacts is not None
    months = replace(customers, contacts=customers.contacts.assign(periods=4.0))
    simulator = calibrate(months, replicates=1, seed=1)
    weekly = np.mean([period(simulator.population_of(customers, s), 0, s)[0].mean() for s in range(8)])
    contacts = customers.contacts
    whole = contacts["visited"][contacts["campaign"] == "none"].mean()
    assert 1 - (1 - weekly) ** 4 == pytest.approx(whole, rel=0.08)
