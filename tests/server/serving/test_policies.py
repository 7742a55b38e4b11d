"""Policies over HTTP: taken when a trusted key signed them, promoted by the gate alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from tests.server.client import Client
from tests.server.conftest import Connect
from tests.server.serving.conftest import KEY, decide

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
    response = scientist.post(f"/v1/policies/{policy.id}/decisions", json={"plan": {}, "evidence": {}})
    assert (response.status_code, "is no registered plan" in response.text) == (422, True)
    assert scientist.get(f"/v1/policies/{policy.id}").json()["level"] == "candidate"
