"""Policies over HTTP: taken when a trusted key signed them, promoted by the gate alone."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from tests.server.client import Client
from tests.server.conftest import Connect
from tests.server.people import Clock
from tests.server.serving.conftest import KEY, decide

from evenhand.experiments.gate import Evidence, load_record
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.validating.record import place_of
from evenhand.registry import policies
from evenhand.registry.audit import search
from evenhand.registry.identity import Role
from evenhand.server.importing import Loaded
from evenhand.server.serving.uploading import FILES, trust


def _files(exported: Path, **changed: bytes) -> list[Any]:
    folder = exported / "export"
    return [("files", (name, changed.get(name, (folder / name).read_bytes()))) for name in FILES]


@pytest.fixture
def trusting(app: FastAPI) -> None:
    trust(app.state.deps.settings.data_dir, KEY.public_key())


@pytest.mark.usefixtures("trusting")
def test_an_upload_is_kept_once_as_a_candidate(scientist: Client, exported: Path) -> None:
    first = scientist.post("/v1/policies", files=_files(exported), data={"id": "winter-7"})
    assert (first.status_code, first.json()["level"]) == (201, "candidate"), first.text
    again = scientist.post("/v1/policies", files=_files(exported), data={"id": "winter-8"})
    assert again.json() == first.json()
    listed = scientist.get("/v1/policies").json()["items"]
    assert [one["id"] for one in listed] == ["winter-7"]
    assert scientist.get("/v1/policies/winter-7").json()["manifest"]["format"] == "evenhand policy"


@pytest.mark.usefixtures("trusting")
def test_what_was_changed_or_is_not_whole_is_refused(scientist: Client, exported: Path) -> None:
    changed = scientist.post("/v1/policies", files=_files(exported, **{"policy.onnx": b"x"}), data={"id": "a"})
    assert (changed.status_code, "was changed after it was signed" in changed.text) == (422, True)
    assert "/tmp" not in changed.text
    broken = scientist.post("/v1/policies", files=_files(exported, **{"manifest.json": b"[]"}), data={"id": "a"})
    assert broken.status_code == 422
    few = scientist.post("/v1/policies", files=_files(exported)[:2], data={"id": "a"})
    assert (few.status_code, "2 files were sent" in few.text) == (422, True)
    assert scientist.get("/v1/policies").json()["items"] == []


def test_a_stranger_s_signature_is_refused(app: FastAPI, scientist: Client, exported: Path) -> None:
    trust(app.state.deps.settings.data_dir, Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key())
    response = scientist.post("/v1/policies", files=_files(exported), data={"id": "a"})
    assert (response.status_code, "nobody whom this server trusts" in response.text) == (422, True)


def test_only_a_validated_policy_is_crowned(
    app: FastAPI, connect: Connect, keys: dict[Role, str], scientist: Client, loaded: Loaded
) -> None:
    policy = loaded.policy
    assert policy is not None
    url, asked = "/v1/segmentations/winter/champion", {"policy": policy.id}
    assert scientist.put(url, json=asked).status_code == 409
    decide(app, loaded, "SHIP", "validated", crown=False)
    assert connect(keys["reviewer"]).put(url, json=asked).status_code == 403
    assert scientist.put(url, json=asked).json()["level"] == "validated"


def test_the_gate_takes_no_plan_that_is_none(scientist: Client, loaded: Loaded) -> None:
    policy = loaded.policy
    assert policy is not None
    body = {"plan": {}, "evidence": {}, "evidence_sha256": "0" * 64}
    response = scientist.post(f"/v1/policies/{policy.id}/decisions", json=body)
    assert (response.status_code, "is no registered plan" in response.text) == (422, True)
    assert scientist.get(f"/v1/policies/{policy.id}").json()["level"] == "candidate"


class Trial(NamedTuple):
    """A trial of the loaded policy that the gate lets through, as its files hold it."""

    url: str
    plan: dict[str, Any]
    evidence: dict[str, Any]

    def decided(self, **other: Any) -> dict[str, Any]:
        evidence = {**self.evidence, **other}
        return {"plan": self.plan, "evidence": evidence, "evidence_sha256": Evidence.from_dict(evidence).sha256}


@pytest.fixture
def trial(loaded: Loaded, shipped: Path) -> Trial:
    assert loaded.policy is not None
    folder = place_of(shipped, loaded.policy.sha256)
    evidence = load_record(folder / "record.json").evidence.model_dump(mode="json")
    return Trial(f"/v1/policies/{loaded.policy.id}", json.loads((folder / "plan.json").read_text()), evidence)


def test_the_gate_decides_here_on_a_registered_plan_and_who_asked_is_written_down(
    app: FastAPI, scientist: Client, admin: Client, trial: Trial
) -> None:
    first = scientist.post(f"{trial.url}/trials", json={"plan": trial.plan})
    assert (first.status_code, first.json()["by"]) == (201, "data.scientist"), first.text
    assert admin.post(f"{trial.url}/trials", json={"plan": trial.plan}).json() == first.json()
    decided = admin.post(f"{trial.url}/decisions", json=trial.decided())
    assert (decided.status_code, decided.json()["level"]) == (201, "validated"), decided.text
    with app.state.deps.database.reading() as connection:
        row = search(connection, action="policy.decide").records[0]
        (record,) = policies.decisions_of(connection, decided.json()["id"])
    assert row.actor.name == "administrator"
    assert row.details["plan_sha256"] == trial.plan["sha256"]
    assert row.details["evidence_sha256"] == trial.decided()["evidence_sha256"]
    assert row.details["data_sha256"] == trial.evidence["data_sha256"]
    assert record["registered"] == first.json()["at"], "the server's time, not that of the document"
    (listed,) = scientist.get(f"{trial.url}/decisions").json()["items"]
    assert (listed["verdict"], listed["level"], listed["sha256"]) == ("SHIP", "validated", record["sha256"])
    read = scientist.get(f"{trial.url}/decisions/{listed['id']}").json()
    assert (read["record"], read["reasons"]) == (record, record["decision"]["reasons"])
    assert scientist.get(f"{trial.url}/decisions/{listed['id'] + 1}").status_code == 404


def test_what_can_be_verified_is_not_taken_on_a_caller_s_word(
    app: FastAPI, scientist: Client, trial: Trial, clock: Clock
) -> None:
    decisions, trials = f"{trial.url}/decisions", f"{trial.url}/trials"
    unknown = scientist.post(decisions, json=trial.decided())
    assert (unknown.status_code, "nobody registered the plan" in unknown.text) == (409, True)

    other = {**trial.plan, "plan": {**trial.plan["plan"], "weeks": 1}}
    edited = scientist.post(trials, json={"plan": other})
    assert (edited.status_code, "was edited after registration" in edited.text) == (422, True)
    assert scientist.post(trials, json={"plan": trial.plan}).status_code == 201

    changed = {**trial.decided(), "evidence": {**trial.evidence, "data_sha256": "0" * 64}}
    found = scientist.post(decisions, json=changed)
    assert (found.status_code, found.json()["where"]) == (422, "evidence_sha256")

    day = clock().date()
    before = trial.decided(origin="live", start=str(day - timedelta(days=400)), until=str(day - timedelta(days=1)))
    before["plan"] = {**trial.plan, "registered": "2020-01-01T00:00:00+00:00"}  # says the caller
    early = scientist.post(decisions, json=before)
    assert (early.status_code, early.json()["level"]) == (201, "candidate"), early.text
    with app.state.deps.database.reading() as connection:
        (record,) = policies.decisions_of(connection, early.json()["id"])
    assert any("before the plan was registered on 2026-03-02" in one for one in record["decision"]["reasons"])
    elsewhere = scientist.post(decisions, json=trial.decided(policy_sha256="0" * 64))
    assert (elsewhere.status_code, "about another policy" in elsewhere.text) == (409, True)
    assert scientist.get(trial.url).json()["level"] == "candidate"


def test_a_plan_of_another_policy_is_not_registered(scientist: Client, trial: Trial) -> None:
    plan = trial.plan["plan"]
    arms = [{**arm, "sha256": "1" * 64} if arm["name"] == "policy" else arm for arm in plan["arms"]]
    other = ExperimentPlan.from_dict({**plan, "arms": arms})
    document = {**trial.plan, "plan": other.model_dump(mode="json"), "sha256": other.sha256}
    found = scientist.post(f"{trial.url}/trials", json={"plan": document})
    assert (found.status_code, "no arm of the plan is this policy" in found.text) == (409, True)
