"""The published e-mail experiment, foretold: calibrated on random halves, judged on the others."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest

BENCH = Path(__file__).parents[3] / "benchmarks" / "bench_email_experiment.py"
PUBLISHED = {  # README of the data: n, visit, conversion, spend
    "mens": (21_307, 0.18275684, 0.01253109, 1.42261651),
    "womens": (21_387, 0.15140038, 0.00883714, 1.07720157),
    "none": (21_306, 0.10616728, 0.00572609, 0.65278936),
}


@pytest.fixture(scope="module")
def bench() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_email_experiment", BENCH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not module.DATA.exists():
        pytest.skip(f"no {module.DATA.name} in shared/data beside the project")
    return module


def test_the_experiment_reads_as_published(bench: ModuleType) -> None:
    contacts = bench.email_experiment().contacts
    means = contacts.groupby("campaign")[["visited", "redeemed", "spend"]].mean()
    for arm, (n, *published) in PUBLISHED.items():
        assert (contacts["campaign"] == arm).sum() == n
        assert means.loc[arm].tolist() == pytest.approx(published, abs=1e-8)


@pytest.mark.slow
def test_the_experiment_is_foretold(bench: ModuleType) -> None:
    """Eight of the twenty halves of `make bench-email`; seeds are fixed. That womens-only buyers visit 17.0 % with the
    one and 16.6 % with the other e-mail is too near a tie for so few halves.
    """
    customers = bench.email_experiment()
    found = bench.summary(pd.concat([bench.judge(customers, half) for half in range(8)], ignore_index=True))
    assert found["audited_as_randomised"] == 1.0
    assert found["share_within"] >= 0.90
    fails = [name for name, holds in found["known_differences"].items() if not holds]
    assert set(fails) <= {"womens-only: womens, then mens e-mail, then none"}
