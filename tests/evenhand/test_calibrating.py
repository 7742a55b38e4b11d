"""`evenhand calibrate DATA --out FILE` as a person uses it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.evenhand.conftest import Command

from evenhand.customers import demo_customers
from evenhand.simulator import Simulator


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    demo = demo_customers()
    return demo.only(demo.frame.index[:200]).save(tmp_path_factory.mktemp("few") / "table")


def test_a_simulator_is_written_that_can_be_judged_on_the_others(
    table: Path, evenhand: Command, tmp_path: Path
) -> None:
    file = tmp_path / "simulator.json"
    ended = evenhand("calibrate", table, "--out", file, "--tiny")
    assert (ended.status, ended.err) == (0, "")
    assert Simulator.load(file).content.customers == 140
    assert "60 others are left to judge it on" in ended.out
    assert ended.out.splitlines()[-1] == f"Next: evenhand realism {file} {table}"
    before = file.read_bytes()
    assert evenhand("calibrate", table, "--out", file, "--tiny").status == 0
    assert file.read_bytes() == before, "the same seed gives the same bytes"
    assert evenhand("calibrate", table, "--out", file, "--tiny", "--all").status == 0
    assert Simulator.load(file).content.customers == 200


def test_the_file_holds_no_customer(table: Path, evenhand: Command, tmp_path: Path) -> None:
    evenhand("calibrate", table, "--out", tmp_path / "simulator.json", "--tiny")
    text = (tmp_path / "simulator.json").read_text(encoding="utf-8")
    demo = demo_customers()
    assert not [name for name in map(str, demo.frame.index[:200]) if f'"{name}"' in text]


def test_nothing_else_is_overwritten(table: Path, evenhand: Command, tmp_path: Path) -> None:
    mine = tmp_path / "letter.json"
    mine.write_text('{"dear": "customer"}', encoding="utf-8")
    ended = evenhand("calibrate", table, "--out", mine, "--tiny")
    assert ended.status == 2
    assert "no simulator that could be replaced" in ended.err
    assert mine.read_text(encoding="utf-8") == '{"dear": "customer"}'


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        (["--out", "."], "is a folder"),
        (["--out", "nowhere/simulator.json"], "there is no such folder"),
        (["--all"], "--all is given without --out"),
    ],
)
def test_what_cannot_be_done_is_one_line(table: Path, evenhand: Command, extra: list[str], said: str) -> None:
    ended = evenhand("calibrate", table, *extra, "--tiny")
    assert ended.status == 2
    assert said in ended.err
    assert len(ended.err.splitlines()) == 1
