"""The client against a real server: what it sends is understood, and what the server refuses is raised."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from tests.server.people import PASSWORD

from evenhand.client import Client
from evenhand.errors import ConflictError, DataError, MissingError, RefusedError
from evenhand.registry import audit, policies, requests
from evenhand.registry.actor import Actor
from evenhand.registry.identity import Role
from evenhand.segments import AssignCampaign, Segmentation, content_hash
from evenhand.server.deps import utc_now
from evenhand.server.schemas.segmentations import EXAMPLE

WINTER = Segmentation.from_json(EXAMPLE)
QUIET = AssignCampaign(segment="lapsed", campaign="none")


@pytest.fixture
def author(url: str, keys: dict[Role, str]) -> Iterator[Client]:
    with Client(url, key=keys["marketer"]) as client:
        client.create("winter", WINTER)
        yield client


@pytest.fixture
def reviewer(url: str, keys: dict[Role, str]) -> Iterator[Client]:
    with Client(url, key=keys["reviewer"]) as client:
        yield client


def ask(author: Client, **other: Any) -> Any:
    return author.propose("winter", QUIET, title="Quiet", reason="They leave.", **other)


def test_a_change_goes_the_whole_way(author: Client, reviewer: Client) -> None:
    assert author.segmentations() == ["winter"]
    assert author.content("winter") == WINTER
    request = ask(author)
    seen = reviewer.request(request["id"])
    assert reviewer.requests(state="in_review")["counts"] == {"in_review": 1}
    applied = author.move(reviewer.review(seen, "approve"), "apply")
    assert (applied["state"], author.content("winter").segment("lapsed").campaign) == ("applied", "none")
    assert author.diff("winter", 1, 2) == seen["sentences"]
    assert reviewer.roll_back("winter", "Sales fell.")["current_version"] == 3
    assert author.content("winter") == WINTER


def test_what_was_changed_since_it_was_read_is_refused(author: Client, reviewer: Client) -> None:
    request = ask(author)
    edited = author.edit(request, title="Other")
    with pytest.raises(ConflictError, match="marketer did edit"):
        reviewer.review(request, "approve")
    assert reviewer.review(edited, "approve")["state"] == "approved"


def test_errors_are_those_of_the_house(author: Client, reviewer: Client, url: str) -> None:
    with pytest.raises(MissingError, match=r"did you mean 'winter'\?"):
        author.segmentation("wintr")
    with pytest.raises(RefusedError, match=r"wrote or edited it \| rule: whoever wrote"):
        reviewer.review(reviewer.propose("winter", QUIET, title="Quiet", reason="So."), "approve")
    with pytest.raises(DataError, match="nothing would change"):
        author.propose("winter", WINTER, title="Same", reason="So.")
    with Client(url, key="evh_0") as nobody, pytest.raises(RefusedError, match="unknown"):
        nobody.me()


def test_a_whole_edited_segmentation_and_a_way_back_are_changes_too(author: Client, reviewer: Client) -> None:
    whole = author.propose("winter", WINTER.rebuilt(()), title="Nobody", reason="A pause.", draft=True)
    assert (whole["kind"], whole["state"], author.move(whole, "submit")["state"]) == ("edit", "draft", "in_review")
    author.move(reviewer.review(ask(author), "approve"), "apply")
    back = author.propose("winter", 1, title="Back", reason="Sales fell.", base_version=2)
    assert (back["kind"], author.brake(back, "withdraw", "Not yet.")["state"]) == ("rollback", "withdrawn")


def test_a_roll_out_is_braked_whatever_happened_since(author: Client, reviewer: Client) -> None:
    rolling = author.move(reviewer.review(ask(author, share=0.2), "approve"), "start")
    assert author.brake(rolling, "pause", "Stock.")["state"] == "paused"
    assert author.brake(rolling, "stop", "Stock ran out.")["state"] == "stopped"


def test_customers_are_written_and_placed(author: Client, url: str, keys: dict[Role, str]) -> None:
    with Client(url, key=keys["service"]) as crm:
        row = {"key": "k-1", "features": {"recency": 120}, "consent": {"email": True}}
        assert [crm.write_customers([row]), crm.write_customers([row])] == [1, 0]
        place = crm.place("k-1", "winter")
    assert (place["segment"], place["contacted"]) == ("lapsed", True)


def test_a_person_logs_in_and_writes_with_the_token_of_the_session(author: Client, url: str) -> None:
    with Client(url) as person:
        assert person.log_in("reviewer", PASSWORD)["user"]["roles"] == ["reviewer"]
        person.freeze("winter", "Complaints.")
        with pytest.raises(RefusedError, match="second person"):
            person.unfreeze("winter", "None now.")


def test_decisions_of_the_gate_are_read_with_their_records(app: FastAPI, url: str, keys: dict[Role, str]) -> None:
    ann, now = Actor("user", "ann"), utc_now()
    with app.state.deps.database.writing() as connection:
        policy = policies.upload(connection, "winter-7", manifest={}, graph=b"", files={}, actor=ann, now=now)
        for verdict in ("HOLD", "SHIP"):
            found = {"verdict": verdict, "level": "validated", "reasons": [f"so it is {verdict}"]}
            content: dict[str, Any] = {"policy_sha256": policy.sha256, "decision": found}
            policies.decide(
                connection, "winter-7", {**content, "sha256": content_hash(content)}, actor=ann, now=now
            )  # fmt: skip
    with Client(url, key=keys["auditor"]) as auditor:
        first, second = auditor.decisions("winter-7")
        assert (first["verdict"], second["verdict"], second["level"]) == ("HOLD", "SHIP", "validated")
        assert auditor.decision("winter-7", second["id"])["record"]["decision"] == found
        with pytest.raises(MissingError, match="no policy"):
            auditor.decisions("winter-8")


def test_a_plan_that_was_recommended_is_asked_for_without_a_tweak(app: FastAPI, author: Client) -> None:
    plan = WINTER.rebuilt(())
    ann, now = Actor("user", "ann"), utc_now()
    with app.state.deps.database.writing() as connection:
        policies.upload(
            connection, "winter-7", manifest={"beginning": plan.to_dict()}, graph=b"", files={}, actor=ann, now=now
        )  # fmt: skip
        row = audit.append(
            connection, action=requests.RECOMMENDED, subject="segmentations/winter",
            details={"version": 1, "policy": "winter-7", "tweaks": [], "plan_sha256": plan.hash}, actor=ann, now=now,
        )  # fmt: skip
    found: Any = {"segmentation": "winter", "audit": row.sequence}
    made = author.propose_recommended(found)
    assert (made["kind"], made["author"], Segmentation.from_json(made["change"])) == ("edit", "winter-7", plan)
    with pytest.raises(MissingError, match="nobody recommended"):
        author.propose_recommended(found, QUIET.to_dict())


def test_the_walk_leads_two_people_there_and_back(
    author: Client, url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("AUTHOR_PASSWORD", "REVIEWER_PASSWORD"):
        monkeypatch.setenv(name, PASSWORD)
    walk = runpy.run_path(str(Path(__file__).parents[2] / "examples/server_walk.py"))
    walk["main"]([url, "winter", "marketer", "reviewer", "--patience", "0"])
    said = capsys.readouterr().out
    assert re.search(r"Applied as version 2\.\nRolled back: version 3", said)
    assert said.endswith("Nothing changed: True\n")
    assert author.content("winter") == WINTER
