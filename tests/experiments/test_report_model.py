from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from evenhand import customers
from evenhand.errors import ArtefactError
from evenhand.experiments import compare
from evenhand.experiments.report import (
    AuditedGroup,
    Comparison,
    CurvePoint,
    Data,
    Gap,
    Mean,
    QualityCheck,
    Realism,
    Report,
    Source,
)
from evenhand.simulator.realism import FeatureGap
from evenhand.simulator.realism import Realism as Measured

KEYS = (
    "data realism simulator today learned learning policies comparison recommendations seed versions verdict "
    "settings seconds scenario over_seeds elsewhere mitigation plan"
)


def changed(report: Report, **parts: object) -> Report:
    """Validate a copy with other parts."""
    return Report.model_validate(report.model_dump() | parts)


def test_report_json_has_exactly_the_promised_keys(report: Report) -> None:
    content = json.loads(report.to_json())
    assert sorted(content) == sorted(KEYS.split())
    policy = content["policies"][-1]
    for metric in ("profit", "redemption", "unsubscribe", "churn"):
        assert set(policy[metric]) == {"mean", "low", "high", "n"}
    assert {"mean", "low", "high", "n", "tolerance"} == set(policy["gap"]["age"])
    assert content["comparison"]["paired"] is True
    assert set(content["realism"]["joint"]) == {"simulated", "copy_past", "real_halves", "sd"}


def test_json_round_trip_is_exact_and_the_same_every_time(report: Report) -> None:
    text = report.to_json()
    again = Report.from_json(text)
    assert again == report
    assert again.to_json() == text
    assert text.endswith("}\n")


def test_save_and_load(report: Report, tmp_path: Path) -> None:
    assert Report.load(report.save(tmp_path / "report.json")) == report


def test_durations_do_not_count_when_two_runs_are_compared(report: Report) -> None:
    slower = changed(report, seconds={"train": 999.0})
    assert slower != report
    assert slower.hash == report.hash
    assert slower.same_as(report)
    assert not changed(report, seed=2).same_as(report)


def test_unknown_keys_are_refused_at_every_depth(report: Report) -> None:
    content = json.loads(report.to_json())
    content["policies"][0]["profit"]["median"] = 1.0
    with pytest.raises(ArtefactError, match=r"policies\.0\.profit\.median"):
        Report.from_json(json.dumps(content))
    with pytest.raises(ValidationError, match="surprise"):
        changed(report, surprise=1)


def test_a_missing_key_is_named(report: Report) -> None:
    content = json.loads(report.to_json())
    del content["verdict"]
    with pytest.raises(ArtefactError, match="verdict: Field required"):
        Report.from_json(json.dumps(content))


def test_text_that_is_no_json_is_one_readable_error() -> None:
    with pytest.raises(ArtefactError, match="report: Invalid JSON"):
        Report.from_json('{"data": ')


def test_numbers_that_json_cannot_hold_are_refused_or_null() -> None:
    with pytest.raises(ValidationError, match="finite"):
        CurvePoint(steps=0, gain=float("nan"))
    empty = AuditedGroup(group="a", n=0, share=0, constrained=False, rate=float("nan"))
    assert empty.rate is None


def test_limits_must_hold_the_mean() -> None:
    with pytest.raises(ValidationError, match="do not hold the mean"):
        Mean(mean=1.0, low=1.1, high=1.2, n=3)
    assert Mean(mean=0.3, low=0.1 + 0.2, high=0.4, n=3).low > 0.3


def test_the_comparison_names_a_policy_that_is_there(report: Report) -> None:
    comparison = report.model_dump()["comparison"]
    with pytest.raises(ValidationError, match="names 'oracle'"):
        changed(report, comparison=comparison | {"baseline": "oracle"})
    with pytest.raises(ValidationError, match="share a name"):
        changed(report, policies=[*report.policies, report.policies[0]])


def test_parts_are_built_straight_from_the_statistics() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(1.1, 0.1, 50), rng.normal(1, 0.1, 50)
    paired = compare(a, b)
    comparison = Comparison.of("greedy", paired)
    assert (comparison.mean, comparison.low, comparison.n) == (paired.mean, paired.low, 50)
    assert comparison.percent == paired.percent
    assert Mean.of(a).mean == pytest.approx(a.mean())
    assert Gap.of([0.0, 0.0, 0.01], tolerance=0.05).low == 0


def test_policies_are_found_by_name_and_kind(report: Report) -> None:
    assert report.policy("greedy").label == "greedy"
    assert report.learned_policy is report.policies[-1]
    assert report.today_policy is report.policies[0]
    with pytest.raises(KeyError, match="oracle"):
        report.policy("oracle")


def test_realism_is_taken_over_from_the_simulator() -> None:
    gap = FeatureGap("recency_days", 0.46, 1.0, 1.0, 0.5, 0.5)
    found = Measured(741, 26, 0.66, 0.61, 0.01, 0.02, 0.98, 0.56, 0.5, 0.51, (gap,))
    realism = Realism.of(found)
    assert realism is not None
    assert (realism.joint.simulated, realism.joint.copy_past, realism.joint.real_halves) == (0.66, 0.98, 0.5)
    assert (realism.marginal.simulated, realism.marginal.sd, realism.periods) == (0.61, 0.02, 26)
    assert (realism.marginal.copy_past, realism.marginal.real_halves) == (0.56, 0.51)
    assert realism.per_feature == {"recency_days": 0.46}
    nan = float("nan")
    nothing = Measured(0, 26, nan, nan, nan, nan, nan, nan, nan, nan, (), reason="no history")
    assert Realism.of(nothing) is None


def test_customers_hand_their_sources_and_checks_over_as_they_are() -> None:
    data = Data(
        name="shop",
        customers=3,
        rows={"customers": 3},
        sources=(Source.model_validate(customers.Source("c.csv", 3, "ab", ("MIT",))),),
        quality=(QualityCheck.model_validate(customers.Check("remark", "odd", 2, "look")),),
    )
    assert data.sources[0].notices == ("MIT",)
    assert data.quality[0].mend == "look"
