"""Asking for the plan that a policy begins with: in the policy's name, and only for what was recommended."""

from __future__ import annotations

from typing import Any

import pytest
from tests.registry.requests.world import ANN, EVE, LOW, NOW, POLICY, Office, content, gives

from evenhand.errors import ConflictError, MissingError
from evenhand.registry import audit, freezing, jobs, policies, requests, segmentations
from evenhand.registry.database import Database
from evenhand.registry.requests import Request
from evenhand.segments import content_hash
from evenhand.segments.canonical import Json

PLAN = content({"s0": "A", "s1": "A"})


@pytest.fixture
def office(database: Database) -> Office:
    """A segmentation whose champion begins with a plan."""
    office = Office(database)
    with database.writing() as connection:
        kept = policies.upload(connection, POLICY.name, manifest={"beginning": PLAN.to_dict()}, graph=b"", files={},
                               actor=ANN, now=NOW)  # fmt: skip
        record: dict[str, Any] = {
            "policy_sha256": kept.sha256, "decision": {"verdict": "SHIP", "level": "validated"},
        }  # fmt: skip
        policies.decide(connection, kept.id, {**record, "sha256": content_hash(record)}, actor=ANN, now=NOW)
        policies.crown(connection, "winter", kept.id, actor=ANN, now=NOW)
    return office


def recommended(office: Office, **details: Json) -> int:
    """Write down a recommendation and return its row."""
    said: dict[str, Json] = {"version": 1, "policy": POLICY.name, "tweaks": [], **details}
    row = office.do(audit.append, action=requests.RECOMMENDED, subject="segmentations/winter", details=said)
    return int(row.sequence)


def ask(office: Office, row: int) -> Request:
    found: Request = office.do(requests.propose_recommended, "winter", None, recommendation=row)
    return found


def test_a_plan_that_was_recommended_is_asked_for_in_the_policy_s_name(office: Office) -> None:
    request = ask(office, recommended(office, plan_sha256=PLAN.hash))
    assert (request.author_kind, request.author, request.kind) == ("policy", "winter-7", "edit")
    assert (request.wish, request.state, request.risk) == (PLAN, "in_review", "high")
    assert [job.document["edit"] for job in office.read(jobs.of_subject, request.subject)] == [1]
    assert office.read(requests.grounds_of, request) is None
    office.do(requests.note_predicted, request.id, LOW, actor=POLICY._replace(kind="service"))
    office.approve(request.id, ANN)  # who handed it on
    office.do(requests.apply, request.id)
    assert office.read(segmentations.current, "winter").content == PLAN


def test_without_a_tweak_nothing_but_the_plan_of_the_row_is_asked_for(office: Office) -> None:
    tweak = gives("s0", "A").to_dict()
    for details in ({"tweaks": [tweak]}, {"plan_sha256": None}, {"plan_sha256": content().hash}, {"policy": None}):
        row = recommended(office, **details)
        office.refuses(MissingError, "nobody recommended that", requests.propose_recommended, "winter", None,
                       recommendation=row)  # fmt: skip
    row = recommended(office, plan_sha256=PLAN.hash)
    office.refuses(MissingError, "nobody recommended that", requests.propose_recommended, "winter", gives("s0", "A"),
                   recommendation=row)  # fmt: skip


def test_a_plan_that_was_recommended_for_another_version_is_asked_for_no_longer(office: Office) -> None:
    row = recommended(office, plan_sha256=PLAN.hash)
    office.applied(gives("s4", "B"))
    office.refuses(ConflictError, "for version 1, not 2", requests.propose_recommended, "winter", None,
                   recommendation=row)  # fmt: skip


def test_what_is_asked_for_already_is_not_asked_for_twice_while_it_is_open(office: Office) -> None:
    request = office.do(requests.propose_plan, "winter")
    office.refuses(ConflictError, f"requests/{request.id}: it is asked for already", requests.propose_plan, "winter")
    row = recommended(office, plan_sha256=PLAN.hash)
    office.refuses(ConflictError, "it is asked for already", requests.propose_recommended, "winter", None,
                   recommendation=row)  # fmt: skip
    office.approve(request.id, ANN, verdict="reject")
    assert office.do(requests.propose_plan, "winter").id > request.id


def test_without_statistics_the_champion_s_plan_is_recommended_and_asked_for_at_once(office: Office) -> None:
    request = office.do(requests.propose_plan, "winter")
    assert (request.author_kind, request.wish) == ("policy", PLAN)
    (row,) = office.read(audit.search, action=requests.RECOMMENDED).records
    assert (row.details["plan_sha256"], row.details["tweaks"], row.details["version"]) == (PLAN.hash, [], 1)
    assert f"audit row {row.sequence}" in request.reason


def test_where_no_plan_comes_first_none_is_asked_for(office: Office) -> None:
    office.do(freezing.freeze, "winter", reason="complaints", actor=EVE)
    office.refuses(ConflictError, "no recommendations until it is unfrozen", requests.propose_plan, "winter")
    office.do(freezing.unfreeze, "winter", reason="mended", actor=ANN)
    office.do(segmentations.create, "autumn", content())
    office.refuses(ConflictError, "no plan is recommended", requests.propose_plan, "autumn")
    office.applied(PLAN)
    office.applied(gives("s4", "B"))
    office.refuses(ConflictError, "no plan is recommended", requests.propose_plan, "winter")
