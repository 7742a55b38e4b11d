"""Fairness before, inside and after learning: one table on the same populations, in the report when it is there."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.experiments.test_html import Page

from evenhand.agents import LearnedPolicy
from evenhand.errors import ArtefactError
from evenhand.experiments import steps
from evenhand.experiments.evaluation import Evaluation
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.mitigation import WAYS
from evenhand.experiments.report import Mitigation, Report
from evenhand.experiments.reweighed import reweighed
from evenhand.experiments.setup import attribute_of, setup_of
from evenhand.segments import Condition, RuleGroup, Segment
from evenhand.simulator import calibrate


@pytest.fixture(scope="module")
def study(shop_study: StudyFolder, tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    folder = tmp_path_factory.mktemp("mitigated") / "study"
    shutil.copytree(shop_study.path, folder)
    return StudyFolder(folder)


@pytest.fixture(scope="module")
def found(study: StudyFolder) -> Mitigation:
    return steps.mitigate_step(study)


def test_every_combination_that_is_asked_for_stands_in_the_table(found: Mitigation) -> None:
    places = {row.name: (row.before, row.inside, row.after) for row in found.rows}
    assert places == {
        "today": (False, False, False), "none": (False, False, False), "before": (True, False, False),
        "inside": (False, True, False), "after": (False, False, True), "all": (True, True, True),
    }  # fmt: skip
    assert [way.name for way in WAYS] == list(places)[1:]
    assert {row.profit.n for row in found.rows} == {4}
    assert [row.name for row in found.rows if row.against_none is None] == ["none"]
    assert [row.name for row in found.rows if row.threshold is not None] == ["after", "all"]


def test_inside_is_the_policy_that_the_study_learned(found: Mitigation, study: StudyFolder) -> None:
    """Same populations, same luck as in the study's evidence, hence the same numbers to the last bit."""
    evidence = {policy.name: policy for policy in Evaluation.from_dict(study.read_plain("evaluation.json")).policies}
    rows = {row.name: row for row in found.rows}
    for name, same in (("inside", "learned"), ("today", "today")):
        assert rows[name].profit == evidence[same].profit
        assert rows[name].gap == evidence[same].gap["age"]
        assert rows[name].held == evidence[same].held


def test_the_worst_off_group_is_the_one_with_least(found: Mitigation, study: StudyFolder) -> None:
    today = Evaluation.from_dict(study.read_plain("evaluation.json")).policies[0].welfare["age"]
    worst = found.rows[0].worst_off
    assert worst is not None
    assert worst.beneficial.mean == today.worst_off.beneficial
    assert worst.group in {group.group for group in today.groups if group.counted}


def test_profit_less_none_is_the_difference_of_the_means(found: Mitigation) -> None:
    none = found.rows[1].profit.mean
    for row in found.rows:
        if row.against_none is not None:
            np.testing.assert_allclose(row.against_none.mean, row.profit.mean - none, atol=1e-12)


def test_the_file_and_the_report_hold_it_and_a_new_training_takes_it_away(
    found: Mitigation, study: StudyFolder, tmp_path: Path
) -> None:
    assert study.read("mitigation.json", Mitigation) == found
    assert not study.has("mitigating")
    report = steps.report_step(study)
    assert report.mitigation == found
    assert Report.load(study.path / "report.json").mitigation == found
    page = Page((study.path / "report.html").read_text(encoding="utf-8"))
    said = [text for tag, text in page.texts if tag == "th"]
    assert [way.label in said for way in WAYS] == [True] * len(WAYS)
    copy = StudyFolder(shutil.copytree(study.path, tmp_path / "copy"))
    copy.forget_after("train")
    assert not copy.has("mitigation.json")


def test_a_study_that_has_not_learned_is_told_what_comes_first(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="evenhand train"):
        steps.mitigate_step(StudyFolder(tmp_path))


def test_a_plan_to_begin_with_keeps_its_thresholds_where_customers_are_drawn_anew(
    shop_study: StudyFolder, tmp_path: Path
) -> None:
    """Other customers have other round numbers, and every way begins with the plan of the study."""
    study = StudyFolder(shutil.copytree(shop_study.path, tmp_path / "study"))
    customers, today, settings = study.customers(), study.today(), study.settings()
    attribute = attribute_of(study.simulator(), settings)
    assert attribute is not None
    drawn = reweighed(customers, attribute, seed=settings.seed)
    other = setup_of(calibrate(drawn, seed=settings.seed, replicates=settings.replicates), today, settings).grid
    grid = setup_of(study.simulator(), today, settings).grid
    name, cut = next((n, c) for n, cuts in zip(grid.names, grid.cuts, strict=True) for c in cuts
                     if c not in other.cuts[other.position(n)])  # fmt: skip
    rule = RuleGroup(rules=(Condition(field=name, operator=cut.below, value=cut.value),))
    plan = today.rebuilt([Segment(id="plan-1", name="Plan", rule=rule, campaign="letter")])
    chosen = study.policies()[0]
    manifest = {**chosen.manifest, "beginning": plan.to_dict()}
    study.write_policies([LearnedPolicy(chosen.settings, chosen.weights, manifest=manifest)])
    assert [row.name for row in steps.mitigate_step(study).rows][1:] == [way.name for way in WAYS]
