"""`evenhand ab plan` and `evenhand gate` as a person uses them."""

from __future__ import annotations

import io
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.evenhand.conftest import Command
from tests.experiments.gate.evidences import GOOD, REGISTERED
from tests.experiments.trial.plans import DRAFT, draft

from evenhand.customers import read_customers, rfm_segmentation
from evenhand.experiments.trial.register import load_registered, register


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with plan.toml in it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "plan.toml").write_text(draft().to_toml(), encoding="utf-8")
    return tmp_path


def test_a_plan_says_what_it_needs_in_words(folder: Path, evenhand: Command) -> None:
    ended = evenhand("ab", "plan", "plan.toml", "--simulate")
    assert (ended.status, ended.err) == (0, "")
    first, *rest = ended.out.splitlines()
    assert re.fullmatch(r"spring: needs [\d,]+ units in all arms, 40,000 take part: enough", first)
    text = "\n".join(rest)
    assert "orders (primary, finer): an effect of 0.01 needs" in text
    assert "testable: low, middle; not enough data: high (1,000)" in text
    assert "20,000 simulated trials" in text
    assert rest[-1].startswith("Not registered")
    assert sorted(file.name for file in folder.iterdir()) == ["plan.toml"]


def test_a_plan_without_enough_units_says_so_first(folder: Path, evenhand: Command) -> None:
    small = draft(expected={**DRAFT["expected"], "units": 5000})
    (folder / "plan.toml").write_text(small.to_toml(), encoding="utf-8")
    lines = evenhand("ab", "plan", "plan.toml").out.splitlines()
    assert lines[0].endswith("5,000 take part: NOT ENOUGH")
    assert "no more units will come" in lines[1]


def test_a_registered_plan_is_never_changed(folder: Path, evenhand: Command) -> None:
    ended = evenhand("ab", "plan", "plan.toml", "--out", "plan.json", "--json")
    said = json.loads(ended.out)
    made = load_registered(folder / "plan.json")
    assert said["sha256"] == made.sha256
    assert said["enough"]
    assert said["groups"][0]["testable"] == ["low", "middle"]
    (folder / "plan.toml").write_text(draft(weeks=8).to_toml(), encoding="utf-8")
    assert "never changed" in evenhand("ab", "plan", "plan.toml", "--out", "plan.json").complaint


def test_questions_make_a_plan_with_hashes_of_the_files(
    shop: Path, evenhand: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = rfm_segmentation(read_customers(shop / "customers.csv", schema=shop / "schema.toml"))
    for name in ("today.json", "new.json"):
        Path(name).write_text(today.to_json(), encoding="utf-8")
    answers: list[Any] = [
        "spring", "More orders.", "today.json", "new.json", "redeemed", "y", "0.1", "", "40000", "", "", "income",
        "low=0.4, high=0.6",
    ]  # fmt: skip
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n".join(map(str, answers)) + "\n"))
    ended = evenhand("ab", "plan", "--out", "plan.json")
    assert ended.status == 0, ended.err
    made = load_registered(Path("plan.json")).plan
    assert {arm.sha256 for arm in made.arms} == {today.hash}
    assert made.fairness[0].testable == ("low", "high")
    assert (made.weeks, made.looks.count, made.expected.of("redeemed").effect) == (4, 4, 0.01)
    assert len(made.salt) == 16


def test_what_is_no_plan_is_said_in_one_line(folder: Path, evenhand: Command) -> None:
    assert "there is no such file" in evenhand("ab", "plan", "gone.toml").complaint
    (folder / "plan.toml").write_text("name = 'x'\n", encoding="utf-8")
    assert "plan.toml" in evenhand("ab", "plan", "plan.toml").complaint
    assert "name a TOML file" in evenhand("ab", "plan", "--json").complaint


@pytest.fixture
def trial(folder: Path) -> Path:
    """The folder with a plan that was registered on the first of March, and evidence from then on."""
    made = register(draft(), folder / "plan.json", now=REGISTERED)
    values = {**GOOD, "plan_sha256": made.sha256}
    (folder / "evidence.json").write_text(json.dumps(values), encoding="utf-8")
    return folder


def test_the_gate_says_the_verdict_first_and_its_record_replays(trial: Path, evenhand: Command) -> None:
    ended = evenhand("gate", "--plan", "plan.json", "--evidence", "evidence.json", "--out", "record.json")
    assert (ended.status, ended.err) == (0, "")
    lines = ended.out.splitlines()
    assert lines[0] == "SHIP: spring, finer against today; the policy is now proven"
    assert "orders is shown to be better" in lines[1]
    again = evenhand("gate", "--replay", "record.json")
    assert again.status == 0
    assert "the same decision, bit by bit" in again.out
    said = json.loads(evenhand("gate", "--replay", "record.json", "--json").out)
    assert said["decision"]["verdict"] == "SHIP"


def test_an_edited_record_and_an_edited_plan_are_refused(trial: Path, evenhand: Command) -> None:
    evenhand("gate", "--plan", "plan.json", "--evidence", "evidence.json", "--out", "record.json")
    text = (trial / "record.json").read_text()
    (trial / "forged.json").write_text(text.replace('"SHIP"', '"STOP"'))
    assert "was edited" in evenhand("gate", "--replay", "forged.json").complaint
    (trial / "plan.json").write_text((trial / "plan.json").read_text().replace('"weeks": 4', '"weeks": 1'))
    complaint = evenhand("gate", "--plan", "plan.json", "--evidence", "evidence.json").complaint
    assert "edited after registration" in complaint


def test_evidence_from_days_to_come_is_refused(trial: Path, evenhand: Command) -> None:
    values = json.loads((trial / "evidence.json").read_text()) | {"until": "2100-03-29"}
    (trial / "evidence.json").write_text(json.dumps(values))
    complaint = evenhand("gate", "--plan", "plan.json", "--evidence", "evidence.json", "--out", "record.json").complaint
    assert "the data end on 2100-03-29" in complaint
    assert not (trial / "record.json").exists()


@pytest.mark.usefixtures("trial")
def test_the_gate_says_what_it_lacks(evenhand: Command) -> None:
    assert "give --plan and --evidence" in evenhand("gate").complaint
    assert "give --replay alone" in evenhand("gate", "--replay", "r.json", "--plan", "plan.json").complaint
    assert "there is no such evidence" in evenhand("gate", "--plan", "plan.json", "--evidence", "no.json").complaint
