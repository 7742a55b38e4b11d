from __future__ import annotations

from pathlib import Path

import pytest
from tests.experiments.rehearsal.stage import ARMS, LETTERS, NOTHING, everyone_gets, planned

from evenhand.errors import ArtefactError, DataError
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.rehearsal.arms import as_aa, as_run, assignment_of, checked_arms, find_arms
from evenhand.experiments.rehearsal.rehearse import _unregistered, rehearse
from evenhand.experiments.trial.arms import arm_of


def test_arms_are_found_by_their_hash_in_the_study_and_beside_the_plan(tmp_path: Path) -> None:
    study, beside = tmp_path / "study", tmp_path / "plans"
    study.mkdir()
    beside.mkdir()
    (study / "today.json").write_text(NOTHING.to_json())
    (study / "settings.json").write_text("{}")  # another kind of file
    (beside / "any name.json").write_text(LETTERS.to_json())
    assert find_arms(planned(), StudyFolder(study), beside=beside, named={}) == ARMS
    (beside / "any name.json").unlink()
    with pytest.raises(DataError, match=r"arm 'letters'.*--arm letters=FILE"):
        find_arms(planned(), StudyFolder(study), beside=beside, named={})
    file = tmp_path / "letters.json"
    file.write_text(LETTERS.to_json())
    assert find_arms(planned(), StudyFolder(study), beside=beside, named={"letters": file}) == ARMS
    with pytest.raises(ArtefactError, match="no such file"):
        find_arms(planned(), StudyFolder(study), beside=beside, named={"letters": tmp_path / "none.json"})


def test_a_rehearsal_runs_what_the_plan_names_and_nothing_else() -> None:
    assert list(checked_arms(planned(), {"letters": LETTERS, "today": NOTHING})) == ["today", "letters"]
    with pytest.raises(DataError, match="is not what the plan says"):
        checked_arms(planned(), {**ARMS, "letters": everyone_gets("mail")})
    with pytest.raises(DataError, match="did you mean 'letters'"):
        checked_arms(planned(), {**ARMS, "leters": LETTERS})


def test_in_an_aa_test_everybody_gets_what_the_control_gets_in_the_planned_shares() -> None:
    plan, arms = as_aa(planned(), ARMS)
    assert set(arms.values()) == {NOTHING}
    assert [(arm.name, arm.share, arm.sha256) for arm in plan.arms] == [
        ("today", 0.5, NOTHING.hash), ("letters", 0.5, NOTHING.hash)
    ]  # fmt: skip


def test_every_rehearsal_randomises_anew_and_a_policy_is_named_by_its_path() -> None:
    plan = planned()
    policy = {**plan.arms[1].model_dump(mode="json"), "kind": "policy", "sha256": "c" * 64}
    whole = _unregistered(plan.changed(arms=[plan.arms[0].model_dump(mode="json"), policy], holdback=0.1))
    one, two = (as_run(whole, ARMS, number) for number in (1, 2))
    assert one.plan.salt != two.plan.salt
    assert one.sha256 == one.plan.sha256 != two.sha256
    assert one.plan.arm("letters").sha256 == LETTERS.hash
    units = [f"c{k}" for k in range(2000)]
    first, second = assignment_of(one.plan).assign(units), assignment_of(two.plan).assign(units)
    assert (first != second).mean() > 0.4
    assert (first == -2).mean() == pytest.approx(0.1, abs=0.03)  # held back; four standard errors


def test_a_policy_of_the_study_is_rehearsed_as_one_path_of_it(shop_study: StudyFolder, tmp_path: Path) -> None:
    learned = sorted((shop_study.path / "policy").iterdir())[0]
    today = shop_study.today()
    plan = planned(
        arms=[{"name": "today", "share": 0.5, "of": "rfm", "sha256": today.hash},
              {"name": "letters", "share": 0.5, **arm_of(learned)}],
        metrics=[{"name": "margin", "kind": "mean", "column": "margin"}], primary=["margin"], guardrails=[],
        expected={"units": 600, "metrics": [{"metric": "margin", "mean": 20, "sd": 30, "effect": 5}]},
    )  # fmt: skip
    arms = find_arms(plan, shop_study, beside=tmp_path, named={})
    assert arms["today"] == today
    assert arms == find_arms(plan, shop_study, beside=tmp_path, named={})
    found = rehearse(plan, arms, shop_study.customers(), shop_study.simulator(), populations=2, aa=False)
    assert found.endings["letters"].verdicts["INVALID"].of_them == 0
    strange = plan.changed(arms=[plan.arms[0].model_dump(), {**plan.arms[1].model_dump(), "sha256": "d" * 64}])
    with pytest.raises(DataError, match="is not in the study"):
        find_arms(strange, shop_study, beside=tmp_path, named={})
