"""`evenhand ab rehearse` and `evenhand ab report` as a person uses them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.evenhand.conftest import Command
from tests.experiments.gate.evidences import GOOD
from tests.experiments.trial.plans import draft

from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.segments import AssignCampaign, Segmentation

PLAN = {
    "name": "more", "hypothesis": "More are reached.", "control": "today", "primary": ["delivered"], "weeks": 1,
    "metrics": [{"name": "delivered", "kind": "proportion", "column": "delivered"}], "salt": "more",
    "expected": {"units": 300, "metrics": [{"metric": "delivered", "mean": 0.4, "effect": 0.2}]},
}  # fmt: skip


@pytest.fixture
def planned(study: Path, evenhand: Command) -> Path:
    """A study with plan.toml beside it, whose challenger sends something to those who get nothing today."""
    today = Segmentation.from_json((study / "today.json").read_bytes())
    campaign = next(c.id for c in today.catalogue.campaigns if c.channel)
    new = AssignCampaign(segment=today.default.id, campaign=campaign).apply(today).segmentation
    (study.parent / "new.json").write_text(new.to_json(), encoding="utf-8")
    arms = [{"name": name, "share": 0.5, "of": name, "sha256": one.hash}
            for name, one in (("today", today), ("new", new))]  # fmt: skip
    (study.parent / "plan.toml").write_text(
        ExperimentPlan.from_dict({**PLAN, "arms": arms}).to_toml(), encoding="utf-8"
    )
    return study


def test_a_rehearsal_finds_the_arms_and_says_how_trials_end(planned: Path, evenhand: Command) -> None:
    asked = ("ab", "rehearse", planned, "--plan", "plan.toml", "--populations", "3", "--workers", "1")
    ended = evenhand(*asked)
    assert (ended.status, ended.err) == (0, "")
    first, *rest = ended.out.splitlines()
    assert first.startswith("more: rehearsed 3 times")
    assert any(line.strip().startswith("new: ships") for line in rest)
    assert any(line.strip().startswith("A/A, new gets what the control gets") for line in rest)
    plain = json.loads(evenhand(*asked, "--json", "--without-aa").out)
    assert (plain["origin"], plain["populations"], plain["aa"]) == ("simulated", 3, None)
    assert sum(share["of_them"] for share in plain["endings"]["new"]["verdicts"].values()) == 3


def test_a_rehearsal_without_an_arm_s_file_says_how_to_name_it(planned: Path, evenhand: Command) -> None:
    (planned.parent / "new.json").rename(planned.parent / "elsewhere.txt")
    asked = ("ab", "rehearse", planned, "--plan", "plan.toml", "--populations", "2", "--workers", "1", "--without-aa")
    assert "give --arm new=FILE" in evenhand(*asked).complaint
    assert evenhand(*asked, "--arm", "new=elsewhere.txt").status == 0
    assert "NAME=SEGMENTATION" in evenhand(*asked, "--arm", "new").complaint


def test_a_report_is_written_from_evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, evenhand: Command) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plan.toml").write_text(draft().to_toml(), encoding="utf-8")
    plan = json.loads(evenhand("ab", "plan", "plan.toml", "--out", "plan.json", "--json").out)
    early = {**GOOD, "plan_sha256": plan["sha256"], "looks": [0.25], "origin": "simulated"}
    now = {**early, "looks": [0.25, 0.5, 0.75, 1.0]}
    Path("early.json").write_text(json.dumps(early), encoding="utf-8")
    Path("now.json").write_text(json.dumps(now), encoding="utf-8")
    ended = evenhand("ab", "report", "--plan", "plan.json", "--evidence", "now.json", "--after", "early.json")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines() == ["SHIP: spring, finer against today; simulated", "Report: ab.html"]
    text = Path("ab.html").read_text(encoding="utf-8")
    assert "Ship finer" in text
    assert "The evidence of 2 earlier looks is not at hand" in text
    assert "give one of the two" in evenhand("ab", "report", "--plan", "plan.json").complaint
