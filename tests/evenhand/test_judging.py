"""`evenhand realism` as a person uses it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.evenhand.conftest import Command

from evenhand.customers import Customers, demo_customers
from evenhand.simulator import calibrate, realism
from evenhand.simulator.realism import Budget, targets


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a simulator of 350 households and the 500 that they are among."""
    folder = tmp_path_factory.mktemp("shop")
    demo = demo_customers()
    customers = demo.only(demo.frame.index[:500])
    customers.save(folder / "table")
    calibrate(customers.fit, replicates=1).save(folder / "simulator.json")
    return folder


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many futures as a test has time for."""
    small = Budget(futures=2, splits=1, halves=1, answers=2, coverage=4)
    monkeypatch.setattr("evenhand.experiments.realism.realism", lambda *a, budget, **k: realism(*a, budget=small, **k))


@pytest.mark.usefixtures("quick")
def test_it_says_the_verdict_first_and_writes_what_was_asked(place: Path, evenhand: Command, tmp_path: Path) -> None:
    ended = evenhand("realism", place / "simulator.json", place / "table", "--out", tmp_path / "out")
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert "of 6 targets met" in lines[0]
    assert sum(line.startswith(("  met", "  FALLS SHORT")) for line in lines) == 6
    assert "Calibrated on 350 customers" in ended.out
    assert lines[-1] == f"Report: {tmp_path / 'out' / 'realism.html'}"
    plain = json.loads((tmp_path / "out/realism.json").read_text(encoding="utf-8"))
    assert lines[0] == plain["verdict"]


@pytest.mark.usefixtures("quick")
def test_json_is_all_that_is_printed_and_falling_short_is_no_failure(
    place: Path, evenhand: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(targets, "JOINT", 0.3)  # which nobody can reach
    ended = evenhand("realism", place / "simulator.json", place / "table", "--all", "--seed", 3, "--json")
    assert ended.status == 0
    plain = json.loads(ended.out)
    assert plain["targets"][0]["met"] is False
    assert "FALLS SHORT in past and future jointly" in plain["verdict"]
    assert (plain["seed"], plain["held_out"]) == (3, None)
    assert plain["data"]["judged"] > 400


def test_a_study_s_folder_and_the_demo_are_read_too(place: Path, tmp_path: Path) -> None:
    from evenhand.cli.judging import customers_at

    Customers.load(place / "table").save(tmp_path / "study/customers")
    assert customers_at(str(tmp_path / "study")).n == 500
    assert customers_at("demo").n == 2469


def test_wrong_input_ends_with_one_line(place: Path, evenhand: Command, tmp_path: Path) -> None:
    simulator, table = place / "simulator.json", place / "table"
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full/mine.txt").write_text("mine")
    for arguments, said in (
        ((tmp_path / "none.json", table), "none.json: cannot be read"),
        ((table / "manifest.json", table), "is not a saved simulator"),
        ((simulator, "nowhere"), "nowhere: there is no such folder"),
        ((simulator, tmp_path / "empty"), "holds no customers"),
        ((simulator, simulator), "is a file"),
        ((simulator, table, "--out", tmp_path / "full"), "holds mine.txt already"),
        ((simulator, table, "--out", simulator), "--out names a folder"),
    ):
        assert said in evenhand("realism", *arguments).complaint
    assert [item.name for item in (tmp_path / "full").iterdir()] == ["mine.txt"]
