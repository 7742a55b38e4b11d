"""Whether a plan is begun with: only where it is ahead beyond chance, and then wherever the policy goes."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.agents.toy import Toy, nobody_contacted, toy_setup
from tests.experiments.shop import quick

from evenhand.agents import Layout, LearnedPolicy, Tuned
from evenhand.agents.baselines.case import Case
from evenhand.agents.baselines.registry import named
from evenhand.envs import Setup
from evenhand.envs.boxes import boxes_of
from evenhand.experiments import steps
from evenhand.experiments.beginning import BEGUN, START, Beginning, choose_beginning
from evenhand.experiments.contest import contest, ring_of
from evenhand.experiments.evaluation import Evaluation
from evenhand.experiments.exporting import export_step
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.opponents import Opponents, begin, entrants, net_settings
from evenhand.experiments.report import Report, render_html
from evenhand.experiments.setup import setup_of
from evenhand.experiments.training import what_to_train
from evenhand.segments import Condition, RuleGroup, Segment, Segmentation, tweak_from_json

LOSING, PAYING = Toy(affinity=(0.0, 0.0)), Toy(affinity=(1.0, 1.0))


def everyone_contacted() -> Segmentation:
    """Return two segments that both get campaign A: to be rid of it takes two tweaks, or one plan."""
    rule = RuleGroup(rules=(Condition(field="x", operator=">=", value=0.5),))
    return Segmentation(
        catalogue=Toy.catalogue,
        segments=(Segment(id="high", name="High", rule=rule, campaign="A"),),
        default=Segment(id="all", name="All", campaign="A"),
    )


def case_of(toy: Toy, today: Segmentation) -> Case:
    setup = toy_setup(edit=0.001)
    setup = replace(setup, start=boxes_of(today, setup.grid, max_segments=setup.max_segments))
    return Case(toy.simulator, setup, populations=4, n_customers=40, evidence_customers=40)


def chosen(toy: Toy, today: Segmentation) -> tuple[Case, Beginning | None]:
    case = case_of(toy, today)
    return case, choose_beginning(case, today, {START: named(START).tune(case)})


def test_a_plan_that_spares_weeks_of_tweaks_is_begun_with() -> None:
    """Contacts lose money: the plan stops them at once, greedy one segment a week."""
    case, found = chosen(LOSING, everyone_contacted())
    assert found is not None
    assert found.plan.segmentation.explain() == ['"Everyone": all customers are not contacted.']
    saved = 0.02 / 2 / case.setup.horizon  # a week of half of the customers, at the cost of a contact
    assert found.confirmation.gain == pytest.approx(saved + 0.001 / case.setup.horizon, rel=0.01)
    assert Beginning.from_dict(json.loads(json.dumps(found.to_dict())), case.setup) == found


@pytest.mark.parametrize(("toy", "today"), [(LOSING, nobody_contacted()), (PAYING, everyone_contacted())])
def test_where_nothing_is_ahead_of_today_it_goes_on(toy: Toy, today: Segmentation) -> None:
    assert chosen(toy, today)[1] is None


# ------------------------------------------------------------------------------------- wherever the policy goes
@pytest.fixture(scope="module")
def plan(shop_study: StudyFolder) -> Segmentation:
    """Everyone in one segment, with the first campaign that is sent."""
    today = shop_study.today()
    campaign = today.catalogue.campaigns[1].id
    return today.rebuilt([], Segment(id=today.default.id, name="Everyone", campaign=campaign))


@pytest.fixture(scope="module")
def begun(shop_study: StudyFolder, plan: Segmentation, tmp_path_factory: pytest.TempPathFactory) -> StudyFolder:
    """Return the study as if its policy had begun with the plan."""
    folder = StudyFolder(tmp_path_factory.mktemp("begun") / "study")
    shutil.copytree(shop_study.path, folder.path)
    folder.write_policies([_beginning(policy, plan) for policy in folder.policies()])
    _, opponents = beginnings(shop_study, plan)
    folder.write("opponents.json", opponents.to_dict())
    steps.evaluate_step(folder)
    steps.recommend_step(folder)
    steps.report_step(folder)
    return folder


def _beginning(policy: LearnedPolicy, plan: Segmentation) -> LearnedPolicy:
    return LearnedPolicy(policy.settings, policy.weights, manifest={**policy.manifest, "beginning": plan.to_dict()})


def test_it_is_kept_with_the_policy(begun: StudyFolder, plan: Segmentation) -> None:
    assert [policy.beginning for policy in begun.policies()] == [plan] * 2


def test_in_the_evidence_the_policy_begins_with_it(begun: StudyFolder, shop_study: StudyFolder) -> None:
    now, before = (Evaluation.from_dict(one.read_plain("evaluation.json")) for one in (begun, shop_study))
    np.testing.assert_array_equal(now.profits["today"], before.profits["today"])
    assert (now.profits["learned"] != before.profits["learned"]).all()
    policy = begun.policies()[0]
    ring = ring_of(begun.simulator(), begun.today(), begun.settings())
    again = contest({"mine": policy}, [], ring)
    np.testing.assert_allclose(again.profits["mine"], now.profits["learned"])


def test_the_plan_is_recommended_before_the_tweaks_of_it(begun: StudyFolder, plan: Segmentation) -> None:
    report = Report.load(begun.path / "report.json")
    assert report.plan is not None
    assert Segmentation.from_json(report.plan.segmentation) == plan
    assert report.plan.changes == tuple(begun.today().diff(plan))
    assert report.plan.expected["profit"].low <= report.plan.expected["profit"].high
    for one in report.recommendations:
        tweak_from_json(one.tweak).apply(plan)
    page = render_html(report)
    assert "A plan, then tweaks" in page
    assert plan.explain()[0].split(":")[1].strip()[:20] in page


def test_the_curves_stand_beside_greedy_with_the_plan(begun: StudyFolder, shop_study: StudyFolder) -> None:
    labels = []
    for study in (begun, shop_study):
        learning = Report.load(study.path / "report.json").learning
        assert learning is not None
        labels.append(learning.reference_label)
    assert labels == [f"{labels[1]}, begun with: no contact for everyone", named(START).label]


def test_a_recommendation_that_is_killed_leaves_no_tweaks_without_their_plan(
    begun: StudyFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = StudyFolder(shutil.copytree(begun.path, tmp_path / "study"))
    for name in ("beginning.json", "recommendations.json"):
        folder.forget(name)
    write = StudyFolder.write

    def killed(self: StudyFolder, name: str, content: Any) -> Path:
        made = write(self, name, content)
        if name == "recommendations.json":
            raise KeyboardInterrupt
        return made

    monkeypatch.setattr(StudyFolder, "write", killed)
    with pytest.raises(KeyboardInterrupt):
        steps.recommend_step(folder)
    assert folder.has("beginning.json")


def test_without_a_plan_nothing_of_it_is_said(shop_study: StudyFolder) -> None:
    report = Report.load(shop_study.path / "report.json")
    assert report.plan is None
    assert "A plan, then tweaks" not in render_html(report)


def test_the_export_and_its_card_say_it(begun: StudyFolder, plan: Segmentation, tmp_path: Path) -> None:
    made = export_step(begun, out=tmp_path / "export")
    assert made.manifest.beginning is not None
    assert Segmentation.from_json(made.manifest.beginning) == plan
    assert "What it begins with" in (tmp_path / "export" / "card.md").read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------------------ in a training
def beginnings(study: StudyFolder, plan: Segmentation) -> tuple[Setup, Opponents]:
    setup = setup_of(study.simulator(), study.today(), study.settings())
    found = Opponents.from_dict(study.read_plain("opponents.json"), setup)
    _, beginning = chosen(LOSING, everyone_contacted())
    assert beginning is not None
    return setup, replace(found, beginning=replace(beginning, plan=replace(beginning.plan, segmentation=plan)))


def test_learning_starts_from_greedy_as_tuned_for_the_plan(shop_study: StudyFolder, plan: Segmentation) -> None:
    setup, opponents = beginnings(shop_study, plan)
    assert opponents.beginning is not None
    start = opponents.beginning.found[START]
    assert isinstance(start, Tuned)
    assert net_settings(shop_study.simulator(), setup, opponents).tuning == start.tuning
    told = what_to_train(shop_study.simulator(), shop_study.today(), setup, opponents, shop_study.settings())
    assert told["beginning"] == plan
    again = Opponents.from_dict(json.loads(json.dumps(opponents.to_dict())), setup)
    assert again.plan == plan


def test_greedy_with_the_plan_enters_too_so_that_the_plan_is_not_taken_for_learning(
    shop_study: StudyFolder, plan: Segmentation
) -> None:
    setup, opponents = beginnings(shop_study, plan)
    rows = {row.name: row for row in entrants(setup, Layout(setup.max_segments, 3), opponents)}
    entry = rows[START + BEGUN].setup.entry
    assert entry is not None
    assert entry.size == 1
    assert rows[START].setup.entry is None


def test_settings_can_forbid_whole_plans(shop_study: StudyFolder) -> None:
    setup = setup_of(shop_study.simulator(), shop_study.today(), shop_study.settings())
    opponents = Opponents.from_dict(shop_study.read_plain("opponents.json"), setup)
    settings = quick().changed(whole_plans=False)
    kept = begin(opponents, shop_study.simulator(), shop_study.today(), setup, settings)
    assert kept is opponents
