"""The whole benchmark at its tiny scale: cells, result, page and pictures, and nothing twice."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[3] / "benchmarks" / "bench_learning.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_learning", BENCH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tiny_runs_end_to_end_and_a_second_call_runs_nothing(
    bench: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = ["--tiny", "--out", str(tmp_path), "--scenarios", "households", "shifted"]
    assert bench.main(call) == 0
    cells = sorted(file.relative_to(tmp_path).as_posix() for file in tmp_path.glob("learning/*/*/*.json"))
    assert cells == [
        "learning/households/1/beginning.json",
        "learning/households/1/opponents.json",
        "learning/households/1/planner.json",
        "learning/households/1/seed-1.json",
        "learning/shifted/1/beginning.json",
        "learning/shifted/1/opponents.json",
        "learning/shifted/1/seed-1.json",
    ]
    said = capsys.readouterr().out.splitlines()
    result = json.loads((tmp_path / "learning.json").read_bytes())
    assert said[-2:] == result["says"]
    for name in ("households", "shifted"):
        keys = {"gain_percent", "gain_low", "gain_high", "best_baseline", "feasible_share", "minutes_to_beat"}
        assert keys <= set(result["scenarios"][name])
    page = (tmp_path / "learning-results.md").read_text(encoding="utf-8")
    assert page.index(result["says"][0]) < page.index("| scenario |")
    for picture in ("learning-gains.png", "learning-curves.png"):
        assert (tmp_path / "pictures" / picture).stat().st_size > 1000

    stamps = [(tmp_path / cell).stat().st_mtime_ns for cell in cells]
    assert bench.main(call) == 0
    assert [(tmp_path / cell).stat().st_mtime_ns for cell in cells] == stamps
    assert "..." not in capsys.readouterr().out
