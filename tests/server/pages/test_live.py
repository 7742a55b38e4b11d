"""The live pages as people use them, without scripts: every page as every role, and the whole path over forms."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi import FastAPI
from tests.server.client import Client
from tests.server.conftest import Connect
from tests.server.pages.live import HTML, NAME, Person, settle
from tests.server.people import CHEAP_HASHES, OPERATOR, PASSWORD, Clock, user_of

from evenhand.registry.identity import ROLES, Role, add_user
from evenhand.server import pages
from evenhand.server.settings import ServerSettings

PEOPLE = tuple(role for role in ROLES if role != "service")
WHY = "Looked at the groups, at the sizes and at the interval."
HEAVIEST = 200_000
STATIC = Path(pages.__file__).parent / "static"
EVIL = "<script>alert(1)</script>\"'><b onclick=x>{{ 7 * 7 }}"


@pytest.fixture
def settled(app: FastAPI, keys: dict[Role, str]) -> FastAPI:
    """A server with a segmentation, its customers and a user for each role; and a second marketer, Ann."""
    settle(app)
    deps = app.state.deps
    with deps.database.writing() as connection:
        add_user(connection, "ann", roles=["marketer", "reviewer"], password=PASSWORD, passwords=CHEAP_HASHES,
                 actor=OPERATOR, now=deps.clock())  # fmt: skip
    return app


@pytest.fixture
def enter(settled: FastAPI, connect: Connect) -> Callable[[str], Person]:
    return lambda name: Person(connect(), name).log_in()


def propose(author: Person, title: str = "Quiet for the lapsed", **other: str) -> str:
    """Propose by the editor that lapsed customers are not contacted; returns the request's address."""
    edit = f"/segmentations/{NAME}/edit"
    author.open(edit)
    author.send(edit, do="submit", heading=title, reason=WHY, **{"0.campaign": "none", **other})
    assert author.last.status_code == 200, author.text
    return author.url.partition("?")[0]


def decide(person: Person, url: str, verdict: str, reason: str = WHY) -> None:
    person.open(url)
    person.send(f"{url}/review", verdict=verdict, reason=reason)


def act(person: Person, url: str, step: str, **fields: str) -> None:
    person.open(url)
    person.send(f"{url}/act", over=step, **fields)


def test_the_whole_path_over_forms(enter: Callable[[str], Person]) -> None:
    marketer, reviewer, ann, auditor = (enter(name) for name in ("marketer", "reviewer", "ann", "auditor"))
    url = propose(marketer)
    assert "Your change is in review now" in marketer.text
    assert "someone else must decide" in marketer.text or "may read requests" in marketer.text

    reviewer.open("/")
    assert "Quiet for the lapsed" in reviewer.text
    marketer.open("/")
    assert "Quiet for the lapsed" not in marketer.text
    decide(reviewer, url, "request_changes", "Please say who else gets the leaflet, and why.")
    assert "went back to its author" in reviewer.text
    reviewer.open("/")
    assert "Quiet for the lapsed" not in reviewer.text
    marketer.open("/")
    assert "Your request: changes were asked for" in marketer.text

    marketer.open(f"{url}/edit")
    marketer.send(f"{url}/edit", do="submit", heading="Quiet for the long lapsed", **{"0.rule.0.value": "90"})
    assert "has its new content and is in review" in marketer.text

    decide(reviewer, url, "approve")
    assert "Your approval is recorded" in reviewer.text
    if "2 people must" in reviewer.text or "1 person must still approve" in reviewer.text:
        decide(ann, url, "approve")
    act(reviewer, url, "apply")
    assert "It is in force now" in reviewer.text
    reviewer.open(f"/segmentations/{NAME}")
    assert "Version 2" in reviewer.text

    act(reviewer, url, "emergency", reason="The leaflet had wrong prices; undone.")
    assert "undone" in reviewer.text
    reviewer.open(f"/segmentations/{NAME}/compare?old=1&new=3")
    assert "Nothing differs" in reviewer.text

    auditor.open(f"/audit?subject=requests/{url.rpartition('/')[2]}")
    for step in ("wrote the request", "asked for changes", "approved it", "put it into force", "rolled it back"):
        assert step in auditor.text
    auditor.send("/audit/verify")
    assert "whole" in auditor.text
    assert "rows fit together" in auditor.text


def weight_of(person: Person) -> int:
    """Return the bytes of the page that is open, without its charts but with its style sheet and its script."""
    files = [file.read_bytes() for file in STATIC.iterdir() if file.suffix in (".css", ".js", ".svg")]
    return len(re.sub(r"<svg.*?</svg>", "", person.last.text, flags=re.S).encode()) + sum(map(len, files))


@pytest.mark.parametrize("role", PEOPLE)
def test_every_page_opens_for_every_role_and_no_link_is_dead(role: Role, enter: Callable[[str], Person]) -> None:
    url = propose(enter("ann"))
    person = enter(user_of(role))
    waiting, seen = ["/", url, f"/segmentations/{NAME}/compare", "/tour/1", "/log-in"], set[str]()
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        page = person.open(address)
        seen |= {address, person.url}
        assert person.last.status_code == 200, (address, person.text)
        if "html" not in person.last.headers["content-type"]:
            continue
        assert page.faults == []
        assert weight_of(person) < HEAVIEST, address
        links = [link.attributes.get("href") or "" for link in page.all("a")]
        waiting += [link.partition("#")[0] for link in links if link.startswith("/") and link.partition("#")[0]]
    assert {"/segmentations", "/policies", "/help", f"/dashboard/{NAME}"} <= seen
    assert ("/audit" in seen) == (role in ("auditor", "administrator"))


def test_the_author_finds_no_way_to_approve_and_a_forged_one_is_refused(enter: Callable[[str], Person]) -> None:
    ann = enter("ann")
    url = propose(ann)
    page = ann.open(url)
    assert [field for field in page.all("input") if field.attributes.get("name") == "verdict"] == []
    forged = {**ann.form(f"{url}/act"), "verdict": "approve", "reason": WHY}
    answer = ann.client.post(f"{url}/review", data=forged, headers=HTML)
    assert answer.status_code == 403
    assert "wrote or edited it" in answer.text
    ann.open(url)
    assert "0 of" in ann.text


def test_a_form_without_the_session_s_token_does_nothing(enter: Callable[[str], Person]) -> None:
    url, reviewer = propose(enter("marketer")), enter("reviewer")
    reviewer.open(url)
    fields = {**reviewer.form(f"{url}/review"), "verdict": "reject", "reason": WHY}
    for csrf in ("", "guess"):
        assert reviewer.client.post(f"{url}/review", data={**fields, "csrf": csrf}, headers=HTML).status_code == 403
    foreign = {**HTML, "Origin": "https://evil.example"}
    assert reviewer.client.post(f"{url}/review", data=fields, headers=foreign).status_code == 403
    reviewer.open(url)
    assert "in review" in reviewer.text


def test_what_people_write_is_text_and_nothing_else(enter: Callable[[str], Person]) -> None:
    marketer, reviewer = enter("marketer"), enter("reviewer")
    url = propose(marketer, title=EVIL)
    reviewer.open(url)
    reviewer.send(f"{url}/comments", text=EVIL)
    decide(reviewer, url, "request_changes", EVIL)
    for address in (url, "/?show=all", f"/segmentations/{NAME}", "/log-in?after=" + EVIL, "/?words=" + EVIL):
        page = reviewer.open(address)
        assert page.faults == []
        assert len(page.all("script")) == 1, address
        assert [one for one in page.elements if "onclick" in one.attributes] == []
        assert "{{ 7 * 7 }}" in reviewer.last.text or "49" not in page.all("h1")[0].text
    assert EVIL in reviewer.open(url).all("main")[0].text


def test_a_verdict_says_why_and_keeps_what_was_typed(enter: Callable[[str], Person]) -> None:
    url, reviewer = propose(enter("marketer")), enter("reviewer")
    decide(reviewer, url, "approve", "ok")
    assert reviewer.last.status_code == 422
    assert "tells nobody why" in reviewer.text
    assert reviewer.form(f"{url}/review")["verdict"] == "approve"


def test_a_request_that_was_edited_meanwhile_is_not_approved(enter: Callable[[str], Person]) -> None:
    marketer, reviewer = enter("marketer"), enter("reviewer")
    url = propose(marketer)
    reviewer.open(url)
    marketer.open(f"{url}/edit")
    marketer.send(f"{url}/edit", do="submit", heading="Another change", **{"0.rule.0.value": "90"})
    reviewer.send(f"{url}/review", verdict="approve", reason=WHY)
    assert reviewer.last.status_code == 409
    assert "Edited since you opened it" in reviewer.text
    assert WHY in reviewer.last.text
    assert "0 of" in reviewer.text


def test_a_form_that_is_sent_twice_acts_once(enter: Callable[[str], Person]) -> None:
    url, reviewer = propose(enter("marketer")), enter("reviewer")
    reviewer.open(url)
    fields = {**reviewer.form(f"{url}/comments"), "text": "Once and only once."}
    first, second = (reviewer.client.post(f"{url}/comments", data=fields, headers=HTML) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    assert reviewer.open(url).all("main")[0].text.count("Once and only once.") == 1


def test_the_editor_works_without_scripts(enter: Callable[[str], Person]) -> None:
    marketer, edit = enter("marketer"), f"/segmentations/{NAME}/edit"
    marketer.open(edit)
    marketer.send(edit, do="split:0")
    assert (marketer.form(edit)["0.id"], marketer.form(edit)["1.id"]) == ("lapsed-2", "lapsed")
    marketer.send(edit, do="condition:0.rule", heading="More for some")
    marketer.send(edit, do="preview", **{"0.rule.1.field": "trips", "0.rule.1.operator": "<", "0.rule.1.value": "two"})
    assert "two" in marketer.form(edit)["0.rule.1.value"]
    assert "number" in marketer.text
    marketer.send(edit, do="preview", **{"0.rule.1.value": "2", "0.campaign": "A"})
    assert "Another campaign for" in marketer.text
    marketer.send(edit, do="retire:1")
    marketer.send(edit, do="remove:0.rule.1")
    fields = marketer.form(edit)
    assert "0.rule.1.field" not in fields
    assert (fields["heading"], fields["1.id"]) == ("More for some", "loyal")


def test_nobody_is_sent_elsewhere_by_the_log_in(settled: FastAPI, connect: Connect) -> None:
    for after in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/log-out"):
        anonymous = connect()
        person = Person(anonymous, "reviewer")
        person.open("/log-in")
        fields = {**person.form("/log-in"), "name": "reviewer", "password": PASSWORD, "after": after}
        answer = anonymous.post("/log-in", data=fields, headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, "/"), after
        again = anonymous.get("/log-in", params={"after": after}, headers=HTML)  # now logged in
        assert (again.status_code, again.headers["location"]) == (303, "/"), after


def test_a_wrong_password_is_told_and_an_ended_session_leads_back(
    enter: Callable[[str], Person], clock: Clock, connect: Connect
) -> None:
    stranger = Person(connect(), "reviewer")
    stranger.open("/")
    stranger.send("/log-in", name="reviewer", password="wrong")
    assert (stranger.last.status_code, "do not fit" in stranger.text) == (401, True)
    reviewer = enter("reviewer")
    clock.forward(days=1)
    reviewer.open(f"/segmentations/{NAME}")
    assert reviewer.url.startswith("/log-in?after=")
    assert "away for long" in reviewer.text
    reviewer.send("/log-in", name="reviewer", password=PASSWORD)
    assert reviewer.url == f"/segmentations/{NAME}"
    reviewer.send("/log-out")
    assert "You are logged out" in reviewer.text
    assert reviewer.open("/").all("nav") == []


def test_a_freeze_is_shown_and_ended_by_a_second_person(enter: Callable[[str], Person]) -> None:
    marketer, reviewer = enter("ann"), enter("reviewer")
    url, segmentation = propose(enter("marketer")), f"/segmentations/{NAME}"
    marketer.open(segmentation)
    marketer.send(f"{segmentation}/freeze", reason="Wrong prices in the leaflet.")
    assert "is frozen" in marketer.text
    reviewer.open(url)
    assert 'value="approve"' not in reviewer.last.text
    marketer.send(f"{segmentation}/unfreeze", reason="It is fine after all.") if marketer.forms(
        f"{segmentation}/unfreeze"
    ) else None
    assert marketer.last.status_code in (200, 403)
    reviewer.open(segmentation)
    reviewer.send(f"{segmentation}/unfreeze", reason="The prices are right now.")
    assert "The freeze is over" in reviewer.text


def test_errors_are_pages_for_people_and_problems_for_programs(enter: Callable[[str], Person]) -> None:
    reviewer = enter("reviewer")
    for url, status in (("/requests/99", 404), ("/nowhere", 404), ("/audit", 403), ("/requests/x", 422)):
        page = reviewer.open(url)
        assert reviewer.last.status_code == status
        assert len(page.all("h1")) == 1
        plain = reviewer.client.get(url)
        assert plain.headers["content-type"] == "application/problem+json"
    assert reviewer.client.get("/v1/nowhere", headers=HTML).headers["content-type"] == "application/problem+json"


def test_where_only_a_form_goes_a_reader_is_led_to_its_page(enter: Callable[[str], Person]) -> None:
    """As after a refused form, whose address stands in the browser."""
    reviewer = enter("reviewer")
    for url, page in (
        (f"/segmentations/{NAME}/freeze", f"/segmentations/{NAME}"), ("/requests/7/review", "/requests/7"),
        ("/audit/verify", "/audit"), ("/log-out", "/"),
    ):  # fmt: skip
        answer = reviewer.client.get(url, headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, page)
        assert reviewer.client.get(url).status_code == 405


def test_static_files_are_kept_for_good_by_their_version_only(settled: FastAPI, anonymous: Client) -> None:
    page = Person(anonymous, "").open("/log-in")
    for element in page.all("link", "script"):
        url = element.attributes.get("href") or element.attributes.get("src") or ""
        assert "immutable" in anonymous.get(url).headers["cache-control"]
        assert anonymous.get(url.partition("?")[0]).headers["cache-control"] == "no-store"
    assert anonymous.get("/static/../app.py").status_code == 404
    assert anonymous.get("/static/%2e%2e%2fassets.py").status_code == 404


def test_language_and_appearance_are_kept(enter: Callable[[str], Person]) -> None:
    reviewer = enter("reviewer")
    reviewer.open("/help")
    reviewer.send("/reading", locale="de", theme="dark")
    assert reviewer.url == "/help"
    html = reviewer.page.all("html")[0]
    assert (html.attributes["lang"], html.attributes["data-theme"]) == ("de", "dark")


def test_without_a_customer_table_pages_say_that_nobody_can_count(
    app: FastAPI, keys: dict[Role, str], connect: Connect, settings: ServerSettings
) -> None:
    settle(app, table=False)
    marketer = Person(connect(), "marketer").log_in()
    url = propose(marketer)
    assert "No customer table is here" in marketer.text
    assert "The simulation is still running" in marketer.text  # it was asked for; without a table it will fail
    for address in (f"/segmentations/{NAME}", f"/segmentations/{NAME}/compare?old=1&new=1", "/?show=all", url):
        assert marketer.open(address).faults == []
        assert "0 customers" not in marketer.text
