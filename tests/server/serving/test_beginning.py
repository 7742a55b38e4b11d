"""A champion that begins with a plan: the plan is all that it recommends until it was in force, then come tweaks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.server.client import Client
from tests.server.conftest import Connect
from tests.server.people import OPERATOR
from tests.server.serving.conftest import record_of

from evenhand.registry import policies, requests, segmentations
from evenhand.registry.identity import Role
from evenhand.registry.tables import audit
from evenhand.segments import Segmentation
from evenhand.server.importing import Loaded
from evenhand.server.serving import champion
from evenhand.server.serving.business import load_business
from evenhand.server.serving.evidence import work_once

URL = "/v1/segmentations/winter/recommendations"
ASK = "/v1/change-requests/recommended"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let changes be noticed at once, which else takes half a second."""
    monkeypatch.setattr(champion, "FRESH", 0.0)


def today_of(app: FastAPI, number: int = 1) -> Segmentation:
    with app.state.deps.database.reading() as connection:
        return segmentations.version(connection, "winter", number).content


def begin_with(app: FastAPI, loaded: Loaded, plan: Segmentation) -> None:
    """Let the study's policy advise as one that begins with a plan."""
    deps, old = app.state.deps, loaded.policy
    assert old is not None
    with deps.database.writing() as connection:
        graph = policies.graph_of(connection, old.id)
        policy = policies.upload(
            connection, "begins", manifest={**old.manifest, "beginning": plan.to_dict()}, graph=graph, files=old.files,
            actor=OPERATOR, now=deps.clock(),
        )  # fmt: skip
        policies.decide(connection, policy.id, record_of(policy), actor=OPERATOR, now=deps.clock())
        policies.crown(connection, "winter", policy.id, actor=OPERATOR, now=deps.clock())


@pytest.fixture
def plan(app: FastAPI, loaded: Loaded) -> Segmentation:
    """Today's segments, one of them with another campaign, so that the same statistics fit both."""
    today = today_of(app)
    first = today.segments[0]
    other = next(one.id for one in today.catalogue.campaigns if one.id != first.campaign)
    return today.replaced(first.model_copy(update={"campaign": other}))


@pytest.fixture
def begun(app: FastAPI, loaded: Loaded, plan: Segmentation) -> Segmentation:
    begin_with(app, loaded, plan)
    return plan


def test_the_plan_comes_first_and_its_hash_is_in_the_audit_log(
    app: FastAPI, scientist: Client, begun: Segmentation, statistics: dict[str, Any]
) -> None:
    found = scientist.post(URL, json=statistics).json()
    assert (found["items"], found["hold"]["why"], found["scored"]) == ([], "plan first", False)
    assert found["hold"]["reason"].startswith("Plan first: ")
    today, shown = today_of(app), found["plan"]
    assert Segmentation.from_json(shown["content"]) == begun
    assert shown["sentences"] == today.diff(begun)
    customers = load_business(app.state.deps.settings.data_dir, "winter").customers
    assert shown["affected_customers"] == int((today.assign(customers.frame) == 0).sum()) > 0
    assert {name: set(gap) for name, gap in shown["fairness"].items()} == {"age": {"before", "after", "tolerance"}}
    with app.state.deps.database.reading() as connection:
        row = connection.execute(select(audit).where(audit.c.sequence == found["audit"])).one()
    assert (row.action, row.details["plan_sha256"], row.details["tweaks"]) == ("recommendation.give", begun.hash, [])


def test_once_the_plan_that_was_asked_for_is_in_force_tweaks_come_as_before(
    app: FastAPI, scientist: Client, begun: Segmentation, statistics: dict[str, Any], keys: dict[Role, str],
    connect: Connect,
) -> None:  # fmt: skip
    deps, given = app.state.deps, scientist.post(URL, json=statistics).json()
    made = scientist.post(ASK, json={"segmentation": "winter", "recommendation": given["audit"]})
    assert made.status_code == 201, made.text
    request = made.json()
    assert (request["kind"], request["author_kind"], request["author"]) == ("edit", "policy", "begins")
    assert Segmentation.from_json(request["change"]) == begun
    assert work_once(deps.database, deps.settings, draws=2, clock=deps.clock)
    with deps.database.reading() as connection:
        foretold = requests.get(connection, request["id"]).predicted
    assert {"customers_share", "margin_used", "profit"} <= set(foretold)
    assert foretold["affected_customers"] == given["plan"]["affected_customers"]
    assert scientist.post(URL, json=statistics).json()["plan"], "a request alone is no beginning"

    for role in ("reviewer", "administrator"):
        by = connect(keys[role])
        seen = by.get(f"/v1/change-requests/{request['id']}").json()
        if seen["state"] == "in_review":
            reviewed = {"verdict": "approve", "reason": "Looked at it."}
            headers = {"If-Match": f'"{seen["revision"]}"'}
            assert by.post(f"/v1/change-requests/{request['id']}/reviews", json=reviewed, headers=headers).is_success
    seen = by.get(f"/v1/change-requests/{request['id']}").json()
    applied = by.post(f"/v1/change-requests/{request['id']}/apply", headers={"If-Match": f'"{seen["revision"]}"'})
    assert applied.json()["state"] == "applied", applied.text
    assert today_of(app, 2) == begun

    found = scientist.post(URL, json=statistics | {"version": 2}).json()
    assert (found["plan"], found["scored"]) == (None, True)
    assert found["items"] or found["hold"]["why"] in ("nothing better", "nothing clear")


def test_a_plan_for_other_campaigns_than_what_runs_is_not_recommended(
    app: FastAPI, scientist: Client, loaded: Loaded, plan: Segmentation, statistics: dict[str, Any]
) -> None:
    campaigns = [replace(one, cost=one.cost + 1) if one.channel else one for one in plan.catalogue.campaigns]
    catalogue = replace(plan.catalogue, campaigns=tuple(campaigns))
    begin_with(app, loaded, Segmentation(catalogue=catalogue, segments=plan.segments, default=plan.default))
    found = scientist.post(URL, json=statistics).json()
    assert (found["items"], found["plan"], found["hold"]["why"]) == ([], None, "plan does not fit")
    assert all(repr(one.id) in found["hold"]["reason"] for one in campaigns if one.channel)
    asked = scientist.post(ASK, json={"segmentation": "winter", "recommendation": found["audit"]})
    assert (asked.status_code, asked.json()["detail"]) == (404, "nobody recommended that")


def test_wrong_statistics_are_refused_before_the_plan_too(
    scientist: Client, begun: Segmentation, statistics: dict[str, Any]
) -> None:
    told = {**statistics, "segments": statistics["segments"][1:]}
    answer = scientist.post(URL, json=told)
    assert answer.status_code == 422
    assert "is missing" in answer.text
