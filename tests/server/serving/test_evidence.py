"""Simulated evidence for a change request, by whichever process is free."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from tests.server.client import Client
from tests.server.conftest import Connect
from tests.server.people import Clock

from evenhand.errors import ConflictError
from evenhand.registry import events, jobs, policies, requests, segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.identity import Role
from evenhand.segments import AssignCampaign, Condition, Segment
from evenhand.server.importing import Loaded
from evenhand.server.serving.evidence import work_once

ANN, BOB, DAN = (Actor("user", name) for name in ("ann", "bob", "dan"))
URL = "/v1/change-requests"


def tweak(app: FastAPI, campaign: str = "letter") -> AssignCampaign:
    with app.state.deps.database.reading() as connection:
        today = segmentations.version(connection, "winter", 1).content
    segment = next(one for one in today.segments if one.campaign != campaign)
    return AssignCampaign(segment=segment.id, campaign=campaign)


def asked(app: FastAPI, change: requests.Change | None = None) -> requests.Request:
    deps = app.state.deps
    wish = requests.Proposal(change=change or tweak(app), title="Try", reason="It may pay.")
    with deps.database.writing() as connection:
        return requests.propose(connection, "winter", wish, actor=ANN, now=deps.clock())


def work(app: FastAPI) -> bool:
    deps = app.state.deps
    return work_once(deps.database, deps.settings, draws=2, clock=deps.clock)


def get(app: FastAPI, id: int) -> requests.Request:
    with app.state.deps.database.reading() as connection:
        return requests.get(connection, id)


def found(app: FastAPI, request: requests.Request) -> list[Any]:
    with app.state.deps.database.reading() as connection:
        return policies.evidence_of(connection, "request", str(request.id))


def test_evidence_is_simulated_once_and_the_risk_follows_from_what_is_foretold(app: FastAPI, loaded: Loaded) -> None:
    request = asked(app)
    assert (request.predicted, request.risk) == (None, "high")
    assert work(app)
    assert not work(app)
    now = get(app, request.id)
    (evidence,) = found(app, request)
    profit = now.predicted["profit"]
    assert evidence.kind == "simulated"
    assert evidence.document["expected"]["profit"] == profit
    assert profit["low"] <= profit["mean"] <= profit["high"]
    assert (evidence.document["edit"], evidence.document["draws"]) == (now.edit, 2)
    assert 0 < now.predicted["customers_share"] < 1
    assert set(now.predicted["fairness"]["age"]) == {"before", "after", "tolerance"}
    facts, rules = requests.facts_of(now.predicted), app.state.deps.settings.review_rules
    assert None not in facts
    assert now.risk == requests.risk_of(facts, rules)
    assert now.quorum == requests.quorum_of(now.risk, rules)
    with app.state.deps.database.reading() as connection:
        told = [one for one in events.waiting(connection) if one.subject == request.subject][-1]
    assert told.document["what"] == "predicted"
    assert (told.document["risk"], told.document["actor"]) == (now.risk, "system:evenhand")


def test_no_program_talks_down_what_was_simulated(app: FastAPI, loaded: Loaded) -> None:
    request, service, deps = asked(app), Actor("service", "crm"), app.state.deps
    harmless: dict[str, Any] = {"customers_share": 0.0, "margin_used": 0.0}
    with deps.database.writing() as connection:  # nothing else is known yet
        told = requests.note_predicted(connection, request.id, harmless, actor=service, now=deps.clock())
    assert told.risk == "low"
    assert work(app)
    before = get(app, request.id)
    with deps.database.writing() as connection, pytest.raises(ConflictError, match="the server has simulated it"):
        requests.note_predicted(connection, request.id, harmless, actor=service, now=deps.clock())
    assert get(app, request.id) == before


def test_a_change_of_few_customers_becomes_a_low_risk(app: FastAPI, loaded: Loaded) -> None:
    settings = app.state.deps.settings
    app.state.deps.settings.__dict__.update(review_many_customers=1.0, review_much_margin=1e9)
    assert settings.review_rules.many_customers == 1.0
    request = asked(app)
    work(app)
    assert (get(app, request.id).risk, get(app, request.id).quorum) == ("low", 1)


@pytest.mark.parametrize("door", ["propose", "draft and submit", "edit", "rebase", "roll back"])
def test_every_door_to_a_review_asks_for_evidence(
    app: FastAPI, loaded: Loaded, connect: Connect, keys: dict[Role, str], door: str
) -> None:
    marketer = connect(keys["marketer"])
    body = {"segmentation": "winter", "kind": "tweak", "change": tweak(app).to_dict(), "title": "T", "reason": "R"}
    if door == "roll back":
        body |= {"kind": "rollback", "change": {"version": _applied(app)}}
    made = marketer.post(URL, json=body | {"draft": door == "draft and submit"})
    assert made.status_code == 201, made.text
    one = f"{URL}/{made.json()['id']}"
    match = {"If-Match": made.headers["etag"]}
    if door == "draft and submit":
        assert not jobs_of(app, made.json()["id"])
        marketer.post(f"{one}/submit", headers=match)
    elif door in ("edit", "rebase"):
        work(app)
        match = {"If-Match": marketer.get(one).headers["etag"]}
        _edit(marketer, one, door, match)
    state = get(app, made.json()["id"])
    (waiting,) = [job for job in jobs_of(app, state.id) if job.state == "waiting"]
    assert waiting.document == {"request": state.id, "edit": state.edit}
    assert work(app)
    assert get(app, state.id).predicted["profit"]


def _edit(client: Client, one: str, door: str, match: dict[str, str]) -> None:
    done = (
        client.post(f"{one}/rebase", headers=match)
        if door == "rebase"
        else client.patch(one, headers=match, json={"title": "Another title"})
    )
    assert done.status_code == 200, done.text


def _applied(app: FastAPI) -> int:
    """Apply a change, and return the version that was in force before."""
    deps, request = app.state.deps, asked(app)
    work(app)
    with deps.database.writing() as connection:
        for person in (BOB, DAN)[: get(app, request.id).quorum]:
            requests.review(connection, request.id, "approve", actor=person, now=deps.clock())
        requests.apply(connection, request.id, actor=BOB, now=deps.clock())
    return 1


def jobs_of(app: FastAPI, id: int) -> list[jobs.Job]:
    with app.state.deps.database.reading() as connection:
        return jobs.of_subject(connection, f"requests/{id}")


def test_an_edit_that_came_meanwhile_is_foretold_and_not_the_content_before(app: FastAPI, loaded: Loaded) -> None:
    request = asked(app)
    with app.state.deps.database.writing() as connection:
        today = segmentations.version(connection, "winter", 1).content
        segment = next(one for one in today.segments if one.id == request.change["segment"])
        campaign = next(one.id for one in today.catalogue.campaigns if one.id not in ("letter", segment.campaign))
        wish = requests.Proposal(
            change=AssignCampaign(segment=segment.id, campaign=campaign), title="Other", reason="R"
        )  # fmt: skip
        requests.edit(connection, request.id, wish, actor=ANN, now=app.state.deps.clock())
    assert work(app)
    assert found(app, request) == []
    assert get(app, request.id).predicted is None
    assert work(app)
    assert get(app, request.id).predicted["profit"]


def test_what_people_agreed_on_keeps_what_they_saw(app: FastAPI, loaded: Loaded) -> None:
    request, deps = asked(app), app.state.deps
    with deps.database.writing() as connection:
        for person in (BOB, DAN):
            requests.review(connection, request.id, "approve", actor=person, now=deps.clock())
    assert work(app)
    now = get(app, request.id)
    assert (now.state, now.predicted, now.edit) == ("approved", None, request.edit)
    assert [one.document["edit"] for one in found(app, request)] == [request.edit]


def test_a_threshold_that_cannot_be_simulated_is_counted_all_the_same(app: FastAPI, loaded: Loaded) -> None:
    with app.state.deps.database.reading() as connection:
        today = segmentations.version(connection, "winter", 1).content
    first = today.segments[0]
    odd = Condition(field="orders", operator=">=", value=2.123456)
    rule = first.rule.model_copy(update={"rules": (*first.rule.rules, odd)})
    request = asked(app, today.replaced(Segment(id=first.id, name=first.name, rule=rule, campaign=first.campaign)))
    assert work(app)
    predicted = get(app, request.id).predicted
    assert {"customers_share", "margin_used"} <= set(predicted)
    assert "no threshold that the simulation counts by" in predicted["unsimulated"]
    assert found(app, request) == []


def test_without_customers_nothing_is_foretold_and_the_job_is_not_tried_again(app: FastAPI, loaded: Loaded) -> None:
    request, deps = asked(app), app.state.deps
    with deps.database.writing() as connection:
        today = segmentations.version(connection, "winter", 1).content
        segmentations.create(connection, "empty", today, actor=ANN, now=deps.clock())
        wish = requests.Proposal(change=tweak(app), title="Try", reason="R")
        request = requests.propose(connection, "empty", wish, actor=ANN, now=deps.clock())
    while work(app):
        pass
    (job,) = jobs_of(app, request.id)
    assert (job.state, job.attempts) == ("failed", 1)
    assert "its customers and simulator are not here" in (job.error or "")
    assert get(app, request.id).risk == "high"


def test_what_a_killed_process_began_is_done_by_another(app: FastAPI, loaded: Loaded, clock: Clock) -> None:
    request = asked(app)
    with app.state.deps.database.writing() as connection:
        assert jobs.take(connection, now=clock()) is not None  # and the process dies
    assert not work(app)
    clock.forward(seconds=jobs.LEASE.total_seconds() + 1)
    assert work(app)
    assert len(found(app, request)) == 1
