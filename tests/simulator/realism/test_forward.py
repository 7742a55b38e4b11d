"""Forward simulation reads the past only, and dresses weeks with real compositions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from evenhand.customers import Customers
from evenhand.simulator import Simulator
from evenhand.simulator.habits.baskets import Dressing, dress
from evenhand.simulator.habits.panel import Panel, panel_of
from evenhand.simulator.realism.forward import Forward, given_weeks, simulate_forward, simulate_futures

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
    bit = 1 << ["A", "B", "C"].index(row["campaign"])
    assert given[who, int(row["period"])] & bit
    assert not given_weeks(few, ["A", "B", "C"], 51, 52)[:, 0].all()
    assert (given == 3).any()  # A and B at once
    untouched = ~few.frame.index.isin(few.contacts["customer"])
    assert not given[untouched].any()


def test_futures_are_many_repeatable_and_around_the_single_one(simulator: Simulator, few: Customers) -> None:
    whole = panel_of(few)
    assert whole is not None
    one = simulate_futures(simulator, few, whole, START, 1, 30)
    assert all(array.shape == (30, few.n) for array in one)
    np.testing.assert_array_equal(one.value, simulate_futures(simulator, few, whole, START, 1, 30).value)
    assert len({row.tobytes() for row in one.value}) == 30
    runs = [_run(simulator, few, seed).panel for seed in range(6)]
    assert one.frequency.mean() == pytest.approx(np.mean([p.trips.sum(1).mean() for p in runs]), rel=0.05)
    assert one.value.mean() == pytest.approx(np.mean([p.spend.sum(1).mean() for p in runs]), rel=0.08)
    assert ((one.recency == 26) == (one.frequency == 0)).all()
    assert one.redemptions.max() > 0


def test_no_simulated_half_year_is_a_copy(simulator: Simulator, few: Customers, demo: Customers) -> None:
    """No half year repeats a real one, and the nearest real one is no nearer than real ones are to each other."""
    whole, pool = panel_of(few), panel_of(demo.fit)
    assert whole is not None
    assert pool is not None
    made = simulate_forward(simulator, few, whole, start=START, seed=1, pool=pool).panel
    halves = [p.weeks(*w) for p in (whole, pool) for w in ((0, START), (START, 2 * START))]
    real = np.concatenate([p.categories for p in halves])
    busy = made.trips.sum(1) >= 5
    ours = made.categories[busy].reshape(busy.sum(), -1)
    others = real[real.any((1, 2))].reshape(-1, ours.shape[1])
    assert not {row.tobytes() for row in np.round(ours, 2)} & {row.tobytes() for row in np.round(others, 2)}
    theirs = whole.weeks(START, 2 * START)
    lively = theirs.trips.sum(1) >= 5
    held_out = theirs.categories[lively].reshape(lively.sum(), -1)
    fitted = np.concatenate([p.categories for p in halves[2:]]).reshape(-1, ours.shape[1])
    assert _nearest(ours, fitted) > 0.9 * _nearest(held_out, fitted)
    assert _nearest(ours, held_out) > 0.9 * _nearest(ours, fitted)


def _nearest(rows: np.ndarray, others: np.ndarray) -> float:
    """Return the median distance of log(1 + spend) by week and category to the nearest of `others`."""
    index = NearestNeighbors(n_neighbors=1).fit(np.log1p(np.maximum(others, 0)))
    return float(np.median(index.kneighbors(np.log1p(np.maximum(rows, 0)))[0]))


def test_compositions_are_those_of_weeks_of_like_size() -> None:
    """Small baskets are all food here and large ones mixed: dressed weeks keep that."""
    rng = np.random.default_rng(0)
    spend = rng.choice([5.0, 100.0], (60, 26))
    food = np.where(spend == 5, spend, 0.5 * spend)
    past = Panel(np.ones((60, 26)), spend, np.stack([food, spend - food], 2), ("food", "other"))
    out = dress(spend, past, past, past, dressing=Dressing(), rng=rng)
    assert (out[spend == 5][:, 1] == 0).mean() > 0.98
    assert (out[spend == 100][:, 1] > 0).mean() > 0.98
