"""Policies: kept once, promoted only by decisions, and one champion for each segmentation."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from evenhand.errors import ConflictError, DataError, MissingError
from evenhand.registry import policies
from evenhand.registry.actor import Actor
from evenhand.registry.database import Database
from evenhand.registry.tables import audit, segmentations
from evenhand.segments import content_hash


@pytest.fixture
def connection(database: Database) -> Any:
    with database.writing() as connection:
        yield connection


def _upload(connection: Connection, ann: Actor, now: datetime, id: str = "one", **manifest: Any) -> policies.Policy:
    return policies.upload(
        connection, id, manifest={"name": "learned", **manifest}, graph=b"graph", files={"policy.onnx": "a" * 64},
        actor=ann, now=now,
    )  # fmt: skip


def _record(policy: policies.Policy, verdict: str = "SHIP", level: str = "validated", n: int = 0) -> dict[str, Any]:
    content: dict[str, Any] = {"policy_sha256": policy.sha256, "decision": {"verdict": verdict, "level": level}, "n": n}
    return {**content, "sha256": content_hash(content)}


def _segmentation(connection: Connection, now: datetime) -> None:
    row = {"name": "winter", "title": "Winter", "created_at": now, "created_by": "ann", "current_version": 1,
           "stable_version": 1}  # fmt: skip
    connection.execute(insert(segmentations).values(row))


def test_the_same_policy_again_changes_nothing(connection: Connection, ann: Actor, now: datetime) -> None:
    first = _upload(connection, ann, now)
    assert _upload(connection, ann, now, id="two") == first
    assert [policy.id for policy in policies.every(connection)] == ["one"]
    assert policies.graph_of(connection, "one") == b"graph"
    assert first.level == "candidate"


def test_an_id_stands_for_one_policy(connection: Connection, ann: Actor, now: datetime) -> None:
    _upload(connection, ann, now)
    with pytest.raises(ConflictError, match="another policy of this id"):
        _upload(connection, ann, now, seed=2)
    with pytest.raises(DataError, match="no id of a policy"):
        _upload(connection, ann, now, id="No Slug", seed=2)
    with pytest.raises(MissingError, match="did you mean 'one'"):
        policies.get(connection, "onee")


def test_only_decisions_of_the_gate_change_the_level(connection: Connection, ann: Actor, now: datetime) -> None:
    policy = _upload(connection, ann, now)
    steps = [
        ("HOLD", "candidate", "candidate"),
        ("SHIP", "validated", "validated"),
        ("INVALID", "candidate", "validated"),
        ("SHIP", "proven", "proven"),
        ("SHIP", "validated", "proven"),
        ("STOP", "candidate", "candidate"),
    ]
    for n, (verdict, level, expected) in enumerate(steps):
        found = policies.decide(connection, "one", _record(policy, verdict, level, n), actor=ann, now=now)
        assert found.level == expected
    assert [record["n"] for record in policies.decisions_of(connection, "one")] == list(range(len(steps)))
    actions = list(connection.execute(select(audit.c.action).order_by(audit.c.sequence)).scalars())
    assert actions == ["policy.upload", *["policy.decide"] * len(steps)]


def test_a_record_is_whole_about_this_policy_and_counts_once(connection: Connection, ann: Actor, now: datetime) -> None:
    policy, other = _upload(connection, ann, now), _upload(connection, ann, now, id="two", seed=2)
    good = _record(policy)
    with pytest.raises(DataError, match="was edited"):
        policies.decide(connection, "one", {**good, "n": 1}, actor=ann, now=now)
    with pytest.raises(ConflictError, match="another policy"):
        policies.decide(connection, "one", _record(other), actor=ann, now=now)
    policies.decide(connection, "one", good, actor=ann, now=now)
    with pytest.raises(ConflictError, match="kept already"):
        policies.decide(connection, "one", good, actor=ann, now=now)


def test_a_champion_is_validated_and_a_stopped_one_leaves(connection: Connection, ann: Actor, now: datetime) -> None:
    policy = _upload(connection, ann, now)
    with pytest.raises(MissingError, match="no segmentation 'winter'"):
        policies.crown(connection, "winter", "one", actor=ann, now=now)
    _segmentation(connection, now)
    with pytest.raises(ConflictError, match="candidate"):
        policies.crown(connection, "winter", "one", actor=ann, now=now)
    policies.decide(connection, "one", _record(policy), actor=ann, now=now)
    policies.crown(connection, "winter", "one", actor=ann, now=now)
    assert policies.state_of(connection, "winter") == (1, None, "one", policy.sha256, "validated")
    policies.decide(connection, "one", _record(policy, "STOP", "candidate"), actor=ann, now=now)
    assert policies.state_of(connection, "winter") == (1, None, None, None, None)


def test_evidence_says_where_it_comes_from(connection: Connection, now: datetime) -> None:
    policies.attach(connection, "request", "7", "simulated", {"mean": 0.1}, now=now)
    policies.attach(connection, "policy", "7", "live", {"mean": 0.2}, now=now)
    (found,) = policies.evidence_of(connection, "request", "7")
    assert (found.kind, found.document, found.at) == ("simulated", {"mean": 0.1}, now)


def test_evidence_and_decisions_are_read_for_all_at_once(connection: Connection, ann: Actor, now: datetime) -> None:
    one, other = _upload(connection, ann, now), _upload(connection, ann, now, id="other", seed=2)
    for n, policy in enumerate((one, other)):
        policies.decide(connection, policy.id, _record(policy, n=n), actor=ann, now=now)
        policies.attach(connection, "policy", policy.id, "simulated", {"n": n}, now=now)
    assert [it.policy for it in policies.every_decision(connection)] == [one.id, other.id]
    (mine,) = policies.decisions_on(connection, other.id)
    assert mine == policies.decision(connection, other.id, mine.id) == policies.every_decision(connection)[1]
    assert policies.decisions_on(connection, other.id, after=mine.id) == []
    with pytest.raises(MissingError, match="no decision"):
        policies.decision(connection, one.id, mine.id)
    found = policies.evidence_of_each(connection, "policy", [one.id, other.id, "nobody"])
    assert found == {id: policies.evidence_of(connection, "policy", id) for id in (one.id, other.id, "nobody")}
    assert policies.evidence_of_each(connection, "policy", []) == {}
