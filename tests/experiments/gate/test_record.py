from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.experiments.gate.evidences import NOW, effect, evidence, registered

from evenhand.errors import ArtefactError, DataError
from evenhand.experiments.gate import DecisionRecord, gate, load_record, replay, save_record


def record(**changes: object) -> DecisionRecord:
    plan = registered()
    return gate(plan, evidence(plan, **changes), now=NOW)


def test_a_record_names_everything_and_replays_to_the_same_decision(tmp_path: Path) -> None:
    made = record()
    back = load_record(save_record(made, tmp_path / "record.json"))
    assert back == made
    assert replay(back) == made.decision
    assert (made.plan_sha256, made.data_sha256, made.policy_sha256) == (registered().sha256, "d" * 64, "b" * 64)
    assert len(made.code_sha256) == 64
    assert made.code_version


def test_the_same_plan_evidence_and_time_give_the_same_bytes(tmp_path: Path) -> None:
    one, two = (save_record(record(), tmp_path / name) for name in ("a.json", "b.json"))
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.parametrize("edit", ["decision", "evidence", "plan", "decided"])
def test_an_edited_record_is_found(edit: str) -> None:
    values = record(**effect("orders", 0.001, 0.003)).model_dump(mode="json")
    if edit == "decision":
        values["decision"]["verdict"] = "SHIP"
    elif edit == "evidence":
        values["evidence"]["metrics"][0]["difference"]["value"] = 0.02
    elif edit == "plan":
        values["plan"]["weeks"] = 1
    else:
        values["decided"] = "2026-04-02T12:00:00Z"
    with pytest.raises(ArtefactError, match="the record was edited"):
        replay(DecisionRecord.model_validate(values))


def test_a_decision_that_does_not_come_out_again_is_found_even_with_its_hash_mended() -> None:
    from evenhand.segments import content_hash

    made = record(**effect("orders", 0.001, 0.003))
    forged = made.model_copy(update={"decision": made.decision.model_copy(update={"verdict": "SHIP"})})
    forged = forged.model_copy(update={"sha256": content_hash(forged.content)})
    with pytest.raises(ArtefactError, match="replays as HOLD where it says SHIP"):
        replay(forged)
    other = made.model_copy(update={"evidence": record().evidence})
    other = other.model_copy(update={"sha256": content_hash(other.content)})
    with pytest.raises(ArtefactError, match="its evidence was edited"):
        replay(other)


def test_a_record_is_written_once_and_read_only(tmp_path: Path) -> None:
    path = save_record(record(), tmp_path / "deep" / "record.json")
    assert path.stat().st_mode & 0o222 == 0
    assert save_record(record(), path) == path
    with pytest.raises(ArtefactError, match="another record is there already"):
        save_record(record(origin="simulated"), path)
    assert load_record(path) == record()
    assert sorted(file.name for file in path.parent.iterdir()) == ["record.json"]


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match="there is no such record"):
        load_record(tmp_path / "gone.json")
    (tmp_path / "x.json").write_text(json.dumps({"format": "other"}))
    with pytest.raises(ArtefactError, match="is no decision record"):
        load_record(tmp_path / "x.json")
    plan = registered()
    with pytest.raises(DataError, match="time zone"):
        gate(plan, evidence(plan), now=NOW.replace(tzinfo=None))


@pytest.mark.parametrize("origin", ["live", "logged"])
def test_days_to_come_are_no_evidence(origin: str) -> None:
    """They would count towards the planned weeks, and the trial would ship too soon."""
    support = {"name": "support", "status": "ok", "what": "There is."}
    with pytest.raises(DataError, match="the data end on 2026-04-03, and today is 2026-04-01"):
        record(origin=origin, until="2026-04-03", support=support)
    made = record(origin=origin, until="2026-04-02", support=support)  # it is the 2nd already in the far east
    assert made.decision.verdict == record(origin="simulated", until="2036-04-02").decision.verdict == "SHIP"
