from __future__ import annotations

import pytest

from evenhand.experiments.report import Comparison, Gap, PolicyEvidence, Report, render_html, verdict_sentence
from evenhand.experiments.report.verdict import Outcome, outcome, standing, tightest_gap

HELPED = Comparison(baseline="greedy-shielded", mean=0.04, low=0.03, high=0.05, n=256, percent=9.17)
UNCLEAR = Comparison(baseline="greedy-shielded", mean=0.002, low=-0.004, high=0.008, n=256, percent=0.4)
HARMED = Comparison(baseline="greedy-shielded", mean=-0.02, low=-0.03, high=-0.01, n=256, percent=-4.5)


def with_learned(report: Report, comparison: Comparison | None, **changes: object) -> Report:
    policies = tuple(
        policy.model_copy(update=changes) if policy.kind == "learned" else policy for policy in report.policies
    )
    return report.model_copy(update={"policies": policies, "comparison": comparison})


def sentence(report: Report) -> str:
    return verdict_sentence(report.policies, report.comparison, customers=2469, labels={"age": "Age"})


@pytest.mark.parametrize(
    ("comparison", "expected", "words", "word"),
    [
        (
            HELPED,
            "helped",
            "Learning helped in simulation: 9.2 % more profit than the best fair alter",
            "best",
        ),
        (UNCLEAR, "unclear", "Learning did not help: 0.4 % more profit than", "no proof"),
        (HARMED, "harmed", "Learning did not help: 4.5 % less profit than", "worse"),
    ],
)
def test_the_interval_decides(report: Report, comparison: Comparison, expected: Outcome, words: str, word: str) -> None:
    one = with_learned(report, comparison)
    assert outcome(one) == expected
    assert sentence(one).replace("\u202f", " ").startswith(words)
    assert sentence(one).count(".\n") == 0
    assert sentence(one).endswith(".")
    assert standing(one, one.policies[-1]) == word
    assert standing(one, one.policy("greedy-shielded")) == "best fair alternative"
    assert standing(one, one.policy("greedy")) == "unfair"
    assert standing(one, one.policy("today")) == ""


def test_an_unclear_result_says_that_chance_can_explain_it(report: Report) -> None:
    assert "which chance alone can explain" in sentence(with_learned(report, UNCLEAR))


def test_success_names_the_tightest_gap(report: Report) -> None:
    assert "with the age gap at 0.038 where 0.050 is allowed" in sentence(with_learned(report, HELPED))


def test_an_unfair_policy_does_not_pass_whatever_it_earns(report: Report) -> None:
    gap = {"age": Gap(mean=0.07, low=0.06, high=0.08, n=256, tolerance=0.05)}
    one = with_learned(report, HELPED, feasible=False, gap=gap)
    assert outcome(one) == "unfair"
    assert sentence(one) == "Learning did not pass: the age gap at 0.070 where 0.050 is allowed."
    rarely = with_learned(report, HELPED, feasible=False, feasible_share=0.71)
    assert "within its limits in only 71" in sentence(rarely)


def test_too_little_data_keeps_what_runs(report: Report) -> None:
    few = report.model_copy(
        update={"policies": (), "comparison": None, "data": report.data.model_copy(update={"customers": 63})}
    )
    assert outcome(few) == "too little"
    assert verdict_sentence((), None, customers=63).endswith("(63 customers): keep the segmentation that runs.")


def test_before_anything_was_learned_nobody_is_told_that_there_are_too_few_customers(report: Report) -> None:
    assert outcome(report.model_copy(update={"policies": (), "comparison": None})) == "not yet"
    said = verdict_sentence((), None, customers=2469)
    assert said == "No policy has been learned and compared yet: keep the segmentation that runs."


def test_without_a_fair_alternative_the_verdict_says_so(report: Report) -> None:
    """On a business whose plan of today is unfair already no baseline may be left to compare with."""
    alone = with_learned(report, None)
    assert outcome(alone) == "no rival"
    assert sentence(alone) == (
        "No alternative is fair enough to compare profit with: the learned policy alone kept within its limits, with "
        "the age gap at 0.038 where 0.050 is allowed."
    )
    assert sentence(with_learned(report, None, feasible=False, feasible_share=0.5)).startswith("Learning did not pass")
    page = render_html(alone)
    assert "Nothing fair to compare with" in page
    assert "No policy was compared" not in page


def test_only_the_chosen_learned_policy_is_judged(report: Report) -> None:
    """Other training seeds are shown, but the evidence is about the first."""
    second = report.policies[-1].model_copy(update={"name": "learned-seed-2", "label": "learned, seed 2 of 2"})
    both = with_learned(report, HELPED).model_copy(update={"policies": (*report.policies, second)})
    assert [standing(both, policy) for policy in both.policies[-2:]] == ["best", ""]
    unfair = both.model_copy(update={"policies": (*report.policies, second.model_copy(update={"feasible": False}))})
    assert standing(unfair, unfair.policies[-1]) == "unfair"


def test_without_limits_nothing_is_said_about_gaps(report: Report) -> None:
    one = with_learned(report, HELPED, gap={})
    assert sentence(one).endswith("(greedy, shielded).")
    assert tightest_gap(one.policies[-1]) is None


def test_a_baseline_of_zero_has_no_percentage(report: Report) -> None:
    comparison = HELPED.model_copy(update={"percent": None})
    assert "0.040 more profit per customer than" in sentence(with_learned(report, comparison))


def test_a_tolerance_of_zero_is_used_up_by_any_gap(report: Report) -> None:
    zero = Gap(mean=0.01, low=0.0, high=0.02, n=9, tolerance=0.0)
    half = Gap(mean=0.04, low=0.03, high=0.05, n=9, tolerance=0.05)
    policy: PolicyEvidence = report.policies[-1].model_copy(update={"gap": {"a": half, "b": zero}})
    assert tightest_gap(policy) == ("b", zero)
