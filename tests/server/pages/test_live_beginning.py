"""The page of a policy that begins with a plan: the plan in sentences, and one button that asks for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from tests.server.conftest import Connect
from tests.server.pages.evidence import POLICY, learn
from tests.server.pages.live import HTML, NAME, Person, settle
from tests.server.people import OPERATOR, Clock

from evenhand.registry import freezing, policies, requests, segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.identity import Role
from evenhand.segments import Segmentation, content_hash

PAGE, ASK = f"/policies/{POLICY}", f"/policies/{POLICY}/plan"
NOTHING_ELSE = "recommends the plan and nothing else"


@pytest.fixture
def plan(app: FastAPI, keys: dict[Role, str]) -> Segmentation:
    """A server whose champion begins with a plan."""
    settle(app)
    deps = app.state.deps
    with deps.database.reading() as connection:
        today = segmentations.current(connection, NAME).content
    plan = today.replaced(today.segments[0].model_copy(update={"campaign": "A"}))
    learn(app, plan)
    with deps.database.writing() as connection:
        record: dict[str, Any] = {
            "policy_sha256": policies.get(connection, POLICY).sha256,
            "decision": {"verdict": "SHIP", "level": "validated", "reasons": []}, "evidence": {"origin": "simulated"},
        }  # fmt: skip
        policies.decide(
            connection, POLICY, {**record, "sha256": content_hash(record)}, actor=OPERATOR, now=deps.clock()
        )
        policies.crown(connection, NAME, POLICY, actor=OPERATOR, now=deps.clock())
    return plan


@pytest.fixture
def enter(plan: Segmentation, connect: Connect) -> Callable[[str], Person]:
    return lambda name: Person(connect(), name).log_in()


def test_the_plan_stands_in_sentences_and_one_button_asks_for_it(
    app: FastAPI, plan: Segmentation, enter: Callable[[str], Person]
) -> None:
    reviewer = enter("reviewer")
    reviewer.open(PAGE)
    assert "It begins with this plan" in reviewer.text
    assert NOTHING_ELSE in reviewer.text
    for segment in plan.every:
        assert plan.sentence(segment.id) in reviewer.text
    assert reviewer.page.faults == []
    reviewer.send(ASK)
    assert "The plan is in review now" in reviewer.text
    assert f"Begin with the plan of policy '{POLICY}'." in reviewer.text
    id = int(reviewer.url.partition("?")[0].rpartition("/")[2])
    with app.state.deps.database.reading() as connection:
        made = requests.get(connection, id)
    assert (made.author_kind, made.author, made.wish) == ("policy", POLICY, plan)
    assert reviewer.forms(f"/requests/{id}/review"), "who asked may review: the policy is the author"

    reviewer.open(PAGE)
    assert reviewer.forms(ASK) == []
    assert [link.text for link in reviewer.page.all("a") if link.attributes.get("href") == f"/requests/{id}"]


def test_whoever_may_not_write_requests_finds_no_button_and_a_forged_one_is_refused(
    enter: Callable[[str], Person],
) -> None:
    auditor = enter("auditor")
    auditor.open(PAGE)
    assert "It begins with this plan" in auditor.text
    assert auditor.forms(ASK) == []
    forged = {"csrf": auditor.form("/log-out")["csrf"]}
    assert auditor.client.post(ASK, data=forged, headers=HTML).status_code == 403


def test_once_the_plan_was_in_force_it_is_asked_for_no_longer(
    app: FastAPI, plan: Segmentation, enter: Callable[[str], Person], clock: Clock
) -> None:
    marketer = enter("marketer")
    marketer.open(PAGE)
    stale = marketer.form(ASK)
    with app.state.deps.database.writing() as connection:
        low = {"customers_share": 0.01, "margin_used": 0.1}
        wish = requests.Proposal(change=plan, title="By hand", reason="It earns more.", predicted=low)
        written = requests.propose(connection, NAME, wish, actor=OPERATOR, now=clock())
        requests.review(connection, written.id, "approve", actor=Actor("user", "bob"), now=clock())
        requests.apply(connection, written.id, actor=OPERATOR, now=clock())
    marketer.open(PAGE)
    assert "What runs is this plan or came of it" in marketer.text
    assert marketer.forms(ASK) == []
    late = marketer.client.post(ASK, data=stale, headers=HTML)
    assert late.status_code == 409
    assert "its plan cannot be asked for now" in late.text.lower()


def test_nothing_is_asked_for_while_frozen(app: FastAPI, enter: Callable[[str], Person], clock: Clock) -> None:
    with app.state.deps.database.writing() as connection:
        freezing.freeze(connection, NAME, reason="wrong prices", actor=OPERATOR, now=clock())
    marketer = enter("marketer")
    marketer.open(PAGE)
    assert NOTHING_ELSE in marketer.text
    assert marketer.forms(ASK) == []


def test_a_policy_without_a_plan_says_nothing_of_one(app: FastAPI, keys: dict[Role, str], connect: Connect) -> None:
    settle(app)
    learn(app)
    marketer = Person(connect(), "marketer").log_in()
    marketer.open(PAGE)
    assert marketer.last.status_code == 200
    assert "plan" not in marketer.page.all("main")[0].text
