"""Cells outlive a change of the code that changes no number, and no other change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.experiments.benchmark.made_up import BASE, opponents, training

from evenhand.errors import DataError
from evenhand.experiments.benchmark import renewal
from evenhand.experiments.benchmark import store as module
from evenhand.experiments.benchmark.cells import Cell
from evenhand.experiments.benchmark.code import ROOT
from evenhand.experiments.benchmark.store import Store
from evenhand.whole import write_whole

OPPONENTS, SEED, OTHER = (
    Cell("households", 1, "opponents"),
    Cell("households", 1, "seed", 1),
    Cell("restaurants", 1, "opponents"),
)
BEGINNINGS = Cell("households", 1, "beginning"), Cell("restaurants", 1, "beginning")
EARLIER = Path("earlier")


@pytest.fixture
def earlier(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Three cells that stand by the code in EARLIER; today's differs."""
    of = {EARLIER: "earlier", ROOT: "earlier"}
    monkeypatch.setattr(module, "code_hash", lambda *, learning, root: f"{of[root]} {learning}")
    opponents(store)
    training(store, 1, BASE)
    opponents(store, scenario="restaurants")
    of[ROOT] = "today"
    monkeypatch.setattr(renewal, "code_hash", lambda *, learning, root=ROOT: f"{of[root]} {learning}")
    return store


def finds(
    monkeypatch: pytest.MonkeyPatch, store: Store, *, more: float = 0.0, stopped_at: Cell | None = None
) -> list[str]:
    """Let cells that are run anew find what they found, `more` of profit, in other time; return which were."""
    ran: list[str] = []

    def run(cell: Cell, own: Store, work: Path) -> Path:
        assert all(own.stands(needed) for needed in cell.needs)
        if cell == stopped_at:
            raise KeyboardInterrupt
        ran.append(str(cell))
        found = json.loads(json.dumps((store.read(cell) or {})["found"]))
        found["profit" if "profit" in found else "nobody"][-1] += more
        for name in {"tuning_cpu_minutes", "training_cpu_minutes"} & set(found):
            found[name] = 77.0
        return own.write(cell, found, minutes=1.0, cpu_minutes=1.0)

    monkeypatch.setattr(renewal, "run_cell", run)
    return ran


def renew(store: Store, folder: Path, work: Path, anew: list[Cell]) -> list[Cell]:
    return renewal.renew(store, folder, work, anew=anew, processes=1)


def test_cells_are_renewed_once_some_found_the_same(
    earlier: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = [earlier.read(cell) or {} for cell in (OPPONENTS, SEED, OTHER)]
    assert not any(earlier.stands(cell) for cell in (OPPONENTS, SEED, OTHER))
    ran = finds(monkeypatch, earlier)
    renewed = renew(earlier, EARLIER, tmp_path / "work", [OPPONENTS, SEED])
    assert set(renewed) == {OPPONENTS, SEED, OTHER, *BEGINNINGS}
    assert ran == [str(OPPONENTS), str(SEED)]
    for cell, content in zip((OPPONENTS, SEED, OTHER), before, strict=True):
        assert earlier.stands(cell)
        assert (earlier.read(cell) or {}) | {"key": ""} == content | {"key": ""}  # the numbers that were committed
    (noted,) = json.loads((earlier.root / renewal.RECORD).read_bytes())
    assert noted["anew"] == ran
    assert noted["code"]["playing"] == {"before": "earlier False", "now": "today False"}


def test_nothing_is_renewed_where_one_number_differs(
    earlier: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    finds(monkeypatch, earlier, more=1e-6)
    with pytest.raises(DataError, match="households/1/opponents finds another nobody now"):
        renew(earlier, EARLIER, tmp_path / "work", [OPPONENTS])
    assert not any(earlier.stands(cell) for cell in (OPPONENTS, SEED, OTHER))
    assert not (earlier.root / renewal.RECORD).exists()


def test_what_did_not_stand_by_the_earlier_code_shows_nothing_and_stays_stale(
    earlier: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    finds(monkeypatch, earlier)
    content = earlier.read(OTHER) or {}
    write_whole(earlier.path(OTHER), json.dumps(content | {"key": "of another time"}))
    with pytest.raises(DataError, match="did not stand"):
        renew(earlier, EARLIER, tmp_path / "work", [OTHER])
    assert OTHER not in renew(earlier, EARLIER, tmp_path / "work", [SEED])
    assert not earlier.stands(OTHER)


def test_what_was_run_anew_before_a_stop_is_not_run_twice(
    earlier: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = finds(monkeypatch, earlier, stopped_at=SEED)
    with pytest.raises(KeyboardInterrupt):
        renew(earlier, EARLIER, tmp_path / "work", [OPPONENTS, SEED])
    assert not earlier.stands(OPPONENTS)
    again = finds(monkeypatch, earlier)
    renew(earlier, EARLIER, tmp_path / "work", [OPPONENTS, SEED])
    assert (ran, again) == ([str(OPPONENTS)], [str(SEED)])
    assert earlier.stands(SEED)
