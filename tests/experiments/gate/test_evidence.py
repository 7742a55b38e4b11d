from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from tests.experiments.gate.evidences import EVEN, GOOD, effect, evidence, registered

from evenhand.errors import ArtefactError, DataError
from evenhand.experiments.gate import EstimateRecord, Evidence
from evenhand.experiments.inference.estimate import Estimate


def test_evidence_reads_back_with_its_hash(tmp_path: Path) -> None:
    made = evidence(registered())
    (tmp_path / "evidence.json").write_text(made.model_dump_json(), encoding="utf-8")
    back = Evidence.load(tmp_path / "evidence.json")
    assert (back, back.sha256) == (made, made.sha256)
    assert made.days == 28


@pytest.mark.parametrize("estimate", [Estimate(1.5, 0.2), Estimate(-1.0, 3.0, 12.0)])
def test_an_estimate_and_its_record_say_the_same(estimate: Estimate) -> None:
    assert EstimateRecord.of(estimate).estimate == estimate


NAN = {"value": math.nan, "se": 1.0}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"until": "2026-01-01"}, "end on 2026-01-01, before they start"),
        ({"looks": [0.5, 0.5]}, "rise from above 0"),
        ({"looks": []}, "looks: .*at least 1"),
        ({"metrics": GOOD["metrics"][:1] * 2}, "metric 'orders' stands twice"),
        ({"metrics": [{"metric": "orders", "difference": NAN}]}, "finite"),
        ({"metrics": [{"metric": "orders", "difference": {"value": 1, "se": 0}}]}, "greater than 0"),
        ({"origin": "dreamt"}, "origin"),
        ({"policy_sha256": "abc"}, "policy_sha256"),
        ({"units": {"today": -1}}, "units"),
        (
            {"fairness": [{"attribute": "x", "criterion": "harm", "control": EVEN,
                           "treatment": {"low": {"n": 1, "positive": 2}}}]},
            "2 of 1 units",
        ),
        ({"fairness": GOOD["fairness"] * 2}, "fairness counts of 'income, benefit' stands twice"),
        ({"surprise": 1}, "surprise"),
    ],
)  # fmt: skip
def test_evidence_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        evidence(registered(), **changes)


def test_what_is_no_evidence_is_named_with_its_file(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="there is no such evidence"):
        Evidence.load(tmp_path / "gone.json")
    for text, message in [("{", "not JSON"), (json.dumps([1]), "one JSON object")]:
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(ArtefactError, match=message):
            Evidence.load(tmp_path / "x.json")


@pytest.mark.parametrize(
    "changes",
    [
        effect("orders", True, 0.003),
        {"looks": ["0.25"]},
        {"final": "yes"},
        {"start": 1772409600},
        {"units": {"today": True, "finer": 19_990}},
    ],
)
def test_a_value_of_another_kind_is_refused_and_not_turned_into_a_number(changes: dict[str, Any]) -> None:
    """`true` would be an effect of 1, 333 standard errors from 0."""
    with pytest.raises(DataError, match="Input should be a valid"):
        evidence(registered(), **changes)


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"origin": "live", "origin": "simulated"}')
    with pytest.raises(ArtefactError, match="'origin' stands twice"):
        Evidence.load(tmp_path / "x.json")


def test_evidence_is_written_once_whole_and_over_nothing(tmp_path: Path) -> None:
    plan = registered()
    found = evidence(plan)
    path = tmp_path / "new" / "evidence.json"
    assert Evidence.load(found.save(path)) == Evidence.load(found.save(path)) == found
    with pytest.raises(ArtefactError, match="other evidence is there already"):
        evidence(plan, final=True).save(path)
    (tmp_path / "data.parquet").write_bytes(b"\xff\x00")
    with pytest.raises(ArtefactError, match="never overwritten"):
        found.save(tmp_path / "data.parquet")
    with pytest.raises(ArtefactError, match="is a folder"):
        found.save(tmp_path / "new")
    assert sorted(file.name for file in tmp_path.rglob("*")) == ["data.parquet", "evidence.json", "new"]
