from __future__ import annotations

import json
import math
from typing import Any

import pytest
from tests.experiments.rehearsal.stage import planned

from evenhand.experiments.inference.estimate import Estimate
from evenhand.experiments.rehearsal.course import Course, Trial
from evenhand.experiments.rehearsal.rates import assumed, effects, endings, plain
from evenhand.experiments.rehearsal.truth import UnitPart
from evenhand.fairness import wilson


def course(verdict: Any = "HOLD", **changes: Any) -> Course:
    values: dict[str, Any] = {
        "days": 14, "found": False, "lacking": (), "reasons": ("why",),
        "estimates": {"opened": Estimate(0.05, 0.01)}, "truth": {"opened": 0.1, "unsubscribed": 0.0, "profit": 1},
    }  # fmt: skip
    return Course(verdict, **{**values, **changes})


def test_trials_are_counted_by_their_end_with_wilson_s_limits() -> None:
    ended = endings(
        [course("SHIP", found=True)] * 7 + [course("HOLD", lacking=("opened",))] * 2 + [course("STOP", days=7)]
    )
    assert {name: share.of_them for name, share in ended.verdicts.items()} == {
        "SHIP": 7, "STOP": 1, "HOLD": 2, "INVALID": 0
    }  # fmt: skip
    low, high = wilson(7, 10)
    assert ended.verdicts["SHIP"][2:] == (0.7, float(low), float(high))
    assert ended.found.value == 0.7
    assert ended.days.value == pytest.approx(13.3)
    assert ended.days_range == (7, 14)
    assert [(name, share.of_them, share.n) for name, share in ended.lacking] == [("opened", 2, 2)]
    assert ended.reasons == (("why", 1),)


def test_power_is_told_for_populations_that_have_the_planned_effect_and_for_those_alone() -> None:
    there = [course(found=k < 3) for k in range(4)]
    not_there = [course(truth={"opened": 0.01, "unsubscribed": 0, "profit": 0}) for _ in range(6)]
    found = effects(planned(), [*there, *not_there])[0]
    assert (found.planned, found.reaching.of_them, found.reaching.n) == (0.1, 4, 10)
    assert (found.found_there.of_them, found.found_there.n) == (3, 4)


def test_intervals_are_held_against_the_truth_of_their_own_population() -> None:
    """1.96 standard errors are 0.0196: an estimate of 0.05 covers 0.04 and not 0.03."""
    truths = [0.05, 0.04, 0.03, 0.07]
    courses = [course(truth={"opened": true, "unsubscribed": 0, "profit": 0}) for true in truths]
    found = effects(planned(), courses)[0]
    assert (found.covered.of_them, found.covered.n) == (2, 4)
    assert found.bias.value == pytest.approx(sum(0.05 - true for true in truths) / 4)
    assert effects(planned(), courses)[1].covered.n == 0  # no estimate: neither right nor wrong


def test_assumptions_stand_beside_what_simulated_customers_do() -> None:
    trials = [Trial({}, {"opened": UnitPart(p, 0.2, 0.1), "profit": UnitPart(0, 0, 0)}) for p in (0.04, 0.06)]
    row = assumed(planned(), trials)[0]
    assert row.sd == pytest.approx(math.sqrt(0.1 * 0.9))
    assert row.simulated_mean.value == pytest.approx(0.05)


def test_plain_data_are_json_without_nan() -> None:
    text = json.dumps(
        plain(endings([course(), course()])) | plain(effects(planned(), [course()] * 2)[2]._asdict()), allow_nan=False
    )
    assert '"value": null' in text  # coverage of what was never estimated
