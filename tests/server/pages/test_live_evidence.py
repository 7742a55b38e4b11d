"""What stands behind a change, on the live pages: the policy's grounds, proxies, trials, the dashboard."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from tests.server.conftest import Connect
from tests.server.pages.evidence import POLICY, TWEAK, judge, learn, recommend
from tests.server.pages.live import NAME, Person, settle
from tests.server.people import OPERATOR, PASSWORD, Clock

from evenhand.registry import jobs, requests
from evenhand.registry.actor import Actor
from evenhand.registry.identity import Role


def says(person: Person, said: str) -> bool:
    """Whether a page says it, be it across the cells of a table, which no space parts."""
    return "".join(said.split()) in "".join(person.text.split())


@pytest.fixture
def settled(app: FastAPI, keys: dict[Role, str]) -> FastAPI:
    settle(app)
    learn(app)
    return app


@pytest.fixture
def reviewer(settled: FastAPI, connect: Connect) -> Person:
    return Person(connect(), "reviewer").log_in()


def test_a_request_shows_what_the_policy_saw_and_why_not_the_runner_up(settled: FastAPI, reviewer: Person) -> None:
    request = recommend(settled)
    reviewer.open(f"/requests/{request.id}")
    for said in ("Gain in the coming period, per customer +0.0123 +0.0011", "How tired of mailings they are",
                 "92.0% 60.0%", 'Stop contacting "Loyal"', "its interval holds zero",
                 "neither simulated nor tried: +0.0029 [−0.0158, +0.0195], per customer and week"):  # fmt: skip
        assert says(reviewer, said), said
    assert reviewer.page.faults == []


def test_a_request_that_people_changed_shows_no_grounds_of_the_old_one(
    settled: FastAPI, reviewer: Person, connect: Connect
) -> None:
    url = f"/requests/{recommend(settled).id}"
    marketer = Person(connect(), "marketer").log_in()
    marketer.open(f"{url}/edit")
    marketer.send(f"{url}/edit", do="submit", heading="Quiet for the loyal", reason="They had enough.",
                  **{"1.campaign": "none"})  # fmt: skip
    assert marketer.last.status_code == 200, marketer.text
    reviewer.open(url)
    assert "Gain in the coming period" not in reviewer.text
    assert "was not kept with this request" in reviewer.text


def test_a_request_shows_how_well_it_tells_protected_attributes(settled: FastAPI, reviewer: Person) -> None:
    reviewer.open(f"/requests/{recommend(settled).id}")
    assert "Could the rule stand in for a protected attribute?" in reviewer.text
    assert says(reviewer, "age being touched old 0.52 [0.50, 0.55]")


def test_a_policy_shows_how_it_learned_and_how_others_fared(settled: FastAPI, reviewer: Person) -> None:
    reviewer.open(f"/policies/{POLICY}")
    for said in ("Learning curves", "seed 7", "seed 8", "kept", "greedy", "0.488 [0.482, 0.494]",
                 "Its study: learning curves"):  # fmt: skip
        assert said in reviewer.text, said
    reviewer.open("/policies")
    assert "against the best fair alternative" in reviewer.text


def test_a_trial_shows_its_plan_path_and_decision_and_hands_out_its_report(settled: FastAPI, reviewer: Person) -> None:
    reviewer.open("/experiments")
    assert "No trial yet" in reviewer.text
    judge(settled, 1, 2)
    reviewer.open("/experiments")
    assert "spring" in reviewer.text
    (link,) = [one for one in reviewer.page.all("a") if one.text == "spring"]
    url = link.attributes["href"] or ""
    reviewer.open(url)
    for said in ("The path so far", "+2.20", "+3.11", "50%", "today 50% and finer 50%", "sample ratio",
                 "A finer cut by recency", POLICY):  # fmt: skip
        assert says(reviewer, said), said
    assert reviewer.page.faults == []
    report = reviewer.client.get(f"{url}/report")
    assert (report.status_code, report.headers["content-disposition"][:10]) == (200, "attachment")
    assert "spring" in report.text
    reviewer.open(f"/policies/{POLICY}")
    assert url in [one.attributes.get("href") for one in reviewer.page.all("a")]
    assert reviewer.client.get("/experiments/0000000000000000").status_code == 404
    assert reviewer.client.get("/experiments/x").status_code == 422


def test_the_dashboard_counts_compares_and_raises_alarms(settled: FastAPI, reviewer: Person, clock: Clock) -> None:
    reviewer.open(f"/dashboard/{NAME}")
    assert "No alarm is open" in reviewer.text or "is allowed" in reviewer.text
    assert "what the rules did to the gaps" in reviewer.text
    request = recommend(settled)
    deps = settled.state.deps
    with deps.database.writing() as connection:
        jobs.add(connection, "evidence", request.subject, {"edit": request.edit}, now=clock())
        for _ in range(jobs.MOST_ATTEMPTS):
            job = jobs.take(connection, now=clock())
            assert job is not None
            jobs.give_back(connection, job, "no simulator is here", now=clock())
            clock.forward(hours=1)
    reviewer.open("/")
    reviewer.send("/log-in", name="reviewer", password=PASSWORD)
    reviewer.open(f"/dashboard/{NAME}")
    assert f"Request {request.id}: its simulation failed. no simulator is here" in reviewer.text
    clock.forward(days=28)
    reviewer.open("/")
    reviewer.send("/log-in", name="reviewer", password=PASSWORD)
    reviewer.open(f"/dashboard/{NAME}")
    assert f"Request {request.id} expires on" in reviewer.text


def test_what_came_stands_beside_what_was_predicted(settled: FastAPI, reviewer: Person, clock: Clock) -> None:
    request, program = recommend(settled), Actor("service", "simulator")
    profit = {"profit": {"mean": 0.021, "low": 0.009, "high": 0.033}}
    with settled.state.deps.database.writing() as connection:
        requests.note_predicted(connection, request.id, {"expected": profit}, actor=program, now=clock())
        for who in ("reviewer", "administrator"):
            requests.review(connection, request.id, "approve", reason="Looked at it.", actor=Actor("user", who),
                            now=clock())  # fmt: skip
        requests.apply(connection, request.id, actor=OPERATOR, now=clock())
        requests.note_realised(connection, request.id, {"profit": {"mean": 0.018, "low": 0.002, "high": 0.034}},
                               actor=program, now=clock())  # fmt: skip
    for url in (f"/dashboard/{NAME}", f"/policies/{POLICY}"):
        reviewer.open(url)
        assert says(reviewer, "+0.021 [+0.009, +0.033] +0.018 [+0.002, +0.034]"), url
        assert "1 of 1 prediction agrees with what came" in reviewer.text
    reviewer.open(f"/requests/{request.id}")
    assert "What was predicted, and what came" in reviewer.text


@pytest.mark.parametrize("share", [None, 0.5])
def test_of_a_change_that_everybody_got_at_once_pages_say_why_nobody_can_tell_what_came(
    settled: FastAPI, reviewer: Person, share: float | None
) -> None:
    deps, ann, bob = settled.state.deps, Actor("user", "ann"), Actor("user", "bob")
    rules = requests.ReviewRules(high_quorum=1)
    wish = requests.Proposal(change=TWEAK, title="Leaflets", reason="They answer them.", share=share)
    with deps.database.writing() as connection:
        id = requests.propose(connection, NAME, wish, rules=rules, actor=ann, now=deps.clock()).id
        requests.review(connection, id, "approve", reason="seen it", actor=bob, now=deps.clock())
        (requests.apply if share is None else requests.start)(connection, id, actor=bob, now=deps.clock())
        if share is not None:
            requests.finish(connection, id, actor=bob, now=deps.clock())
    for page, said in (
        (f"/requests/{id}", "everybody got it at once"),
        (f"/dashboard/{NAME}", "everybody at once: nob"),
    ):
        reviewer.open(page)
        assert reviewer.last.status_code == 200, page
        assert (said in reviewer.text) == (share is None), page
        assert reviewer.page.faults == []
