"""`evenhand evaluate ... --on`: what is printed, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.evenhand.conftest import Command

SMALL = ("--populations", 3, "--customers", 60, "--workers", 1)


@pytest.fixture
def trained(study: Path, evenhand: Command) -> Path:
    assert evenhand("train", "study", "--tiny", "--steps", "64").status == 0
    return next((study / "policy").iterdir())


def test_policies_meet_on_a_simulator_and_numbers_come_as_json(evenhand: Command, trained: Path) -> None:
    arguments = ("evaluate", trained, "random", "--on", "study/simulator.json", *SMALL)
    said = evenhand(*arguments)
    assert said.status == 0, said.err
    assert "3 unseen populations of study/simulator.json" in said.out
    assert "One seed: no claim about the training procedure." in said.out or "fair enough" in said.out
    found = json.loads(evenhand(*arguments, "--json").out)
    assert [policy["name"] for policy in found["policies"]] == ["today", "random", str(trained)]
    assert found["populations"] == 3
    assert set(found["policies"][0]["welfare"])
    assert not Path("study/evaluation.json").exists()  # nothing is kept
    shifted = json.loads(evenhand(*arguments, "--json", "--scenario", "shifted").out)
    assert shifted["scenario"] == "shifted"
    assert shifted["profits"]["today"] != found["profits"]["today"]


def test_limits_and_worlds_are_named_on_the_line(evenhand: Command, shop: Path) -> None:
    said = evenhand("evaluate", "random", "--on", "restaurants", "--constraint", "none", *SMALL)
    assert said.status == 0, said.err
    assert "gap" not in said.out
    assert "100" in said.out  # within limits, where there are none


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("gredy", "--on", "restaurants"), "did you mean 'greedy'?"),
        (("random", "--on", "restaurant"), "did you mean 'restaurants'?"),
        (("random", "greedy"), "name a simulator with --on"),
        (("study", "--populations", "9"), "--populations is given without --on"),
        (("random", "--on", "restaurants", "--constraint", "agee=0.1"), "is no protected attribute"),
        (("random", "--on", "restaurants", "--constraint", "age=much"), "ATTRIBUTE=TOLERANCE"),
        (("random", "--on", "restaurants", "--populations", "1"), "populations = 1"),
    ],
)
def test_what_does_not_fit_ends_with_one_line(
    evenhand: Command, shop: Path, arguments: tuple[str, ...], said: str
) -> None:
    assert said in evenhand("evaluate", *arguments).complaint
