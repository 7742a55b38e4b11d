"""The whole chain on simulated customers: how often it ships what changes nothing, and what its intervals hold."""

from __future__ import annotations

import pytest
from tests.experiments.rehearsal.stage import ARMS, people, planned, simulator

from evenhand.experiments.rehearsal import rehearse


@pytest.mark.slow
def test_aa_tests_ship_seldom_and_intervals_hold_the_truth() -> None:
    """150 trials, four looks. Of 150 A/A trials at most 2.5 % ship: 9 or more in 1.4 % of seeds, of which this is one.

    Coverage of 95 %: 135 or fewer of 150 in 1 % of seeds; intervals on fixed customers err on the wide side (Neyman).
    """
    plan = planned(weeks=4, looks={"kind": "planned", "fractions": [0.25, 0.5, 0.75, 1.0]})
    found = rehearse(plan, ARMS, people(), simulator(), populations=150, seed=4)
    assert found.aa is not None
    assert found.aa["letters"].verdicts["SHIP"].of_them <= 8
    assert found.aa["letters"].verdicts["INVALID"].of_them <= 2
    for effect in found.effects["letters"]:
        if effect.metric != "unsubscribed":
            assert effect.covered.of_them > 135, effect.metric
            assert effect.bias.low < 0 < effect.bias.high or abs(effect.bias.value) < 0.1 * effect.truth.value


@pytest.mark.slow
def test_the_same_seed_gives_the_same_rehearsal_whatever_the_number_of_workers() -> None:
    told: list[tuple[str, object]] = []
    one, two = (
        rehearse(
            planned(), ARMS, people(), simulator(), populations=4, seed=2, aa=False, workers=workers,
            on_progress=lambda name, done: told.append((name, done)),
        )
        for workers in (1, 2)
    )  # fmt: skip
    assert one.to_dict() == two.to_dict()
    assert told == [("trials", done) for done in (1, 2, 3, 4)] * 2
