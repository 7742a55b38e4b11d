"""The benchmark compares like with like: its NumPy floors compute the very co-moments of the scan."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import polars as pl
import pytest

from evenhand.experiments.moments import scan

BENCH = Path(__file__).parents[3] / "benchmarks" / "bench_experiments.py"


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_experiments", BENCH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("floor", ["floor_mask", "floor_take", "floor_blocks"])
def test_a_floor_is_the_same_work(bench: ModuleType, floor: str) -> None:
    table = bench.shop(20_000)
    found = scan(table, bench.COLUMNS, by=["group"])
    assert found.keys == tuple((arm, group) for arm in bench.ARMS for group in bench.GROUPS)
    result: Any = bench.FLOORS[floor](table)()
    n, mean, comoment = result if floor == "floor_blocks" else zip(*result, strict=True)
    np.testing.assert_array_equal(np.asarray(n), found.n)
    np.testing.assert_allclose(np.stack(list(mean)), found.mean, rtol=1e-9)
    np.testing.assert_allclose(np.stack(list(comoment)), found.comoment, rtol=1e-7, atol=1e-5)


def test_everyone_agrees_and_the_large_file_is_what_it_says(bench: ModuleType, tmp_path: Path) -> None:
    assert bench.agreement(bench.shop(5000))
    bench.write_large(tmp_path / "large.parquet", 2500, at_once=1000)
    table = pl.read_parquet(tmp_path / "large.parquet")
    assert table["id"].n_unique() == len(table) == 2500
    assert bench.alone("parquet", str(tmp_path / "large.parquet"))["rows"] == 2500
