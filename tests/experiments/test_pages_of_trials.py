"""The pages on stopping, plans, integrity, fairness, gate, rehearsals and reports: blocks run, figures are true."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.e2e.test_readme import read

from evenhand.experiments.sequential.error_rates import error_rates

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "experiments"


@pytest.mark.parametrize("name", ["stopping", "planning", "integrity", "fairness", "gate", "rehearsal", "report"])
def test_every_block_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    read((PAGES / f"{name}.md").read_text(encoding="utf-8"), tmp_path)


def test_the_measured_error_rates_are_those_of_the_page_and_of_the_committed_result() -> None:
    text = (PAGES / "stopping.md").read_text(encoding="utf-8")
    kept = json.loads((ROOT / "benchmarks" / "results" / "error_rates.json").read_text(encoding="utf-8"))
    for rate in error_rates(seed=kept["seed"]):
        assert kept["looks_20"][rate.way] == pytest.approx(rate._asdict())
        row = f"| `{rate.way}` | {rate.false_positive:.1%} | {rate.power:.1%} | {rate.sample:.0%} |"
        assert row.replace("%", " %") in text
