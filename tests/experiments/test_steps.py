"""A study from a customer table to its report, and what becomes of it when a step is missing or made again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.experiments.conftest import go_through
from tests.experiments.shop import quick, shop

from evenhand.customers import read_customers
from evenhand.errors import ArtefactError, DataError
from evenhand.experiments import steps
from evenhand.experiments.evaluation import Evaluation
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.report import Report
from evenhand.segments import Segmentation


def content(folder: StudyFolder) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((folder.path / "report.json").read_text(encoding="utf-8"))
    del report["seconds"]
    return report


def test_one_seed_gives_one_report_whatever_the_workers(shop_study: StudyFolder, tmp_path: Path) -> None:
    again = StudyFolder(tmp_path / "again")
    report = go_through(again, quick(), shop(), workers=2)
    assert content(again) == content(shop_study)
    assert report.same_as(Report.load(shop_study.path / "report.json"))
    made = sorted(
        p.relative_to(again.path)
        for p in again.path.rglob("*")
        if p.is_file() and not {"customers", "logs"} & set(p.parts)  # logs tell the time of day
    )
    assert len([path for path in made if path.name == "weights.npz"]) == 2
    for path in made:
        if path.name not in ("seconds.json", "report.json", "report.html"):
            assert (again.path / path).read_bytes() == (shop_study.path / path).read_bytes(), path


def test_another_seed_gives_other_numbers(shop_study: StudyFolder, tmp_path: Path) -> None:
    other = StudyFolder(tmp_path / "other")
    go_through(other, quick(seed=2), shop())
    one, two = content(shop_study), content(other)
    assert (one["seed"], two["seed"]) == (1, 2)
    assert one["simulator"]["hash"] != two["simulator"]["hash"]
    for policy, same in zip(one["policies"][:2], two["policies"][:2], strict=True):
        assert policy["name"] == same["name"]
        assert policy["profit"]["mean"] != same["profit"]["mean"]


def test_every_step_leaves_its_time_and_its_files(shop_study: StudyFolder) -> None:
    seconds = shop_study.read_plain("seconds.json")
    assert list(seconds) == ["calibrate", "evaluate", "ingest", "recommend", "train"]
    assert all(value >= 0 for value in seconds.values())
    there = {item.name for item in shop_study.path.iterdir()}
    assert not [name for name in there if name.startswith(".")]
    assert there >= {"report.json", "report.html", "learned.json", "recommendations.json"}
    assert [policy.manifest["seed"] // 1000 for policy in shop_study.policies()] == [1, 1]


def test_the_report_holds_what_the_steps_found(shop_study: StudyFolder) -> None:
    report = Report.load(shop_study.path / "report.json")
    evaluation = Evaluation.from_dict(shop_study.read_plain("evaluation.json"))
    assert report.policies == evaluation.policies
    assert report.comparison == evaluation.comparison
    assert report.realism is None  # no history
    assert report.settings.seeds == 2
    assert report.data.customers == 600
    assert report.learned is not None
    assert Segmentation.model_validate(report.learned.segmentation).hash == (
        Segmentation.from_json((shop_study.path / "learned.json").read_text()).hash
    )
    assert {a.attribute: a.tolerance for a in report.today.audit} == {"age": 0.05, "region": None}
    assert sum(segment.customers for segment in report.today.segments) == 600


def test_learning_curves_begin_at_the_greedy_that_they_are_shown_beside(shop_study: StudyFolder) -> None:
    learning = Report.load(shop_study.path / "report.json").learning
    assert learning is not None
    assert len(learning.seeds) == 2
    for seed in learning.seeds:
        assert seed.points[0].steps == 0
        assert seed.points[0].gain == learning.reference
        assert seed.chosen in [point.steps for point in seed.points]


def test_a_report_can_be_had_after_every_step(tmp_path: Path) -> None:
    folder, settings = StudyFolder(tmp_path / "study"), quick(training_seeds=1)
    with pytest.raises(ArtefactError, match="evenhand ingest"):
        steps.report_step(folder)
    steps.ingest_step(folder, shop())
    first = steps.report_step(folder)
    assert "learned and compared yet: keep the segmentation that runs" in first.verdict
    assert (first.simulator, first.learning, first.policies) == (None, None, ())
    with pytest.raises(ArtefactError, match="run `evenhand calibrate"):
        steps.train_step(folder, settings)
    steps.calibrate_step(folder, settings)
    assert steps.report_step(folder).simulator is not None
    with pytest.raises(ArtefactError, match="run `evenhand train"):
        steps.evaluate_step(folder)
    steps.train_step(folder, settings)
    trained = steps.report_step(folder)
    assert trained.learning is not None
    assert trained.comparison is None
    assert "learned and compared yet" in trained.verdict
    steps.recommend_step(folder)
    assert steps.report_step(folder).learned is not None
    steps.evaluate_step(folder)
    assert steps.report_step(folder).learned_policy is not None
    steps.calibrate_step(folder, settings)  # made again: nothing that stood on the old one is shown any more
    again = steps.report_step(folder)
    assert (again.learning, again.learned, again.policies, again.recommendations) == (None, None, (), ())
    assert set(again.seconds) == {"ingest", "calibrate"}


def test_a_step_that_fails_leaves_the_study_as_it_was(tmp_path: Path) -> None:
    folder = StudyFolder(tmp_path / "study")
    steps.ingest_step(folder, shop())
    steps.calibrate_step(folder, quick())
    before = {item.name: item.read_bytes() for item in folder.path.iterdir() if item.is_file()}
    with pytest.raises(DataError, match=r"'agee' is no protected attribute.*did you mean 'age'"):
        steps.train_step(folder, quick(attribute="agee"))
    assert {item.name: item.read_bytes() for item in folder.path.iterdir() if item.is_file()} == before


def test_a_training_that_was_stopped_goes_on_and_ends_with_the_same_files(
    shop_study: StudyFolder, tmp_path: Path
) -> None:
    folder = StudyFolder(tmp_path / "study")
    steps.ingest_step(folder, shop())
    steps.calibrate_step(folder, quick())

    def stop(name: str, message: Any) -> None:
        if (name, message) == ("seed 2", 48):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        steps.train_step(folder, quick(), tell=stop)
    assert not folder.has("policy")
    with pytest.raises(ArtefactError, match=r"has budget.steps = 96, this one 120.*or delete"):
        steps.train_step(folder, quick(steps=120))
    begun: dict[str, list[Any]] = {}
    steps.train_step(folder, quick(), tell=lambda name, message: begun.setdefault(name, []).append(message))
    assert (begun["seed 1"][0], begun["seed 2"][0]) == (72, 24)
    assert not folder.has("half-done")
    assert sorted(one.name for one in (folder.path / "logs").iterdir()) == ["seed-1000", "seed-1001"]
    for name in ("learning.json", "policy"):
        files = [folder.path / name] if name.endswith("json") else sorted((folder.path / name).rglob("*.*"))
        for file in files:
            assert file.read_bytes() == (shop_study.path / file.relative_to(folder.path)).read_bytes(), file


def test_too_few_customers_are_told_to_keep_what_runs(tmp_path: Path) -> None:
    """From their file to the page, without a traceback on the way."""
    few = shop(120)
    table = few.frame.rename(columns={"consent": "newsletter"}).reset_index()
    table.assign(newsletter=table["newsletter"].astype(int)).to_csv(tmp_path / "few.csv", index=False)
    (tmp_path / "schema.toml").write_text(few.schema.to_toml(), encoding="utf-8")
    customers = read_customers(tmp_path / "few.csv", schema=tmp_path / "schema.toml")
    folder = StudyFolder(tmp_path / "study")
    steps.ingest_step(folder, customers)
    with pytest.raises(DataError, match=r"120 customers are too few.*keep the segmentation that runs"):
        steps.calibrate_step(folder, quick())
    report = steps.report_step(folder)
    assert report.verdict == ("There is too little to learn from (120 customers): keep the segmentation that runs.")
    assert "Too little data" in (folder.path / "report.html").read_text(encoding="utf-8")
    assert not folder.has("simulator.json")


# ------------------------------------------------------------------------------------------- the demo


def test_the_demo_goes_through_from_households_to_tweaks(demo_study: StudyFolder) -> None:
    """Tiny budgets prove nothing; every part is there and fits the others."""
    report = Report.load(demo_study.path / "report.json")
    assert report.data.customers == 2469
    assert report.realism is not None
    assert 0.5 < report.realism.joint.simulated < report.realism.joint.copy_past
    assert [policy.name for policy in report.policies] == [
        "today", "random", "rfm", "kmeans", "uplift-tree", "linucb", "greedy", "greedy-shielded", "greedy-shadow",
        "learned",
    ]  # fmt: skip
    assert {"age", "income", "marital", "household", "kids"} >= set(report.policies[0].gap)
    limited = {name for name, gap in report.policies[0].gap.items() if gap.tolerance is not None}
    assert limited == {"income"}
    assert report.verdict.startswith("Learning ")
    assert len((demo_study.path / "report.html").read_text(encoding="utf-8")) > 50_000
    for row in report.recommendations:
        assert row.expected["profit"].mean > 0
        assert row.affected_customers > 0


def test_a_policy_that_changes_little_and_todays_holding_meet_the_same_customers(demo_study: StudyFolder) -> None:
    """One-step greedy contacts nearly whom today's segmentation does; who contacts hardly anyone shares little luck."""
    evaluation = Evaluation.from_dict(demo_study.read_plain("evaluation.json"))
    spread = np.std(evaluation.profits["today"])
    paired = np.std(evaluation.profits["greedy-shielded"] - evaluation.profits["today"])
    assert paired < spread / 2
