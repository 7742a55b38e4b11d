"""Cells as files: whole, keyed, and stale when what they follow from has changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.experiments.benchmark.made_up import BASE, beginning, opponents, training

from evenhand.errors import ArtefactError
from evenhand.experiments.benchmark import store as module
from evenhand.experiments.benchmark.cells import Cell
from evenhand.experiments.benchmark.code import code_hash
from evenhand.experiments.benchmark.store import Store
from evenhand.whole import write_whole

OPPONENTS, SEED = Cell("households", 1, "opponents"), Cell("households", 1, "seed", 1)


def test_a_cell_that_was_written_stands_and_says_how_it_came_about(store: Store) -> None:
    assert not store.stands(OPPONENTS)
    opponents(store)
    assert store.stands(OPPONENTS)
    made = (store.read(OPPONENTS) or {})["made"]
    assert {"date", "machine", "versions", "minutes", "cpu_minutes"} <= set(made)
    assert {"python", "torch", "numpy"} <= set(made["versions"])


def test_a_training_can_be_keyed_once_what_it_stands_on_does(store: Store) -> None:
    assert store.key(SEED) is None
    opponents(store, with_beginning=False)
    assert store.key(SEED) is None
    beginning(store)
    today = store.key(SEED)
    assert today != store.key(replace(SEED, seed=2))
    beginning(store, BASE)
    assert store.key(SEED) not in (None, today)  # another beginning, another training


@pytest.mark.parametrize(
    ("change", "stand"),
    [({"seed": 2}, (False, False)), ({"steps": 7}, (True, False)), ({"effect_draws": 9}, (True, True))],
)
def test_other_settings_make_stale_what_depends_on_them(
    store: Store, change: dict[str, int], stand: tuple[bool, bool]
) -> None:
    opponents(store)
    training(store, 1, BASE)
    other = Store(store.root, replace(store.scale, settings=store.scale.settings.changed(**change)))
    assert (other.stands(OPPONENTS), other.stands(SEED)) == stand


def test_other_code_makes_a_cell_stale(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    opponents(store)
    training(store, 1, BASE)
    before = code_hash(learning=False)
    monkeypatch.setattr(module, "code_hash", lambda *, learning, root: "other" if learning else before)
    assert store.stands(OPPONENTS)
    assert not store.stands(SEED)


def test_a_file_that_is_no_cell_is_refused(store: Store) -> None:
    write_whole(store.path(OPPONENTS), "{}")
    with pytest.raises(ArtefactError, match=r"is no cell.*delete it"):
        store.read(OPPONENTS)


def test_usual_minutes_are_those_of_cells_of_the_same_kind(store: Store) -> None:
    guessed = store.usual_minutes(SEED)
    opponents(store)
    assert store.usual_minutes(SEED) == guessed
    training(store, 1, BASE)
    assert store.usual_minutes(replace(SEED, seed=2)) == 4.0
