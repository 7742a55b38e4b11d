"""What may be said of a procedure: nothing from one lucky seed."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.experiments.over_seeds import over_seeds, seeds_of_one_procedure

BASE = np.random.default_rng(0).normal(1.0, 0.1, 50)


def found(n: int, gain: float):  # type: ignore[no-untyped-def]  # what over_seeds gives
    noise = np.random.default_rng(n).normal(0, 0.02, size=(n, 50))
    return over_seeds(list(BASE + gain + noise), [np.arange(50) > 2] * n, BASE, name="greedy")


@pytest.mark.parametrize(("n", "few"), [(1, "one seed"), (2, "2 seeds")])
def test_few_seeds_make_no_claim_however_large_the_gain(n: int, few: str) -> None:
    one = found(n, 5.0)
    assert one.claim == f"{few}: no claim about the training procedure"
    assert (one.percent, one.iqm, one.improvement, one.held) == (None, None, None, None)
    assert (one.seeds, one.populations) == (n, 50)


@pytest.mark.parametrize(
    ("n", "gain", "said"),
    [
        (10, 0.1, "10 seeds x 50 populations: the training procedure beats the baseline"),
        (10, -0.1, "10 seeds x 50 populations: the baseline beats the training procedure"),
        (10, 0.0, "10 seeds x 50 populations: chance alone can explain the difference"),
        (4, 0.1, "4 seeds x 50 populations: the training procedure beats the baseline; a claim wants 10 seeds"),
    ],
)
def test_the_claim_follows_the_interval_and_says_how_many(n: int, gain: float, said: str) -> None:
    one = found(n, gain)
    assert one.claim == said
    assert one.percent is not None
    assert one.iqm is not None
    assert one.percent.mean == pytest.approx(100 * gain / BASE.mean(), abs=1)
    assert one.iqm.mean == pytest.approx(one.percent.mean, abs=1)
    assert one.held is not None
    assert one.held.mean == pytest.approx(0.94)


def test_a_baseline_that_earns_nothing_is_no_yardstick() -> None:
    one = over_seeds([BASE] * 3, [BASE > 0] * 3, np.zeros(50), name="hold")
    assert "earns nothing: no claim" in one.claim


def test_only_trainings_of_one_procedure_count_and_each_seed_once() -> None:
    manifests = {
        "learned": {"steps": 100, "seed": 1, "checkpoint": 50},
        "again": {"steps": 100, "seed": 1, "checkpoint": 50},
        "two": {"steps": 100, "seed": 2, "checkpoint": 10},
        "longer": {"steps": 200, "seed": 3, "checkpoint": 10},
    }
    assert seeds_of_one_procedure(manifests) == ["learned", "two"]
    assert seeds_of_one_procedure({}) == []
