"""Working through a plan: in order, once, and only what fits."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.experiments.benchmark.made_up import BASE, beginning, opponents, training

from evenhand.experiments.benchmark import desk
from evenhand.experiments.benchmark.cells import Cell, plan
from evenhand.experiments.benchmark.desk import work_through
from evenhand.experiments.benchmark.store import Store

PLAN = [cell for cell in plan(["households"], seeds=2, brief=True) if cell.part != "planner"]


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Cell]:
    found: list[Cell] = []

    def run(cell: Cell, store: Store, work: Path) -> None:
        found.append(cell)
        if cell.part == "opponents":
            opponents(store, with_beginning=False)
        elif cell.part == "beginning":
            beginning(store)
        else:
            training(store, cell.seed, BASE)

    monkeypatch.setattr(desk, "run_cell", run)
    return found


def test_every_cell_is_run_once_in_order(store: Store, ran: list[Cell], tmp_path: Path) -> None:
    for _ in range(2):
        assert work_through(PLAN, store, tmp_path, minutes=1000, processes=1) == []
    assert ran == PLAN


def test_nothing_is_begun_that_no_longer_fits(store: Store, ran: list[Cell], tmp_path: Path) -> None:
    work_through(PLAN, store, tmp_path, minutes=1, processes=1)
    assert ran == []


def test_what_does_not_stand_afterwards_has_failed(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "run_cell", lambda cell, store, work: None)
    lines: list[str] = []
    assert work_through(PLAN, store, tmp_path, minutes=1000, processes=1, say=lines.append) == PLAN[:1]
    assert lines[-1] == "households/1/opponents FAILED"
