from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from tests.experiments.rehearsal.stage import ARMS, LETTERS, NOTHING, people, planned, simulator

from evenhand.customers.campaign_plan import CampaignPlan
from evenhand.customers.results import judged, results_table
from evenhand.errors import CampaignError, DataError
from evenhand.experiments.exploration import Exploration
from evenhand.experiments.loop import Schedule, plan_campaigns
from evenhand.experiments.rehearsal.lives import positions_in, results_of
from evenhand.experiments.rehearsal.worlds import trial_plan, world_of
from evenhand.experiments.start import Start, given_by
from evenhand.segments import Campaign, Catalogue, Segment, Segmentation
from evenhand.simulator import Simulation

STARTS = date(2026, 1, 5)


def sent(arms: dict[str, Segmentation], **options: int) -> CampaignPlan:
    return plan_campaigns(people(), arms, salt="lives", schedule=Schedule(STARTS, block_periods=3, **options))


def lived(plan: CampaignPlan, seed: int = 3) -> pd.DataFrame:
    start = Start.of(people(), given_by(NOTHING, people().frame))
    return results_of(simulator().population_of(people(), seed), start, positions_in(simulator(), plan), plan)


def totals(results: pd.DataFrame) -> pd.DataFrame:
    return results.drop(columns="time").groupby("customer").sum().reindex(people().frame.index.astype(str)).fillna(0.0)


@pytest.mark.parametrize("exploration", [Exploration(), Exploration(0.3, floor=0), Exploration(0.0)])
def test_a_trial_shows_of_each_customer_what_they_do_where_all_are_in_their_arm(exploration: Exploration) -> None:
    """The same campaign, the same chance of it and the same luck, to the last number."""
    plan = planned(holdback=0.1)
    trial = trial_plan(plan, people(), ARMS, starts=STARTS, exploration=exploration)
    shown = totals(lived(trial))
    rows = trial.frame.set_index("customer").drop(columns="plan")
    for name in ARMS:
        world = world_of(name, trial, people(), ARMS)
        mine = rows["arm"] == name
        assert 200 < mine.sum() < 320
        pd.testing.assert_frame_equal(world.frame.set_index("customer").drop(columns="plan")[mine], rows[mine])
        pd.testing.assert_frame_equal(totals(lived(world))[mine], shown[mine])
        assert (world.frame["arm"] == "holdback").sum() == (rows["arm"] == "holdback").sum()


def test_the_same_population_gives_the_same_bytes_and_another_other_ones() -> None:
    plan = sent(ARMS)
    assert lived(plan).to_csv() == lived(plan).to_csv() != lived(plan, seed=4).to_csv()


def test_results_are_believed_to_the_last_row_and_stand_on_days_of_the_plan() -> None:
    plan = sent(ARMS)
    ledger = judged(results_table(lived(plan)), plan)
    assert (ledger["reason"] == "").all()
    days = pd.to_datetime(ledger["time"]).dt.date
    assert (days.min(), days.max()) == (STARTS, date(2026, 1, 25))
    assert days.nunique() == 21


def test_margin_less_the_cost_of_contacts_is_the_simulator_s_profit() -> None:
    plan = sent({"letters": LETTERS})
    given = positions_in(simulator(), plan)
    population = simulator().population_of(people(), 3)
    start = Start.of(people(), given_by(NOTHING, people().frame))
    life = Simulation(population, np.array([population.seed], np.uint64))
    life.state = start.state(population)._replace(drift=life.state.drift, taste=life.state.taste)
    profit, contacts = np.zeros(600), np.zeros(600)
    for _ in range(3):
        out = life.advance(given[None])
        profit += out.profit[0]
        contacts += out.contacted[0]
    margin = totals(lived(plan))["margin"].to_numpy()
    np.testing.assert_allclose(margin - population.effects.cost[0, given] * contacts, profit, atol=1e-4)


def test_a_campaign_that_the_simulator_does_not_know_is_refused() -> None:
    poster = Campaign(id="poster", name="Poster", channel="mail")
    own = people().catalogue
    other = Catalogue(features=own.features, campaigns=(*own.campaigns, poster), protected=own.protected)
    default = Segment(id="everyone", name="Everyone", campaign="poster")
    strange = Segmentation(catalogue=other, segments=(), default=default)
    with pytest.raises(CampaignError, match="does not know campaign 'poster'"):
        positions_in(simulator(), sent({"posters": strange}))


def test_a_plan_by_the_month_is_refused() -> None:
    with pytest.raises(DataError, match="periods of 30 days"):
        lived(sent(ARMS, period_days=30))
