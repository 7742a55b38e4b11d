"""Twists: no delayed effects means none, and a shift lies beyond whatever training draws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from evenhand.simulator import Population, Simulation, Simulator
from evenhand.simulator.priors import BEHAVIOUR_PRIORS, CAMPAIGN_PRIORS
from evenhand.simulator.scenarios import names, twist, world
from evenhand.simulator.scenarios.twists import CAPS, ORGANIC, shifts

N = 4000
Given = Callable[[int], NDArray[np.int8]]


def after(p: Population, given: Given, weeks: int) -> Simulation:
    simulation = Simulation(p, np.array([11], np.uint64))
    for week in range(weeks):
        simulation.advance(given(week))
    return simulation


def nothing(_week: int) -> NDArray[np.int8]:
    return np.zeros((1, N), np.int8)


def everything(week: int) -> NDArray[np.int8]:
    return np.full((1, N), 1 + week % 4, np.int8)


FUTURE = ("drift", "taste", "consent", "absent")
OUTCOMES = ("trips", "spend", "lost", "joined", "leaving", "unsubscribed")


@pytest.mark.parametrize("name", names("world"))
def test_without_delayed_effects_the_future_does_not_know_what_was_sent(name: str) -> None:
    p = twist("no_delayed_effects", world(name)).population(3, N)
    quiet, loud = after(p, nothing, 12), after(p, everything, 12)
    assert loud.state.fatigue.max() > 0.3  # there was something to forget
    for field in FUTURE:
        assert np.array_equal(getattr(quiet.state, field), getattr(loud.state, field)), field
    for _ in range(6):
        one, two = quiet.advance(nothing(0)), loud.advance(nothing(0))
        for field in OUTCOMES:
            assert np.array_equal(getattr(one, field), getattr(two, field)), field
    one, two = quiet.advance(everything(0)), loud.advance(everything(0))  # nor do answers to the next contact
    for field in (*OUTCOMES, "contacted", "opened", "redeemed", "expected", "profit"):
        assert np.array_equal(getattr(one, field), getattr(two, field)), field


@pytest.mark.parametrize("name", names("world"))
def test_with_delayed_effects_the_future_does_know(name: str) -> None:
    p = world(name).population(3, N)
    quiet, loud = after(p, nothing, 12), after(p, everything, 12)
    assert not np.array_equal(quiet.state.consent, loud.state.consent)
    one, two = quiet.advance(nothing(0)), loud.advance(nothing(0))
    assert not np.array_equal(one.expected, two.expected)
    assert not np.array_equal(one.leaving, two.leaving)


def test_what_is_switched_off_says_so() -> None:
    plain, twisted = world("ethical_fashion"), twist("no_delayed_effects", world("ethical_fashion"))
    table = twisted.parameters().set_index("name")
    delayed = [name for name, prior in BEHAVIOUR_PRIORS.items() if prior.delayed and "decay" not in name]
    off = set(table.index[(table["value"] == 0) & table["source"].str.startswith("switched off")])
    assert off >= set(delayed) - {"satisfaction_gain"}
    assert {*CAPS} & {*plain.parameters()["name"]} == {*CAPS}
    assert not {*CAPS} & {*table.index}
    assert any("no_delayed_effects" in note for note in twisted.notes)
    assert twisted.hash != plain.hash


@pytest.mark.parametrize("strength", ["mild", "usual", "severe"])
def test_every_shift_of_a_prior_lies_outside_its_interval(strength: str) -> None:
    priors = {**BEHAVIOUR_PRIORS, **CAMPAIGN_PRIORS}
    for name, line in shifts().items():
        if name not in ORGANIC:
            factor = getattr(line, strength)
            assert abs(np.log(factor)) > 1.96 * priors[name].spread, name


def test_strengths_are_ordered() -> None:
    for name, line in shifts().items():
        steps = [1.0 if name != "season_weeks" else 0.0, line.mild, line.usual, line.severe]
        assert steps in (sorted(steps), sorted(steps, reverse=True)), name
        assert len(set(steps)) == 4, name


def draws(simulator: Simulator, name: str) -> NDArray[np.float64]:
    return np.array([float(simulator.population(k, 50).behaviour[name][0]) for k in range(60)])


@pytest.mark.parametrize("name", ["fatigue_open", "fatigue_churn", "dependence_wait", "unsubscribe_base"])
def test_shifted_draws_hardly_meet_those_of_training(name: str) -> None:
    """The medians lie outside each other's central 90 % of 60 draws."""
    plain, moved = draws(world("coffee_tea"), name), draws(twist("shifted", world("coffee_tea")), name)
    assert np.median(moved) > np.quantile(plain, 0.95)
    assert np.median(plain) < np.quantile(moved, 0.05)


def test_shifted_customers_answer_less_buy_less_and_leave_more() -> None:
    plain = replace(world("coffee_tea").population(3, N), absent=None)
    redeemed: list[float] = []
    bought: list[float] = []
    left: list[float] = []
    for name in (None, "shifted_mild", "shifted", "shifted_severe"):
        p = plain if name is None else replace(twist(name, world("coffee_tea")).population(3, N), absent=None)
        simulation = Simulation(p, np.array([11], np.uint64))
        totals = np.zeros(3)
        for _ in range(8):
            outcome = simulation.advance(np.full((1, N), 3, np.int8))
            totals += [outcome.redeemed.mean(), outcome.trips.mean(), outcome.lost.mean()]
        for values, total in zip((redeemed, bought, left), totals, strict=True):
            values.append(float(total))
    assert redeemed == sorted(redeemed, reverse=True)
    assert bought == sorted(bought, reverse=True)
    assert left == sorted(left)
    assert redeemed[2] < 0.7 * redeemed[0]


def test_a_shift_moves_the_season_and_what_persists() -> None:
    plain, moved = world("restaurants").content.point, twist("shifted", world("restaurants")).content.replicates[0]
    line = shifts()
    assert moved.drift_persistence == pytest.approx(1 - line["forgetting"].usual * (1 - plain.drift_persistence))
    season, later = np.array(plain.season), np.array(moved.season)
    assert later.mean() == pytest.approx(1)
    assert later.argmax() == (season.argmax() + line["season_weeks"].usual) % 52
    assert np.log(later).std() == pytest.approx(line["season_height"].usual * np.log(season).std(), rel=1e-4)


def test_under_a_shift_everyone_still_expects_the_old_dynamics() -> None:
    plain, moved = world("coffee_tea").population(3, 500), twist("shifted", world("coffee_tea")).population(3, 500)
    assert np.array_equal(plain.expected_behaviour, moved.expected_behaviour)
    for name in plain.expected_effects._fields:
        assert np.array_equal(getattr(plain.expected_effects, name), getattr(moved.expected_effects, name))
    assert not np.array_equal(plain.behaviour, moved.behaviour)
    assert (moved.effects.lift[0, 1:] < 0.5 * plain.effects.lift[0, 1:]).all()


def test_a_twisted_simulator_survives_being_saved(tmp_path: Path) -> None:
    for name in names("twist"):
        twisted = twist(name, world("coffee_tea"))
        assert Simulator.load(twisted.save(tmp_path / f"{name}.json")) == twisted
