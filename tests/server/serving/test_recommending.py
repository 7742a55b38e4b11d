"""Recommendations over HTTP: from a validated champion, audited; else the reason to keep what runs."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from tests.server.client import Client
from tests.server.serving.conftest import decide

from evenhand.registry import audit as log
from evenhand.registry import requests
from evenhand.registry.tables import audit, segmentations
from evenhand.segments import tweak_from_json
from evenhand.server.importing import Loaded
from evenhand.server.serving import champion

URL = "/v1/segmentations/winter/recommendations"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let changes be noticed at once, which else takes half a second."""
    monkeypatch.setattr(champion, "FRESH", 0.0)


def _given(app: FastAPI) -> list[Any]:
    with app.state.deps.database.reading() as connection:
        rows = connection.execute(select(audit).where(audit.c.action == "recommendation.give"))
        return [row._asdict() for row in rows]


def test_a_validated_policy_recommends_and_every_answer_is_in_the_audit_log(
    app: FastAPI, scientist: Client, validated: Loaded, statistics: dict[str, Any]
) -> None:
    response = scientist.post(URL, json=statistics)
    assert response.status_code == 200, response.text
    found = response.json()
    assert found["evidence_level"] == "validated: no live trial yet"
    assert found["policy"] == validated.policy.id  # type: ignore[union-attr]
    assert found["items"], found["hold"]
    assert found["hold"] is None
    for item in found["items"]:
        tweak_from_json(item["tweak"])
        expected = item["expected"]["profit"]
        assert 0 < expected["low"] < expected["mean"] < expected["high"]
        assert expected["evidence"] == "policy estimate"
        assert item["evidence_level"] == "validated: no live trial yet"
        assert set(item["fairness"]) == {"age"}
        assert item["affected_customers"] > 0
    (row,) = _given(app)
    assert row["sequence"] == found["audit"]
    assert row["details"]["tweaks"] == [item["tweak"] for item in found["items"]]
    assert len(row["details"]["grounds"]) == len(found["items"])
    with app.state.deps.database.reading() as connection:
        assert log.verify(connection).holds


def test_a_request_that_was_handed_on_keeps_what_the_policy_looked_at(
    app: FastAPI, scientist: Client, validated: Loaded, statistics: dict[str, Any]
) -> None:
    found = scientist.post(URL, json=statistics).json()
    asked = {"segmentation": "winter", "recommendation": found["audit"], "tweak": found["items"][0]["tweak"]}
    made = scientist.post("/v1/change-requests/recommended", json=asked)
    assert made.status_code == 201, made.text
    with app.state.deps.database.reading() as connection:
        kept = requests.grounds_of(connection, requests.get(connection, made.json()["id"]))
    assert kept is not None
    assert kept.recommendation == found["audit"]
    assert set(kept.saw) == set(kept.usual) > {"gain", "share", "slack"}
    tweak_from_json(kept.runner_up["tweak"])


def test_below_validated_nothing_is_recommended(
    app: FastAPI, scientist: Client, loaded: Loaded, statistics: dict[str, Any]
) -> None:
    assert scientist.post(URL, json=statistics).json()["hold"]["why"] == "no policy"
    decide(app, loaded, "SHIP", "validated")
    assert scientist.post(URL, json=statistics).json()["items"]
    decide(app, loaded, "STOP", "candidate", n=1, crown=False)
    found = scientist.post(URL, json=statistics).json()
    assert (found["items"], found["hold"]["why"]) == ([], "no policy")


def test_a_proven_policy_says_so(
    app: FastAPI, scientist: Client, validated: Loaded, statistics: dict[str, Any]
) -> None:
    scientist.post(URL, json=statistics)
    decide(app, validated, "SHIP", "proven", n=1)
    assert scientist.post(URL, json=statistics).json()["evidence_level"] == "proven: by a live trial"


def test_a_frozen_segmentation_gets_no_recommendation(
    app: FastAPI, scientist: Client, validated: Loaded, statistics: dict[str, Any]
) -> None:
    assert scientist.post(URL, json=statistics).json()["items"]
    with app.state.deps.database.writing() as connection:
        frozen = {"frozen_at": app.state.deps.clock(), "frozen_by": "ann", "frozen_reason": "wrong prices"}
        connection.execute(update(segmentations).values(**frozen))
    found = scientist.post(URL, json=statistics).json()
    assert (found["items"], found["hold"]["why"]) == ([], "frozen")
    assert "wrong prices" in found["hold"]["reason"]


def _without_contacts(asked: dict[str, Any]) -> dict[str, Any]:
    return {**asked, "segments": [{**one, "campaigns": []} for one in asked["segments"]]}


def test_too_little_data_keeps_what_runs(scientist: Client, validated: Loaded, statistics: dict[str, Any]) -> None:
    found = scientist.post(URL, json=_without_contacts(statistics)).json()
    assert (found["items"], found["hold"]["why"]) == ([], "few contacts")


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"version": 2}, 409, "version 1 is in force"),
        ({"segments": []}, 422, "segments"),
        ({"segments": [{"segment": "nobody", "customers": 1}]}, 422, "no segment 'nobody'"),
        ({"segments": [{"segment": "x", "customers": 1, "sise": 2}]}, 422, "sise"),
        ({"count": 0}, 422, "count"),
        ({"segments": [{"segment": "x", "customers": -1}]}, 422, "customers"),
    ],
)
def test_wrong_statistics_are_refused(
    scientist: Client, validated: Loaded, statistics: dict[str, Any], change: dict[str, Any], status: int, said: str
) -> None:
    response = scientist.post(URL, json=statistics | change)
    assert response.status_code == status
    assert said in response.text


def test_a_segment_stands_once(scientist: Client, validated: Loaded, statistics: dict[str, Any]) -> None:
    twice = {**statistics, "segments": [*statistics["segments"], statistics["segments"][0]]}
    assert "stands twice" in scientist.post(URL, json=twice).text


def test_an_unknown_segmentation_is_missing(scientist: Client, validated: Loaded, statistics: dict[str, Any]) -> None:
    response = scientist.post("/v1/segmentations/wintr/recommendations", json=statistics)
    assert response.status_code == 404
    assert "did you mean 'winter'" in response.text


def test_the_server_never_imports_torch() -> None:
    code = (
        "import sys, evenhand.server.app, evenhand.server.importing; "
        "assert not {'torch', 'stable_baselines3', 'sb3_contrib', 'onnx'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
