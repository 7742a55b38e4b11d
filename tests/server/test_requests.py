"""Change requests over HTTP: who has not read the newest revision changes nothing, and nobody judges their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from tests.server.client import Client
from tests.server.people import Clock
from tests.server.winter import LOW, QUIET, Winter

from evenhand.registry.actor import Actor
from evenhand.registry.audit import append
from evenhand.registry.identity import Role
from evenhand.segments.canonical import Json

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture
def winter(keys: dict[Role, str], connect: Callable[..., Client]) -> Winter:
    return Winter.begun(keys, connect)


def test_a_request_is_proposed_approved_and_applied(winter: Winter) -> None:
    request = winter.propose()
    assert (request["state"], request["risk"], request["quorum"]) == ("in_review", "low", 1)
    approved = winter.approve(request).json()
    assert approved["state"] == "approved"
    applied = winter.act(approved, "apply", "marketer")
    assert (applied.json()["state"], applied.json()["version"], winter.campaign()) == ("applied", 2, "none")
    assert applied.headers["etag"] == f'"{applied.json()["revision"]}"'


def test_nobody_judges_what_they_wrote_administrators_included(winter: Winter) -> None:
    for role in ("reviewer", "administrator"):
        answer = winter.approve(winter.propose(role), role)
        assert (answer.status_code, "wrote or edited" in answer.json()["detail"]) == (403, True)


def test_what_was_not_read_cannot_be_judged_or_changed(winter: Winter) -> None:
    request = winter.propose()
    url, headers = f"/v1/change-requests/{request['id']}", {"If-Match": f'"{request["revision"]}"'}
    marketer, reviewer = winter.by["marketer"], winter.by["reviewer"]
    assert marketer.patch(url, json={"title": "Other"}).status_code == 428
    edited = marketer.patch(url, json={"title": "Other"}, headers=headers)
    assert (edited.status_code, edited.json()["title"], edited.json()["predicted"]) == (200, "Other", None)
    assert reviewer.post(url + "/reviews", json={"verdict": "approve"}).status_code == 428
    late = winter.approve(request)
    assert (late.status_code, "marketer did edit" in late.json()["detail"]) == (409, True)
    assert marketer.patch(url, json={"title": "Third"}, headers=headers).status_code == 409


def test_an_edit_makes_approvals_void_and_its_author_a_writer(winter: Winter) -> None:
    approved = winter.approve(winter.propose()).json()
    url = f"/v1/change-requests/{approved['id']}"
    changed = winter.by["reviewer"].patch(url, json={"share": 0.5}, headers={"If-Match": f'"{approved["revision"]}"'})
    assert (changed.json()["state"], changed.json()["share"]) == ("in_review", 0.5)
    assert winter.approve(changed.json()).status_code == 403
    assert [one["counts"] for one in winter.by["auditor"].get(url).json()["reviews"]] == [False]
    cleared = {"If-Match": f'"{changed.json()["revision"]}"'}
    assert winter.by["reviewer"].patch(url, json={"share": None}, headers=cleared).json()["share"] is None


def test_the_same_write_sent_again_is_done_once(winter: Winter) -> None:
    body = {"segmentation": "winter", "kind": "tweak", "change": QUIET, "title": "Quiet", "reason": "They leave."}
    key = {"Idempotency-Key": "k-1"}
    answers = [winter.by["marketer"].post("/v1/change-requests", json=body, headers=key) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert winter.by["auditor"].get("/v1/change-requests").json()["total"] == 1


def test_lists_and_their_counts_agree_on_every_page(winter: Winter) -> None:
    made = [winter.propose() for _ in range(5)]
    winter.approve(made[0])
    reader, seen, after = winter.by["reviewer"], [], ""
    while True:
        page = reader.get(f"/v1/change-requests?limit=2{after}").json()
        assert (page["total"], page["counts"]) == (5, {"approved": 1, "in_review": 4})
        seen += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == sorted((one["id"] for one in made), reverse=True)
    waiting = reader.get("/v1/change-requests?waiting_for=reviewer&state=in_review&state=approved").json()
    assert (waiting["total"], waiting["counts"]) == (4, {"in_review": 4})
    assert reader.get("/v1/change-requests?author=eve").json()["total"] == 0
    assert reader.get("/v1/change-requests?state=lost").status_code == 422


def test_a_request_shows_what_a_reviewer_looks_at(winter: Winter) -> None:
    request, other = winter.propose(), winter.propose()
    url = f"/v1/change-requests/{request['id']}"
    said = winter.by["reviewer"].post(url + "/comments", json={"text": " Why? "})
    assert (said.status_code, said.json()["text"], said.json()["author"]) == (201, "Why?", "reviewer")
    asked = winter.by["marketer"].put(url + "/reviewers", json={"users": ["administrator", "reviewer"]})
    assert asked.json() == {"users": ["administrator", "reviewer"]}
    assert winter.by["marketer"].put(url + "/reviewers", json={"users": ["auditor"]}).status_code == 403
    shown = winter.by["auditor"].get(url).json()
    assert shown["sentences"] == ['Stop contacting "Lapsed", who get campaign "Come back" today.']
    assert [one["text"] for one in shown["comments"]] == ["Why?"]
    assert [(one["request"], one["segments"]) for one in shown["overlaps"]] == [(other["id"], ["lapsed"])]
    assert [one["editor"] for one in shown["edits"]] == ["marketer", "service"]
    actions = [one["action"].removeprefix("request.") for one in shown["history"]]
    assert actions == ["propose", "edit", "comment", "request_reviewers"]


def test_a_roll_out_runs_pauses_and_stops(winter: Winter) -> None:
    approved = winter.approve(winter.propose(share=0.1)).json()
    assert winter.act(approved, "apply", "marketer").status_code == 409
    rolling = winter.act(approved, "start", "marketer").json()
    assert (rolling["state"], winter.campaign()) == ("rolling_out", "B")
    paused = winter.act(rolling, "pause", "marketer", {"reason": "Stock ran out."}).json()
    going = winter.act(paused, "resume", "marketer").json()
    assert (paused["state"], going["state"]) == ("paused", "rolling_out")
    stopped = winter.act(going, "stop", "marketer", {"reason": "It costs too much."}).json()
    assert (stopped["state"], winter.campaign()) == ("stopped", "B")


def test_a_roll_out_finishes_for_everybody_and_is_rolled_back(winter: Winter) -> None:
    rolling = winter.act(winter.approve(winter.propose(share=0.1)).json(), "start", "marketer").json()
    finished = winter.act(rolling, "finish", "marketer").json()
    assert (finished["state"], winter.campaign()) == ("applied", "none")
    assert winter.act(finished, "roll-back", "marketer", {"reason": "no"}).status_code == 403
    back = winter.act(finished, "roll-back", "reviewer", {"reason": "Sales fell."}).json()
    assert (back["state"], winter.campaign()) == ("rolled_back", "B")


def test_a_request_is_scheduled_ahead_and_never_into_the_past(winter: Winter) -> None:
    approved = winter.approve(winter.propose()).json()
    assert winter.act(approved, "schedule", "marketer", {"at": "2026-03-01T00:00:00Z"}).status_code == 422
    assert winter.act(approved, "schedule", "marketer", {"at": "2026-03-09T06:00:00"}).status_code == 422  # which zone?
    scheduled = winter.act(approved, "schedule", "marketer", {"at": "2026-03-09T06:00:00+01:00"}).json()
    assert (scheduled["state"], scheduled["scheduled_for"]) == ("scheduled", "2026-03-09T05:00:00Z")


def test_a_draft_is_submitted_and_withdrawn_by_its_author_only(winter: Winter) -> None:
    draft = winter.propose(draft=True)
    assert draft["state"] == "draft"
    submitted = winter.act(draft, "submit", "marketer").json()
    assert submitted["state"] == "in_review"
    assert winter.act(submitted, "withdraw", "data_scientist", {}).status_code == 403
    assert winter.act(submitted, "withdraw", "marketer", {"reason": "Later."}).json()["state"] == "withdrawn"


def test_an_outdated_request_is_rebased_and_reviewed_again(winter: Winter) -> None:
    other = winter.approve(winter.propose(change={"op": "assign_campaign", "segment": "rest", "campaign": "B"})).json()
    edited = winter.propose(kind="edit", change=winter.by["auditor"].get("/v1/segmentations/winter").json()["version"]
                            ["content"] | {"segments": []})  # fmt: skip
    winter.act(other, "apply", "marketer")
    url = f"/v1/change-requests/{edited['id']}"
    waiting = winter.by["auditor"].get(url).json()
    assert (waiting["outdated"], winter.approve(waiting).status_code) == (True, 409)
    rebased = winter.act(waiting, "rebase", "marketer").json()
    assert (rebased["base_version"], rebased["state"], rebased["risk"]) == (2, "in_review", "high")
    assert winter.by["auditor"].get(url).json()["outdated"] is False


def test_a_delegate_speaks_for_another_while_it_lasts(winter: Winter, clock: Clock) -> None:
    lent = {"delegate": "reviewer", "starts": "2026-03-02T00:00:00Z", "ends": "2026-03-03T00:00:00Z"}
    made = winter.by["administrator"].post("/v1/delegations", json=lent)
    assert (made.status_code, made.json()["delegator"]) == (201, "administrator")
    assert winter.by["administrator"].post("/v1/delegations", json=lent | {"delegate": "eve"}).status_code == 404
    assert winter.by["administrator"].post("/v1/delegations", json=lent | {"delegate": "auditor"}).status_code == 403
    assert winter.by["reviewer"].get("/v1/delegations").json()["items"] == [made.json()]
    verdict = {"verdict": "approve", "on_behalf_of": "administrator"}
    assert winter.act(winter.propose(), "reviews", "reviewer", verdict).json()["state"] == "approved"
    url = f"/v1/delegations/{made.json()['id']}"
    assert winter.by["reviewer"].delete(url).status_code == 403
    assert winter.by["administrator"].delete(url).status_code == 204
    assert winter.act(winter.propose(), "reviews", "reviewer", verdict).status_code == 403


def test_only_programs_foretell(winter: Winter) -> None:
    request = winter.propose()
    url = f"/v1/change-requests/{request['id']}/predicted"
    assert winter.by["marketer"].put(url, json={"document": LOW}).status_code == 403
    worse = winter.by["service"].put(url, json={"document": LOW | {"customers_share": 0.5}}).json()
    assert (worse["risk"], worse["quorum"]) == ("high", 2)
    assert winter.by["service"].put(url, json={"document": {"customers_share": -1}}).status_code == 422


def recommend(app: FastAPI, policy: str, version: int = 1) -> int:
    """Write down a recommendation as the server does, and return its row."""
    details: dict[str, Json] = {
        "version": version,
        "policy": policy,
        "tweaks": [QUIET | {"schema_version": 1}],
        "hold": None,
    }
    with app.state.deps.database.writing() as connection:
        return append(connection, action="recommendation.give", subject="segmentations/winter", details=details,
                      actor=Actor("service", "crm"), now=NOW).sequence  # fmt: skip


def test_a_recommendation_is_the_policys_own_as_long_as_nobody_edits_it(app: FastAPI, winter: Winter) -> None:
    row = recommend(app, "winter-7")
    body = {"segmentation": "winter", "recommendation": row, "tweak": QUIET}
    made = winter.by["reviewer"].post("/v1/change-requests/recommended", json=body)
    assert (made.status_code, made.json()["author_kind"], made.json()["author"]) == (201, "policy", "winter-7")
    noted = winter.by["service"].put(f"/v1/change-requests/{made.json()['id']}/predicted", json={"document": LOW})
    assert winter.approve(noted.json()).json()["state"] == "approved"  # by the one who handed it on
    history = winter.by["auditor"].get(f"/v1/change-requests/{made.json()['id']}").json()["history"]
    assert ("reviewer", "request.hand_on") in [(step["actor"], step["action"]) for step in history]


def test_nobody_speaks_for_a_policy_that_said_something_else(app: FastAPI, winter: Winter) -> None:
    row = recommend(app, "winter-7")
    ask = winter.by["marketer"].post
    right = {"segmentation": "winter", "recommendation": row, "tweak": QUIET}
    for wrong in ({"recommendation": row - 1}, {"recommendation": row + 1}, {"tweak": QUIET | {"segment": "rest"}}):
        assert ask("/v1/change-requests/recommended", json=right | wrong).status_code == 404, wrong
    winter.applied(change={"op": "assign_campaign", "segment": "rest", "campaign": "B"})
    late = ask("/v1/change-requests/recommended", json=right)
    assert (late.status_code, late.json()["mend"]) == (409, "ask for new recommendations")


def test_a_policys_record_holds_what_was_foretold_and_what_came(app: FastAPI, winter: Winter) -> None:
    body = {"segmentation": "winter", "recommendation": recommend(app, "winter-7"), "tweak": QUIET}
    made = winter.by["marketer"].post("/v1/change-requests/recommended", json=body).json()
    url = f"/v1/change-requests/{made['id']}"
    noted = winter.by["service"].put(url + "/predicted", json={"document": LOW}).json()
    came = {"document": {"profit": 1.5}}
    assert winter.by["service"].put(url + "/realised", json=came).status_code == 409
    winter.act(winter.approve(noted).json(), "apply", "marketer")
    assert winter.by["service"].put(url + "/realised", json=came).status_code == 200
    record = winter.by["auditor"].get("/v1/policies/winter-7/calibration").json()
    told = {"request": made["id"], "predicted": LOW, "realised": {"profit": 1.5}}
    assert record["items"] == [{**told, "profit": None}]  # neither tells an interval of the profit
