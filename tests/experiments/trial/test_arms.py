from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.experiments.trial.plans import DRAFT, draft

from evenhand.customers import demo_customers, rfm_segmentation
from evenhand.customers.toml import dump_toml
from evenhand.errors import ArtefactError, DataError
from evenhand.experiments.trial.arms import arm_of
from evenhand.experiments.trial.plan import ExperimentPlan


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a segmentation, a policy and a plan that names both by file."""
    (tmp_path / "today.json").write_text(rfm_segmentation(demo_customers()).to_json(), encoding="utf-8")
    (tmp_path / "learned").mkdir()
    (tmp_path / "learned" / "policy.json").write_text(json.dumps({"sha256": "c" * 64}))
    arms: list[dict[str, Any]] = [
        {"name": "today", "share": 0.5, "file": "today.json"},
        {"name": "finer", "share": 0.5, "file": "learned"},
    ]
    (tmp_path / "plan.toml").write_text(dump_toml({**DRAFT, "arms": arms}), encoding="utf-8")
    return tmp_path


def test_arms_named_by_file_get_the_name_and_hash_of_what_it_holds(folder: Path) -> None:
    plan = ExperimentPlan.load(folder / "plan.toml")
    today, learned = plan.arms
    assert (today.kind, today.of, today.sha256) == ("segmentation", "today", rfm_segmentation(demo_customers()).hash)
    assert (learned.kind, learned.of, learned.sha256) == ("policy", "learned", "c" * 64)


def test_what_is_neither_segmentation_nor_policy_is_refused(folder: Path) -> None:
    with pytest.raises(ArtefactError, match="there is no such file"):
        arm_of(folder / "gone.json")
    (folder / "learned" / "policy.json").write_text("{}")
    with pytest.raises(ArtefactError, match="without a hash"):
        arm_of(folder / "learned")
    (folder / "learned" / "policy.json").write_text("{")
    with pytest.raises(ArtefactError, match="is no JSON"):
        arm_of(folder / "learned")


def test_a_file_and_a_hash_are_one_too_many(folder: Path) -> None:
    text = (
        (folder / "plan.toml").read_text().replace('file = "today.json"', f'file = "today.json"\nsha256 = "{"a" * 64}"')
    )
    (folder / "plan.toml").write_text(text)
    with pytest.raises(DataError, match="both file and sha256"):
        ExperimentPlan.load(folder / "plan.toml")


def test_plans_without_files_are_left_as_they_are() -> None:
    assert ExperimentPlan.from_toml(draft().to_toml()) == draft()
