"""What cells add up to, on made-up ones whose answers are known."""

from __future__ import annotations

import numpy as np
import pytest
from tests.experiments.benchmark.made_up import BASE, P, beginning, opponents, player, training

from evenhand.experiments.benchmark.cells import Cell
from evenhand.experiments.benchmark.gather import gather
from evenhand.experiments.benchmark.store import Store


def three_seeds(
    store: Store, factor: float, *, scenario: str = "households", held: int = P, begun: np.ndarray | None = None
) -> None:
    opponents(store, scenario=scenario, with_beginning=False)
    beginning(store, begun, scenario=scenario)
    for seed, luck in enumerate((-0.01, 0.0, 0.01), start=1):
        training(store, seed, (factor + luck) * BASE, scenario=scenario, held=held)


def test_the_gain_is_over_the_most_profitable_feasible_baseline_in_per_cent_of_its_profit(store: Store) -> None:
    three_seeds(store, 1.1)
    row = gather(store)["scenarios"]["households"]
    assert row["best_baseline"] == "greedy-shadow"  # greedy earns twice as much and is unfair in half the populations
    assert row["gain_percent"] == pytest.approx(10.0)
    assert 0 < row["gain_low"] < 10 < row["gain_high"]
    assert row["gain_money"]["value"] == pytest.approx(0.1 * BASE.mean(), rel=1e-4)
    assert (row["seeds"], row["populations"], row["feasible_share"]) == (3, P, 1.0)


def test_minutes_to_beat_count_to_the_first_feasible_checkpoint_above_the_baseline(store: Store) -> None:
    three_seeds(store, 1.1)
    row = gather(store)["scenarios"]["households"]
    assert row["minutes_to_beat_by_seed"] == [3.0] * 3  # the one before earned more and was unfair
    assert row["steps_to_beat_by_seed"] == [200] * 3
    assert row["minutes_to_beat"] == 3.0


def test_ppo_without_foresight_or_limits_is_a_baseline_too(store: Store) -> None:
    three_seeds(store, 1.1)
    training(store, 1, 1.05 * BASE, variant="myopic")
    row = gather(store)["scenarios"]["households"]
    assert row["best_baseline"] == "myopic"
    assert row["gain_percent"] == pytest.approx(100 * 0.05 / 1.05, rel=1e-3)
    assert row["ablations"]["myopic"]["value"] == pytest.approx(-0.05 * BASE.mean(), rel=1e-3)
    assert row["over_who_did_not_learn"]["name"] == "greedy-shadow"
    assert row["over_who_did_not_learn"]["minutes_to_beat"] == 3.0
    assert "over the best that did not learn, greedy" in gather(store)["says"][0]


@pytest.mark.parametrize(
    ("factor", "held", "said"),
    [(1.0, P, "TIES with"), (0.5, P, "BEHIND"), (1.5, P // 2, "NOT FAIR ENOUGH"), (1.5, P, "ahead")],
)
def test_the_sentence_says_what_the_figures_say(store: Store, factor: float, held: int, said: str) -> None:
    three_seeds(store, factor, held=held)
    assert said in gather(store)["says"][0]


def test_disappointments_come_first(store: Store) -> None:
    three_seeds(store, 1.5)
    three_seeds(store, 0.5, scenario="restaurants")
    assert [line.partition(":")[0] for line in gather(store)["says"]] == ["restaurants", "households"]


def test_a_base_around_zero_is_said_and_money_is_given(store: Store) -> None:
    opponents(store)
    content = store.read(Cell("households", 1, "opponents")) or {}
    around = 0.05 + np.sin(np.arange(P))
    for name, row in content["found"]["players"].items():
        content["found"]["players"][name] = {**row, **player(around if name == "greedy-shadow" else around - 1)}
    store.write(Cell("households", 1, "opponents"), content["found"], minutes=1.0, cpu_minutes=1.0)
    training(store, 1, around + 0.1)
    found = gather(store)
    assert not found["scenarios"]["households"]["base_clearly_above_zero"]
    assert "not clearly above zero: in money +0.1000" in found["says"][0]


def test_the_planner_is_compared_on_its_own_populations(store: Store) -> None:
    three_seeds(store, 1.1)
    planner = {**player(1.2 * BASE), "label": "planner", "tuning": {}}
    planner["profit"], planner["held"] = planner["profit"][:8], planner["held"][:8]
    store.write(Cell("households", 1, "planner"), planner, minutes=1.0, cpu_minutes=1.0)
    found = gather(store)["scenarios"]["households"]
    assert found["planner"]["populations"] == 8
    assert found["planner"]["learned_less_planner"]["value"] == pytest.approx(-0.1 * BASE[:8].mean(), rel=1e-3)
    assert "planner" not in found["players"]


def test_lifts_stand_beside_what_is_claimed(store: Store) -> None:
    three_seeds(store, 1.1, scenario="coffee_tea")
    lifts = gather(store)["scenarios"]["coffee_tea"]["lifts"]
    assert lifts["open_rate"]["claimed"]["percent"] == 25.0
    assert lifts["open_rate"]["over_blast"]["percent"] == pytest.approx(100.0)
    assert lifts["open_rate"]["over_best_baseline"]["percent"] == 0.0
    assert "claimed" not in lifts["retention"]


def test_cells_of_earlier_code_enter_only_when_asked_for_and_are_counted(store: Store) -> None:
    three_seeds(store, 1.1)
    other = Store(store.root, store.scale.__class__(store.scale.settings.changed(steps=7), 2, 2))
    assert gather(other)["scenarios"] == {}
    assert gather(other, stale=True)["scenarios"]["households"]["stale_cells"] == 3
    assert gather(other)["says"] == ["Nothing has been measured yet."]


def test_greedy_that_begins_with_the_plan_is_a_baseline(store: Store) -> None:
    three_seeds(store, 1.1)
    before = gather(store)["scenarios"]["households"]
    assert before["begins_with"] is None
    assert before["best_baseline"] == "greedy-shadow"
    three_seeds(store, 1.1, begun=1.05 * BASE)
    found = gather(store)["scenarios"]["households"]
    assert found["begins_with"] == "A for everyone"
    assert found["best_baseline"] == "greedy-begun"
    assert found["gain_percent"] == pytest.approx(100 * 0.05 / 1.05, rel=1e-3)
