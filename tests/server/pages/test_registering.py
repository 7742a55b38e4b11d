"""A plan of a trial comes in by the browser: read, shown with its fingerprint, registered once by who may."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from tests.experiments.trial.plans import draft
from tests.server.conftest import Connect
from tests.server.pages.evidence import POLICY, learn
from tests.server.pages.live import HTML, Person, settle

from evenhand.experiments.trial.needs import with_groups
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.registry import policies
from evenhand.registry.identity import Role

URL = "/experiments/plan"


@pytest.fixture
def plan(app: FastAPI, keys: dict[Role, str]) -> ExperimentPlan:
    """A plan of which one arm is the server's policy."""
    settle(app)
    learn(app)
    with app.state.deps.database.reading() as connection:
        sha256 = policies.get(connection, POLICY).sha256
    values = draft().model_dump(mode="json")
    values["arms"][1] |= {"of": "policy", "kind": "policy", "sha256": sha256} if "kind" in values["arms"][1] else {
        "sha256": sha256
    }  # fmt: skip
    return ExperimentPlan.from_dict(values)


def bring(person: Person, content: str, name: str = "spring.toml", **fields: str) -> None:
    person.open(URL)
    hidden = {**person.form(URL), **fields}
    files: Any = {"file": (name, content.encode(), "application/octet-stream")}
    person._see("POST", URL, data=hidden, files=files)


def registered(app: FastAPI) -> list[str]:
    with app.state.deps.database.reading() as connection:
        return [one.plan_sha256 for _, one in policies.registered_trials(connection)]


def test_a_plan_is_read_shown_and_registered_once(app: FastAPI, plan: ExperimentPlan, connect: Connect) -> None:
    person = Person(connect(), "data.scientist").log_in()
    person.open("/experiments")
    assert URL in [one.attributes.get("href") for one in person.page.all("a")]
    final = with_groups(plan).sha256
    for content in (plan.to_toml(), plan.to_toml().replace("\n", "\r\n"), plan.model_dump_json()):
        bring(person, content)
        assert person.last.status_code == 200, person.text
        assert final in person.text
        assert plan.hypothesis in person.text
        assert "Nothing is registered yet" in person.text
        assert person.page.faults == []
    assert registered(app) == []
    form = person.form(URL)
    person.send(URL, do="register")
    assert person.url.startswith("/experiments?"), person.text
    assert "The plan is registered" in person.text
    assert final in person.text
    again = person.client.post(URL, data={**form, "do": "register"}, headers=HTML, follow_redirects=False)
    assert again.status_code == 303
    assert registered(app) == [final]
    bring(person, plan.to_toml())
    assert "registered already" in person.text


def test_a_bad_plan_is_told_on_the_page_and_nothing_is_registered(
    app: FastAPI, plan: ExperimentPlan, connect: Connect
) -> None:
    person = Person(connect(), "data.scientist").log_in()
    other = plan.model_dump(mode="json")
    other["arms"][1]["sha256"] = "1" * 64
    deep = "a = " + "[" * 5000 + "]" * 5000
    for content, said in (
        ("name = ", "is no TOML"), ('{"a": 1, "a": 2}', "is no JSON"), ('name = "x"', "plan"), (deep, "plan"),
        ('[[arms]]\nname = "a"\nfile = "/etc/passwd"', "names a file of your machine"),
        ("x" * 200_001, "200,001 bytes"),
        (ExperimentPlan.from_dict(other).to_toml(), "no arm of the plan is a policy of this server"), ("", "no file"),
    ):  # fmt: skip
        bring(person, content)
        assert said in person.text, said
        assert person.page.all("div"), content[:40]
        assert [one for one in person.page.elements if one.attributes.get("role") == "alert"], content[:40]
    assert registered(app) == []


def test_whoever_may_not_promote_registers_nothing(app: FastAPI, plan: ExperimentPlan, connect: Connect) -> None:
    person = Person(connect(), "marketer").log_in()
    person.open("/experiments")
    assert URL not in [one.attributes.get("href") for one in person.page.all("a")]
    assert person.client.get(URL, headers=HTML).status_code == 403
    scientist = Person(connect(), "data.scientist").log_in()
    sent = scientist.client.post(
        URL, data={"plan": plan.model_dump_json(), "policy": POLICY, "do": "register"}, headers=HTML
    )
    assert sent.status_code == 403, "without the token of the session"
    assert registered(app) == []
