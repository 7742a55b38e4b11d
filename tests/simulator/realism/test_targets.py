"""Targets are judged as stated, and what falls short is said to."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from evenhand.simulator import Realism
from evenhand.simulator.realism import Copies, Coverage, first_lines, targets_of

COPIES = Copies(1000, 500, 0.0, 0.0, 0.0, "the fitted customers", 1.5, 1.5, 1.0, 0.97, 1.03, 0.01)


def found(joint: float = 0.61, share: float = 0.9, copies: Copies | None = COPIES) -> Realism:
    names = ("frequency", "value", "recency", "redemptions")
    coverage = tuple(Coverage(name, 100, 200, share, 0.8, 0.99, (5,) * 20) for name in names)
    return Realism(100, 26, joint, 0.6, 0.01, 0.01, 0.99, 0.55, 0.5, 0.5, (), coverage=coverage, copies=copies)


@pytest.mark.parametrize(("joint", "met"), [(0.59, True), (0.65, True), (0.651, False), (0.99, False), (0.1, False)])
def test_the_joint_auc_may_be_065_at_most_and_no_classifier_wrong_on_purpose(joint: float, met: bool) -> None:
    assert targets_of(found(joint))[0].met is met


def test_the_aim_is_named_where_it_is_not_reached() -> None:
    assert "aim is not reached" in targets_of(found(0.62))[0].found
    assert "aim" not in targets_of(found(0.60))[0].found


@pytest.mark.parametrize(("share", "met"), [(0.849, False), (0.85, True), (0.95, True), (0.951, False)])
def test_coverage_must_be_85_to_95_per_cent_each(share: float, met: bool) -> None:
    assert [target.met for target in targets_of(found(share=share))[1:5]] == [met] * 4


def test_one_copy_of_any_kind_is_one_too_many() -> None:
    assert targets_of(found())[5].met is True
    for wrong in (
        replace(COPIES, identical=0.001),
        replace(COPIES, same_weeks=0.001),
        replace(COPIES, shuffled=0.001),
    ):
        assert targets_of(found(copies=wrong))[5].met is False


def test_closer_than_real_customers_are_to_each_other_falls_short() -> None:
    assert targets_of(found(copies=replace(COPIES, ratio=0.9, ratio_high=0.99)))[5].met is False


def test_the_first_line_names_what_falls_short() -> None:
    assert first_lines(found())[0] == "6 of 6 targets met"
    lines = first_lines(found(joint=0.7, share=0.5))
    assert lines[0].startswith("1 of 6 targets met, FALLS SHORT in past and future jointly, coverage of frequency")
    assert sum(line.lstrip().startswith("FALLS SHORT") for line in lines[1:]) == 5


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    short = replace(found(), coverage=(), copies=None)
    assert first_lines(short)[0] == "1 of 1 targets met (5 not measured)"
    assert [target.verdict for target in targets_of(short)[1:]] == ["not measured"] * 5
    nothing = replace(found(math.nan), reason="too few", coverage=(), copies=None)
    assert first_lines(nothing) == ["not enough data: too few"]
