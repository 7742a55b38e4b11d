"""Forward simulation reads the past only, and dresses weeks with real compositions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evenhand.customers import Customers
from evenhand.simulator import Simulator
from evenhand.simulator.baskets import Dressing, dress
from evenhand.simulator.forward import Forward, given_weeks, simulate_forward
from evenhand.simulator.panel import Panel, panel_of

START = 26


@pytest.fixture(scope="module")
def few(demo: Customers) -> Customers:
    return demo.holdout.only(demo.holdout.frame.index[:250])


def _run(simulator: Simulator, customers: Customers, seed: int = 1) -> Forward:
    whole = panel_of(customers)
    assert whole is not None
    return simulate_forward(simulator, customers, whole, start=START, seed=seed)


def test_the_future_is_never_read(simulator: Simulator, few: Customers) -> None:
    assert few.history is not None
    past = replace(few, history=few.history[few.history["period"] < START])
    one, two = _run(simulator, few), _run(simulator, past)
    np.testing.assert_array_equal(one.panel.spend, two.panel.spend)
    np.testing.assert_array_equal(one.panel.categories, two.panel.categories)


def test_the_same_seed_gives_the_same_weeks(simulator: Simulator, few: Customers) -> None:
    one, two, other = _run(simulator, few), _run(simulator, few), _run(simulator, few, seed=2)
    np.testing.assert_array_equal(one.panel.trips, two.panel.trips)
    assert not np.array_equal(one.panel.trips, other.panel.trips)


def test_categories_add_up_to_spend(simulator: Simulator, few: Customers) -> None:
    panel = _run(simulator, few).panel
    np.testing.assert_allclose(panel.categories.sum(2), panel.spend, rtol=1e-9)
    assert ((panel.spend > 0) == (panel.trips > 0)).all()
    assert (panel.categories == 0).mean() > 0.3  # exact zeros, as real weeks have them


def test_habits_carry_over(simulator: Simulator, few: Customers) -> None:
    whole = panel_of(few)
    assert whole is not None
    past = whole.weeks(0, START)
    active = past.trips.sum(1) > 5
    ours = np.mean([_run(simulator, few, seed).panel.trips.sum(1) for seed in range(4)], axis=0)
    assert np.corrcoef(np.log1p(past.trips.sum(1)[active]), np.log1p(ours[active]))[0, 1] > 0.8
    assert ours.mean() == pytest.approx(past.trips.sum(1).mean(), rel=0.15)


def test_redemptions_happen_only_in_weeks_of_a_campaign(simulator: Simulator, few: Customers) -> None:
    out = _run(simulator, few)
    given = given_weeks(few, ["A", "B", "C"], START, START + 26)
    assert not out.redeemed[given == 0].any()
    assert out.redeemed[given > 0].sum() > 0
    silent = replace(few, contacts=None)
    assert not _run(simulator, silent).redeemed.any()


def test_given_weeks_follow_the_log(few: Customers) -> None:
    assert few.contacts is not None
    given = given_weeks(few, ["A", "B", "C"], 0, 52)
    row = few.contacts.iloc[0]
    who = few.frame.index.get_loc(row["customer"])
    assert given[who, int(row["period"])] > 0
    untouched = ~few.frame.index.isin(few.contacts["customer"])
    assert not given[untouched].any()


def test_compositions_are_those_of_weeks_of_like_size() -> None:
    """Small baskets are all food here and large ones mixed: dressed weeks keep that."""
    rng = np.random.default_rng(0)
    spend = rng.choice([5.0, 100.0], (60, 26))
    food = np.where(spend == 5, spend, 0.5 * spend)
    past = Panel(np.ones((60, 26)), spend, np.stack([food, spend - food], 2), ("food", "other"))
    out = dress(spend, past, past, past, dressing=Dressing(), rng=rng)
    assert (out[spend == 5][:, 1] == 0).mean() > 0.98
    assert (out[spend == 100][:, 1] > 0).mean() > 0.98
