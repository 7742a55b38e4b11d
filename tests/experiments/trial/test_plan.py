from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from tests.experiments.trial.plans import DRAFT, draft

from evenhand.errors import ArtefactError, DataError
from evenhand.experiments.trial.assignment import Holdback
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.shares import assignment_of


def test_a_plan_reads_back_from_toml_and_json_as_the_same_plan() -> None:
    plan = draft()
    assert ExperimentPlan.from_toml(plan.to_toml()) == plan
    back = ExperimentPlan.from_dict(json.loads(plan.model_dump_json()))
    assert (back, back.sha256) == (plan, plan.sha256)


def test_the_hash_is_that_of_the_content_and_of_all_of_it() -> None:
    """The hash is pinned: were it to change, plans that businesses registered would no longer be recognised."""
    plan = draft()
    assert plan.sha256 == draft(arms=json.loads(json.dumps(DRAFT["arms"]))).sha256
    changes: list[dict[str, Any]] = [
        {"hypothesis": "Another."}, {"weeks": 5}, {"alpha": 0.04}, {"salt": "x"}, {"holdback": 0.05},
        {"guardrails": []}, {"looks": {"kind": "any-time"}}, {"washout_weeks": 1},
    ]  # fmt: skip
    assert len({plan.sha256, *(draft(**change).sha256 for change in changes)}) == len(changes) + 1
    assert plan.sha256 == "67420d4769ffca40db07ac5fced9f57164aa9c983a83d45f20a5d66dd9de3feb"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"control": "todya"}, "control 'todya' is not an arm; did you mean 'today'"),
        ({"primary": ["order"]}, "metric 'order' is not declared; did you mean 'orders'"),
        ({"primary": ["margin"]}, "metric as primary or guardrail 'margin' stands twice"),
        ({"arms": DRAFT["arms"][:1]}, "arms: .*at least 2"),
        ({"arms": [{**DRAFT["arms"][0], "share": 0.4}, DRAFT["arms"][1]]}, "add up to 0.9, not to exactly 1"),
        ({"arms": [DRAFT["arms"][0], {**DRAFT["arms"][1], "name": "today"}]}, "arm 'today' stands twice"),
        ({"looks": {"kind": "planned", "fractions": [0.5, 0.4, 1.0]}}, "rise from above 0"),
        ({"looks": {"kind": "planned", "fractions": [0.5, 0.9]}}, "the last look is at 1"),
        ({"weeks": 1.5}, "weeks: .*integer"),
        ({"alhpa": 0.1}, "did you mean 'alpha'"),
        ({"expected": {**DRAFT["expected"], "units": 0}}, "nobody would take part"),
        ({"expected": {**DRAFT["expected"], "icc": 0.1}}, "an icc without a cluster"),
        ({"expected": {"units": 5, "metrics": DRAFT["expected"]["metrics"][:2]}}, "which power needs"),
        ({"fairness": [{"attribute": "income", "groups": {"low": 0.5}}]}, "two groups or more"),
        ({"fairness": [{"attribute": "income", "groups": {"low": 0.9, "high": 0.2}}]}, "more than 1"),
    ],
)  # fmt: skip
def test_a_plan_that_contradicts_itself_is_refused_with_what_to_mend(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        draft(**changes)


def with_assumption(**changes: Any) -> dict[str, Any]:
    first, *others = DRAFT["expected"]["metrics"]
    return {"expected": {**DRAFT["expected"], "metrics": [{**first, **changes}, *others]}}


def test_assumptions_must_fit_their_metric() -> None:
    with pytest.raises(DataError, match="orders is a proportion"):
        draft(**with_assumption(mean=1.2))
    with pytest.raises(DataError, match="name the least effect"):
        draft(**with_assumption(effect=None))
    metrics = [{**a, "sd": None} for a in DRAFT["expected"]["metrics"]]
    with pytest.raises(DataError, match="margin needs its standard deviation"):
        draft(expected={**DRAFT["expected"], "metrics": metrics})


def test_what_is_no_plan_is_named_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"gone\.toml: there is no such file"):
        ExperimentPlan.load(tmp_path / "gone.toml")
    (tmp_path / "broken.toml").write_text("name = ", encoding="utf-8")
    with pytest.raises(ArtefactError, match=r"broken\.toml: is no TOML"):
        ExperimentPlan.load(tmp_path / "broken.toml")


def test_arms_and_metrics_are_found_by_name_or_the_nearest_is_offered() -> None:
    assert draft().challengers == ("finer",)
    with pytest.raises(DataError, match="did you mean 'finer'"):
        draft().arm("fine")
    with pytest.raises(DataError, match="it has orders, margin"):
        draft().metric("xyz")


def test_a_plan_by_which_nobody_could_be_assigned_is_refused_before_it_is_registered() -> None:
    """Assignment compares shares exactly and keeps some signs and names for itself; a registered plan cannot change."""
    third = 0.3333
    arms = [{**arm, "share": third} for arm in DRAFT["arms"]] + [{**DRAFT["arms"][1], "name": "third", "share": third}]
    cases: list[tuple[dict[str, Any], str]] = [
        ({"arms": arms}, "add up to 0.9999, not to exactly 1; write thirds as"),
        ({"salt": "a|b"}, "salt 'a|b'"),
        ({"salt": " "}, "salt ' '"),
        ({"arms": [DRAFT["arms"][0], {**DRAFT["arms"][1], "name": "holdback"}]}, "a word of campaign plans"),
    ]
    for changes, message in cases:
        with pytest.raises(DataError, match=re.escape(message)):
            draft(**changes)
    tenths = [{**arm, "share": share} for arm, share in zip(arms, (0.1, 0.2, 0.7), strict=True)]
    assert len(draft(arms=tenths).arms) == 3  # floats add up to a little less than 1


def test_thirds_may_be_written_as_such_and_stay_thirds_in_json() -> None:
    thirds = [{**arm, "share": "1/3"} for arm in (*DRAFT["arms"], {**DRAFT["arms"][1], "name": "third"})]
    plan = draft(arms=thirds)
    assert ExperimentPlan.from_dict(plan.model_dump(mode="json")) == plan == ExperimentPlan.from_toml(plan.to_toml())
    assert [arm.share for arm in assignment_of(plan).arms] == [Fraction(1, 3)] * 3
    for wrong in ("a third", "4/3", "", "0", True, None):
        with pytest.raises(DataError, match="share"):
            draft(arms=[{**DRAFT["arms"][0], "share": wrong}, DRAFT["arms"][1]])


def test_who_takes_part_is_as_planned() -> None:
    plan = draft(holdback=0.05, arms=DRAFT["arms"][::-1])
    held = Holdback.of("1/20", salt="long")
    assert assignment_of(plan, holdback=held).holdback == held
    for holdback in (None, Holdback.of(0.1, salt="long")):
        with pytest.raises(DataError, match=r"the plan holds 0.05 back.*--holdback 0.05:SALT"):
            assignment_of(plan, holdback=holdback)
    with pytest.raises(DataError, match="put the control, 'today', first"):
        assignment_of(plan, rollout=Fraction(1, 2), holdback=held)
    assert assignment_of(draft(), rollout=Fraction(1, 2)).rollout == Fraction(1, 2)


def test_a_plan_in_another_encoding_is_named_and_a_byte_order_mark_is_no_matter(tmp_path: Path) -> None:
    text = draft().to_toml()
    (tmp_path / "mark.toml").write_text(text, encoding="utf-8-sig")
    assert ExperimentPlan.load(tmp_path / "mark.toml") == draft()
    (tmp_path / "other.toml").write_bytes(text.encode("utf-16"))
    with pytest.raises(ArtefactError, match="TOML is UTF-8"):
        ExperimentPlan.load(tmp_path / "other.toml")
    with pytest.raises(DataError, match="arms"):
        ExperimentPlan.from_toml("arms = 5\nname = 'x'\nhypothesis = 'y'")
