"""Worlds keep what their files say: margins, differences between groups, and the effects that they are about."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from evenhand.errors import ArtefactError
from evenhand.simulator import Population, Simulation, Simulator
from evenhand.simulator.priors import BEHAVIOUR_PRIORS, CAMPAIGN_PRIORS
from evenhand.simulator.scenarios import names, world
from evenhand.simulator.scenarios.form import ColumnForm, World, read_world
from evenhand.simulator.scenarios.laws import latent
from evenhand.simulator.surroundings import surroundings
from evenhand.simulator.types import HERE, LEFT, YET_TO_COME

WORLDS = names("world")
N = 20_000
LUCK = np.array([5], np.uint64)


@lru_cache(maxsize=8)
def drawn(name: str) -> Population:
    return world(name).population(1, N)


def position(simulator: Simulator, campaign: str) -> int:
    return [c.id for c in simulator.catalogue.campaigns].index(campaign)


def lived(p: Population, campaign: int, weeks: int) -> tuple[Simulation, dict[str, NDArray[np.float64]]]:
    """Let a population live with one campaign for everyone in every week; outcomes are (weeks, N)."""
    simulation = Simulation(p, LUCK)
    given = np.full((1, p.size), campaign, np.int8)
    fields = ("contacted", "opened", "redeemed", "trips", "lost", "joined", "leaving")
    rows: dict[str, list[NDArray[np.float64]]] = {name: [] for name in fields}
    for _ in range(weeks):
        outcome = simulation.advance(given)
        for name in fields:
            rows[name].append(getattr(outcome, name)[0].astype(np.float64))
    return simulation, {name: np.stack(values) for name, values in rows.items()}


def reasons(part: object) -> list[str]:
    """Return every "why" within a part of a file."""
    inside = list(part.values()) if isinstance(part, dict) else part if isinstance(part, list) else []
    own = [part["why"]] if isinstance(part, dict) and "why" in part else []
    return own + [why for one in inside for why in reasons(one)]


# ------------------------------------------------------------------------------------------- every world


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_draws_finite_populations_and_the_same_again(name: str) -> None:
    one, two = world(name).population(7, 500), world(name).population(7, 500)
    for part, again in zip(one.traits, two.traits, strict=True):
        assert np.isfinite(part).all()
        assert np.array_equal(part, again)
    assert np.isfinite(one.features).all()
    other = world(name).population(8, 500)
    assert not np.array_equal(one.traits.rate, other.traits.rate)
    _, outcome = lived(one, 1, 8)
    assert all(np.isfinite(values).all() for values in outcome.values())


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_survives_being_saved(name: str, tmp_path: Path) -> None:
    loaded = Simulator.load(world(name).save(tmp_path / "world.json"))
    assert loaded == world(name)
    one, two = loaded.population(3, 200), world(name).population(3, 200)
    assert np.array_equal(one.traits.interest, two.traits.interest)
    assert one.budget == two.budget
    assert (one.absent is None) == (two.absent is None)


@pytest.mark.parametrize("name", WORLDS)
def test_medians_and_shares_are_those_of_the_file(name: str) -> None:
    said, p = read_world(name), drawn(name)
    assert np.median(p.traits.basket) == pytest.approx(said.basket.median, rel=0.02)
    unit = np.exp(said.organic.drift_sd.value**2 / 2)
    assert np.median(p.traits.rate) * unit == pytest.approx(said.rate.median, rel=0.02)
    for k, column in enumerate(said.columns):
        assert p.features[0, :, k].mean() == pytest.approx(column.mean, abs=0.01)
    assert p.absent is not None
    assert (p.absent[0] == LEFT).sum() / (p.absent[0] != YET_TO_COME).sum() == pytest.approx(said.left.value, abs=0.01)
    known = p.groups[0] >= 0
    assert known.mean() == pytest.approx(said.known.value, abs=0.015)
    for channel, reach in said.reach.items():
        bit = ("email", "sms", "web", "mail").index(channel)
        assert ((p.consent[0] >> bit) & 1).mean() == pytest.approx(reach.share, abs=0.015)


@pytest.mark.parametrize("name", WORLDS)
def test_groups_have_their_sizes_and_differ_by_as_much_as_the_file_says(name: str) -> None:
    said, p = read_world(name), drawn(name)
    values = {"rate": np.log(p.traits.rate[0]), "basket": np.log(p.traits.basket[0])}
    values |= {column.column: p.features[0, :, k] for k, column in enumerate(said.columns)}
    checked = 0
    for a, attribute in enumerate(said.protected):
        code = p.groups[0, :, a]
        for g, group in enumerate(attribute.groups):
            assert (code == g).sum() / (code >= 0).sum() == pytest.approx(group.share, abs=0.015)
            for column, difference in group.differs.items():
                if column in values:
                    x = values[column]
                    assert (x[code == g].mean() - x.mean()) / x.std() == pytest.approx(difference, abs=0.08)
                    checked += abs(difference) >= 0.1
    assert checked >= 4  # in every world some groups do differ


@pytest.mark.parametrize("name", WORLDS)
def test_groups_buy_as_differently_in_simulation_as_their_rates_say(name: str) -> None:
    said, p = read_world(name), replace(drawn(name), absent=None)
    trips = lived(p, 0, 26)[1]["trips"].sum(0)
    for a, attribute in enumerate(said.protected):
        code = p.groups[0, :, a]
        for g, group in enumerate(attribute.groups):
            if abs(group.differs.get("rate", 0.0)) >= 0.15:
                more = trips[code == g].mean() / trips.mean()
                assert np.sign(more - 1) == np.sign(group.differs["rate"])
                assert more == pytest.approx(np.exp(group.differs["rate"] * said.rate.sd), rel=0.08)


@pytest.mark.parametrize("name", WORLDS)
def test_every_number_is_a_parameter_with_its_reason(name: str) -> None:
    text = resources.files("evenhand.simulator.scenarios").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    said, table = read_world(name), world(name).parameters()
    assert set(table["origin"]) == {"scenario", "prior"}
    assert not table["name"].duplicated().any()
    own = table[table["origin"] == "scenario"]
    assert own["source"].str.len().min() >= 12
    assert {" ".join(why.split()) for why in reasons(tomllib.loads(text))} == set(own["source"])
    assert own.set_index("name")["value"]["basket_median"] == said.basket.median
    everything = {*BEHAVIOUR_PRIORS, *(f"{effect}[{c.id}]" for effect in CAMPAIGN_PRIORS for c in said.campaigns)}
    assert everything <= set(table["name"])
    assert f"Simulator of {name}: stated, no data" in repr(world(name))


def test_a_number_without_a_reason_is_refused() -> None:
    plain = read_world("coffee_tea").model_dump()
    del plain["basket"]["why"]
    with pytest.raises(ValueError, match=r"basket\.why"):
        World.model_validate(plain)


def test_differences_that_do_not_add_up_are_refused() -> None:
    plain = read_world("coffee_tea").model_dump()
    plain["protected"][0]["groups"][0]["differs"]["rate"] = 0.5
    with pytest.raises(ValueError, match="differences weighted by shares add up to 0"):
        World.model_validate(plain)


def test_names_that_are_not_there_are_refused() -> None:
    plain = read_world("coffee_tea").model_dump()
    plain["behaviour"]["fatigue"] = {"value": 1.0, "why": "not the name of any effect"}
    with pytest.raises(ValueError, match="speaks of 'fatigue'"):
        World.model_validate(plain)


def test_correlations_that_contradict_each_other_are_refused() -> None:
    said = read_world("coffee_tea")
    pairs = (("rate", "basket", 0.95), ("tea_share", "rate", 0.95), ("tea_share", "basket", -0.95))
    rows = [{"columns": (a, b), "value": value, "why": "impossible together"} for a, b, value in pairs]
    with pytest.raises(ArtefactError, match="correlations contradict each other"):
        latent(World.model_validate({**said.model_dump(), "correlations": rows}))


def test_a_share_that_no_law_has_is_refused() -> None:
    said = read_world("coffee_tea").model_dump()
    column = ColumnForm.model_validate({**said["columns"][0], "sd": 0.6})
    with pytest.raises(ArtefactError, match="no share has mean"):
        latent(World.model_validate({**said, "columns": (column.model_dump(), *said["columns"][1:])}))


# ------------------------------------------------------------------------------------------ what each is about


def test_taste_for_tea_drifts_over_a_quarter_and_moves_tea_and_coffee_letters_apart() -> None:
    p = drawn("coffee_tea")
    simulation = Simulation(p, LUCK)
    before = simulation.state.taste[0].copy()
    for _ in range(13):
        simulation.advance(np.zeros((1, N), np.int8))
    persistence = float(p.behaviour["taste_persistence"][0])
    assert np.corrcoef(before, simulation.state.taste[0])[0, 1] == pytest.approx(persistence**13, abs=0.03)
    keen = before > np.median(before)
    tea, letter = (position(world("coffee_tea"), c) for c in ("tea_time", "roasters_letter"))
    redeemed = {c: lived(p, c, 4)[1]["redeemed"].sum(0) for c in (tea, letter)}
    assert redeemed[tea][keen].mean() > 1.3 * redeemed[tea][~keen].mean()
    assert redeemed[letter][keen].mean() < redeemed[letter][~keen].mean() / 1.3


def test_cold_weeks_sell_more_and_open_tea() -> None:
    p = replace(drawn("coffee_tea"), absent=None, season=np.ones((1, 52), np.float32))
    weather = np.array([float(surroundings(p.behaviour, p.season, LUCK, t).weather[0]) for t in range(52)])
    calm = lived(p, 0, 52)[1]["trips"].mean(1)
    assert np.corrcoef(weather, np.log(calm))[0, 1] < -0.4
    tea = position(world("coffee_tea"), "tea_time")
    steady = p.effects._replace(weather=np.zeros_like(p.effects.weather))
    opened = lived(p, tea, 52)[1]["opened"].mean(1)
    without = lived(replace(p, effects=steady), tea, 52)[1]["opened"].mean(1)
    assert np.corrcoef(weather[1:], np.log(opened / without)[1:])[0, 1] < -0.8


def test_brunch_opens_more_among_weekend_people_and_the_menu_does_not() -> None:
    simulator, p = world("restaurants"), drawn("restaurants")
    weekend = p.features[0, :, p.feature_names.index("weekend_share")]
    high, low = weekend > np.quantile(weekend, 0.75), weekend < np.quantile(weekend, 0.25)
    opens = expit(p.traits.openness[0])
    brunch, menu = (opens[:, position(simulator, c)] for c in ("brunch", "green_week"))
    assert brunch[high].mean() > 1.05 * brunch[low].mean()
    assert menu[high].mean() == pytest.approx(menu[low].mean(), rel=0.03)


def test_families_take_the_family_deal_and_diets_the_green_week() -> None:
    simulator, p = world("restaurants"), replace(drawn("restaurants"), budget=np.inf)
    for campaign, column in (("family_deal", "family_share"), ("green_week", "vegetarian_share")):
        share = p.features[0, :, p.feature_names.index(column)]
        redeemed = lived(p, position(simulator, campaign), 13)[1]["redeemed"].sum(0)
        assert redeemed[share > np.median(share)].mean() > 1.3 * redeemed[share < np.median(share)].mean()


def test_texts_reach_only_who_consents_to_texts_and_never_cost_more_than_the_budget() -> None:
    simulator, p = world("restaurants"), drawn("restaurants")
    texts = position(simulator, "family_deal")
    contacted = lived(p, texts, 6)[1]["contacted"]
    assert not contacted[:, (p.consent[0] >> 1) & 1 == 0].any()
    price, budget = simulator.catalogue.campaigns[texts].cost, read_world("restaurants").budget
    assert budget is not None
    assert (contacted.mean(1) * price <= budget.value + 1e-9).all()
    assert (contacted.mean(1) * price >= 0.99 * budget.value).all()  # and all of it is spent, since more consent
    free = lived(replace(p, budget=np.inf), texts, 1)[1]["contacted"].mean()
    assert free * price > 1.5 * budget.value


def test_a_shock_empties_all_restaurants_and_is_forgotten_within_a_quarter() -> None:
    p = drawn("restaurants")
    record = p.behaviour.copy()
    record["weather_trips"] = 0.0
    flat = replace(p, season=np.ones_like(p.season), behaviour=record)
    around = np.array([float(surroundings(record, flat.season, LUCK, t).log_factor[0]) for t in range(208)])
    worst = int(around.argmin())
    assert around[worst] <= read_world("restaurants").behaviour["shock_size"].value
    assert around[worst + 13] > around[worst] / 3
    assert np.median(around) > -0.1
    steps = np.diff(around)
    assert steps.min() < -0.3  # comes at once
    assert steps.max() < 0.12  # goes slowly


def test_the_guard_withholds_contact_from_the_tired_and_from_who_bought_far_above_the_own_habit() -> None:
    simulator, p = world("ethical_fashion"), replace(drawn("ethical_fashion"), absent=None)
    press = position(simulator, "flash_sale")
    _, guarded = lived(p, press, 12)
    reachable = (p.consent[0] & 1) > 0
    shares = guarded["contacted"][:, reachable].mean(1)
    assert shares[0] > 0.99
    assert (shares[2:] < 0.05).sum() >= 5  # pressed twice, left alone twice
    record = p.behaviour.copy()
    record["contact_cap"] = np.inf
    simulation = Simulation(replace(p, behaviour=record), LUCK)
    withheld = 0
    for _ in range(12):
        many = simulation.state.trips[0] > record["consumption_cap"] * p.traits.rate[0]
        able = reachable & ((simulation.state.consent[0] & 1) > 0)
        contacted = simulation.advance(np.full((1, N), press, np.int8)).contacted[0] > 0
        assert not contacted[many].any()
        assert contacted[able & ~many].all()
        withheld += int((many & able).sum())
    assert withheld > 1000


def test_lower_income_districts_take_the_flash_sale_more_often() -> None:
    p = replace(drawn("ethical_fashion"), absent=None)
    redeemed = lived(p, position(world("ethical_fashion"), "flash_sale"), 52)[1]["redeemed"].sum(0)
    code = p.groups[0, :, 0]
    assert redeemed[code == 0].mean() > 1.05 * redeemed[code == 1].mean()


def test_boxes_come_more_regularly_than_chance() -> None:
    p = replace(drawn("beauty_box"), absent=None)
    record = p.behaviour.copy()
    record["drift_sd"] = 0.0
    still = p.traits._replace(hazard=np.zeros_like(p.traits.hazard))
    trips = lived(replace(p, traits=still, behaviour=record), 0, 13)[1]["trips"]
    expected = p.traits.rate[0]
    off = ((trips.sum(0) - 13 * expected) ** 2).mean() / (13 * expected).mean()
    assert off < 0.85  # Poisson has 1


def test_members_leave_come_back_when_asked_and_new_ones_arrive() -> None:
    p = drawn("beauty_box")
    assert p.absent is not None
    here, to_come = p.absent[0] == HERE, p.absent[0] == YET_TO_COME
    assert to_come.mean() == pytest.approx(0.25, abs=0.01)
    calm, asked = (lived(p, c, 52)[1] for c in (0, position(world("beauty_box"), "win_back")))
    assert 0.40 < calm["lost"].sum(0)[here].mean() < 0.60
    assert calm["joined"].sum(0)[to_come].mean() == pytest.approx(1 - (1 - 0.015) ** 52, abs=0.03)
    assert asked["joined"].sum(0)[here].mean() > 3 * calm["joined"].sum(0)[here].mean()


def test_a_gift_taken_lowers_the_hazard_of_leaving() -> None:
    p = replace(drawn("beauty_box"), absent=None)
    gift = position(world("beauty_box"), "loyalty_gift")
    simulation, _ = lived(p, gift, 12)
    outcome = simulation.advance(np.zeros((1, N), np.int8))
    here = simulation.state.absent[0] != LEFT
    satisfied = simulation.state.satisfaction[0] > 0.05
    ratio = outcome.leaving[0] / p.traits.hazard[0]
    assert ratio[here & satisfied].mean() < 0.9 * ratio[here & ~satisfied].mean()


def test_discounts_become_a_habit_that_costs_orders_without_one() -> None:
    p = replace(drawn("beauty_box"), absent=None)
    coupon, advice = (position(world("beauty_box"), c) for c in ("addon_offer", "care_tips"))
    level = []
    simulation = Simulation(p, LUCK)
    for _ in range(4):
        for _ in range(6):
            simulation.advance(np.full((1, N), coupon, np.int8))
        level.append(float(simulation.state.dependence.mean()))
    assert all(after > before for before, after in pairwise(level))
    assert float(lived(p, advice, 24)[0].state.dependence.max()) == 0.0
    dependent = simulation.state.dependence[0] > 0.1
    weeks = [simulation.advance(np.zeros((1, N), np.int8)).trips[0].copy() for _ in range(4)]
    here = simulation.state.absent[0] == HERE
    free = replace(p, behaviour=p.behaviour.copy())
    free.behaviour["dependence_wait"] = 0.0
    twin = Simulation(free, LUCK)
    for _ in range(24):
        twin.advance(np.full((1, N), coupon, np.int8))
    without = [twin.advance(np.zeros((1, N), np.int8)).trips[0].copy() for _ in range(4)]
    them = here & dependent & (twin.state.absent[0] == HERE)
    assert them.sum() > 300
    assert np.sum(weeks, axis=0)[them].mean() < 0.99 * np.sum(without, axis=0)[them].mean()
