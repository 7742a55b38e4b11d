"""The examples run, with budgets that prove nothing."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest
from tests.evenhand.shop import write_shop

import evenhand as eh

EXAMPLES = Path(__file__).parents[2] / "examples"


def test_the_notebook_goes_the_whole_way(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_shop(tmp_path)
    customers = eh.read_customers(tmp_path / "customers.csv", schema=tmp_path / "schema.toml")
    names: dict[str, Any] = runpy.run_path(str(EXAMPLES / "notebook.py"))
    names["main"](customers, "age", eh.StudySettings.preset("tiny"), tmp_path, workers=1)
    said = capsys.readouterr().out
    assert "greedy, shielded" in said
    assert (tmp_path / "profit_and_gap.png").stat().st_size > 1000
