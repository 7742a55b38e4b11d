"""Which cells there are, and in which order."""

from __future__ import annotations

import pytest

from evenhand.errors import DataError
from evenhand.experiments.benchmark.cells import FULL, SCENARIOS, Cell, home, plan


def test_the_claim_on_the_households_comes_first_then_few_seeds_everywhere() -> None:
    cells = plan()
    at = {cell: k for k, cell in enumerate(cells)}
    assert cells[:12] == [
        Cell("households", 1, "opponents"),
        Cell("households", 1, "beginning"),
        *(Cell("households", 1, "seed", k) for k in range(1, 11)),
    ]
    few = max(at[Cell(home(name).home, home(name).delayed, "seed", 3)] for name in SCENARIOS)
    assert few < min(at[cell] for cell in cells if cell.delayed == 0.5)
    assert (
        max(at[cell] for cell in cells if cell.delayed == 2 and cell.seed == 3) < at[Cell("restaurants", 1, "seed", 4)]
    )


def test_a_cell_comes_after_what_it_stands_on_and_only_once() -> None:
    cells = plan(["shifted", "restaurants"], seeds=2)
    assert len(set(cells)) == len(cells)
    for k, cell in enumerate(cells):
        assert set(cell.needs) <= set(cells[:k]), cell


def test_shifted_reuses_the_policies_of_the_households() -> None:
    assert Cell("households", 1, "seed", 2) in Cell("shifted", 1, "seed", 2).needs
    assert Cell("shifted", 1, "opponents").needs == (Cell("households", 1, "opponents"),)
    assert Cell("households", 1, "beginning") in Cell("shifted", 1, "beginning").needs


def test_a_training_begins_with_what_was_found_to_be_ahead() -> None:
    assert Cell("restaurants", 1, "beginning") in Cell("restaurants", 1, "seed", 1, "no-residual").needs
    assert Cell("restaurants", 1, "beginning").needs == (Cell("restaurants", 1, "opponents"),)


def test_every_cell_has_a_file_of_its_own() -> None:
    names = [(cell.folder, cell.stem) for cell in plan()]
    assert len(set(names)) == len(names)
    assert ("households/1", "seed-1-myopic") in names
    assert ("households/0.5", "opponents") in names


def test_every_cell_is_read_as_it_is_written() -> None:
    for cell in plan():
        assert Cell.named(str(cell)) == cell
    for wrong in ("households", "households/1/oponents", "households/1/seed-one", "households/much/planner"):
        with pytest.raises(ValueError, match=r"."):
            Cell.named(wrong)


def test_an_unknown_scenario_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(DataError, match="did you mean 'restaurants'"):
        plan(["restaurant"])


def test_the_full_scale_is_what_the_claim_needs() -> None:
    assert (FULL.settings.populations, FULL.settings.steps, FULL.planner_populations) == (256, 200_000, 64)
    assert {"policy-tree", "thompson", "greedy-shadow"} <= {name.strip() for name in FULL.settings.opponents.split(",")}
