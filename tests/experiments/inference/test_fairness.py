from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtri

from evenhand.errors import DataError, EvenhandError
from evenhand.experiments.inference.contrasts import contrast
from evenhand.experiments.inference.fairness import Against, Criterion, FairnessPair, GroupCount, fairness_pairs

Z, Z_SPLIT = float(ndtri(0.975)), float(ndtri(0.9875))
N = 4000


def pair(
    control: tuple[float, float], treatment: tuple[float, float], *, against: Against = "control", n: float = N,
    criterion: Criterion = "benefit", testable: tuple[str, ...] = ("a", "b"), design_effect: float = 1.0,
) -> FairnessPair:  # fmt: skip
    """Compare two groups of n with these rates."""
    arms = [{g: GroupCount(n, n * rate) for g, rate in zip("ab", rates, strict=True)} for rates in (control, treatment)]
    found = fairness_pairs(
        *arms, attribute="income", criterion=criterion, margin=0.05, testable=testable, against=against,
        design_effect=design_effect,
    )  # fmt: skip
    return found[0]


def test_even_arms_pass_and_an_arm_that_takes_from_one_group_is_harm() -> None:
    assert pair((0.3, 0.3), (0.31, 0.31)).verdict == "non-inferior"
    taken = pair((0.3, 0.3), (0.2, 0.3))
    assert taken.verdict == "harmed"
    assert (taken.treatment.value, taken.change.value) == pytest.approx((-0.1, -0.1))
    short, other = taken.shortfalls
    assert (short.group, short.other) == ("a", "b")
    assert short.value == pytest.approx(0.1)
    assert short.p_harmed < 0.001 < other.p_harmed


def test_too_little_data_is_neither_passed_nor_harm() -> None:
    assert pair((0.3, 0.3), (0.3, 0.3), n=300).verdict == "not shown"
    unnamed = pair((0.3, 0.3), (0.3, 0.3), testable=("a",))
    assert unnamed.verdict == "not enough data"
    assert unnamed.treatment.low < 0 < unnamed.treatment.high


@pytest.mark.parametrize(("against", "verdict"), [("control", "non-inferior"), ("zero", "harmed")])
def test_a_gap_that_was_there_before_is_not_held_against_the_new_arm(against: Against, verdict: str) -> None:
    assert pair((0.2, 0.4), (0.22, 0.4), against=against).verdict == verdict


def test_closing_a_gap_is_no_harm_to_the_group_that_was_ahead() -> None:
    assert pair((0.2, 0.4), (0.3, 0.3)).verdict == "non-inferior"
    assert pair((0.2, 0.4), (0.4, 0.2)).verdict == "harmed"


def test_more_harm_is_worse_as_less_benefit_is() -> None:
    assert pair((0.1, 0.1), (0.2, 0.1), criterion="harm").shortfalls[0].value == pytest.approx(0.1)
    assert pair((0.1, 0.1), (0.2, 0.1), criterion="benefit").shortfalls[0].value == pytest.approx(-0.1)


def test_clusters_widen_the_intervals_as_fewer_units_would() -> None:
    wide, few = pair((0.3, 0.3), (0.3, 0.3), design_effect=4), pair((0.3, 0.3), (0.3, 0.3), n=N / 4)
    assert (wide.change, wide.verdict) == (few.change, few.verdict)


def test_unknown_and_empty_groups_are_left_out_and_every_other_pair_is_there() -> None:
    arm = {"a": GroupCount(900, 90), "unknown": GroupCount(50, 1), "b": GroupCount(800, 80), "c": GroupCount(70, 7),
           "d": GroupCount(0, 0)}  # fmt: skip
    found = fairness_pairs(arm, arm, attribute="x", criterion="benefit", margin=0.05, testable=("a", "b"))
    assert [(p.a, p.b) for p in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [p.verdict == "not enough data" for p in found] == [False, True, True]


@pytest.mark.parametrize("against", ["zero", "control"])
def test_an_arm_at_the_margin_passes_in_no_more_than_2_5_percent_of_trials(against: Against) -> None:
    """40,000 trials of groups of 1,500 with a shortfall of exactly the margin where the other arm has none: the worst
    case. Above 0.0282 has probability 2e-5 at a rate of 0.025."""
    rng = np.random.default_rng(3)
    n, rates = 1500, (0.25, 0.30, 0.3, 0.3)
    events = rng.binomial(n, rates, (40_000, 4))
    sizes = np.full(4, n)
    if against == "zero":
        passed = -contrast(events, sizes, (1, -1, 0, 0), z=Z)[1] < 0.05
    else:
        level = -contrast(events, sizes, (1, -1, 0, 0), z=Z_SPLIT)[1] < 0.05
        passed = level | (-contrast(events, sizes, (1, -1, -1, 1), z=Z_SPLIT)[1] < 0.05)
    assert 0.015 < passed.mean() <= 0.0282
    one = events[0]  # the judge of one pair agrees with the vectorised one
    arms = [{g: GroupCount(n, float(x)) for g, x in zip("ab", xs, strict=True)} for xs in (one[2:], one[:2])]
    found = fairness_pairs(*arms, attribute="x", criterion="benefit", margin=0.05, testable=("a", "b"),
                           against=against)[0]  # fmt: skip
    z = Z if against == "zero" else Z_SPLIT
    assert (found.shortfalls[0].z_passed >= z) == bool(passed[0])


def test_what_cannot_be_compared_is_refused() -> None:
    arm = {"a": GroupCount(10, 1), "b": GroupCount(10, 1)}
    with pytest.raises(DataError, match="group 'c' is in one arm only"):
        fairness_pairs(arm, {**arm, "c": GroupCount(5, 1)}, attribute="x", criterion="benefit", margin=0.05,
                       testable=())  # fmt: skip
    with pytest.raises(EvenhandError, match="margin of 0"):
        fairness_pairs(arm, arm, attribute="x", criterion="benefit", margin=0.0, testable=())
    with pytest.raises(EvenhandError, match="design effect"):
        fairness_pairs(arm, arm, attribute="x", criterion="benefit", margin=0.1, testable=(), design_effect=0.5)
