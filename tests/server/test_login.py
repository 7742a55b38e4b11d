"""Log-in by password: sessions that end, cookies that others cannot read or plant, guesses that are counted."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.server.client import Client
from tests.server.conftest import Maker
from tests.server.people import PASSWORD, Clock

from evenhand.registry.identity import Passwords
from evenhand.registry.tables import audit, login_attempts, sessions, users
from evenhand.server.settings import ServerSettings

pytestmark = pytest.mark.usefixtures("keys")
RIGHT = {"name": "reviewer", "password": PASSWORD}
WRONG = {"name": "reviewer", "password": "not the password"}


def log_in(client: Client, **changed: str) -> httpx.Response:
    """Log in and send the session's token with every write from then on."""
    answer = client.post("/v1/login", json=RIGHT | changed)
    if answer.status_code == 200:
        client.http.headers["X-CSRF-Token"] = answer.json()["csrf"]
    return answer


def test_a_person_logs_in_works_and_logs_out(anonymous: Client) -> None:
    answer = log_in(anonymous)
    assert answer.json()["user"]["name"] == "reviewer"
    assert "requests:review" in answer.json()["permissions"]
    assert anonymous.get("/v1/me").json()["csrf"] == answer.json()["csrf"]
    token = anonymous.http.cookies["evenhand"]
    assert anonymous.post("/v1/logout").status_code == 204
    assert "evenhand" not in anonymous.http.cookies
    assert anonymous.get("/v1/me", headers={"Cookie": f"evenhand={token}"}).status_code == 401


@pytest.mark.parametrize(
    ("base", "name", "secure"),
    [
        ("http://localhost", "evenhand", False),
        ("https://evenhand.example", "__Host-evenhand", True),
        ("http://evenhand.example", "__Host-evenhand", True),
    ],
)
def test_the_cookie_is_kept_from_scripts_other_sites_and_plain_text(
    base: str, name: str, secure: bool, connect: Callable[..., Client]
) -> None:
    cookie = log_in(connect(base_url=base)).headers["set-cookie"]
    assert cookie.startswith(f"{name}=")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=43200"} <= set(cookie.split("; "))
    assert ("Secure" in cookie) is secure
    assert "Domain" not in cookie


def test_only_hashes_of_tokens_and_passwords_are_kept(app: FastAPI, anonymous: Client) -> None:
    log_in(anonymous)
    with app.state.deps.database.reading() as connection:
        kept = str(connection.execute(select(sessions)).all()) + str(connection.execute(select(users)).all())
        kept += str(connection.execute(select(audit)).all())
    assert anonymous.http.cookies["evenhand"] not in kept
    assert PASSWORD not in kept
    assert "$argon2id$" in kept


def test_a_planted_session_is_not_taken_over(anonymous: Client, connect: Callable[..., Client]) -> None:
    """Fixation: whoever planted the cookie does not find the victim's session in it, and the old one ends."""
    attacker = connect()
    log_in(attacker, name="marketer")
    planted = attacker.http.cookies["evenhand"]
    anonymous.http.cookies.set("evenhand", planted, domain="localhost.local", path="/")
    answer = anonymous.post("/v1/login", json=RIGHT, headers={"Cookie": f"evenhand={planted}"})
    assert planted not in answer.headers["set-cookie"]
    assert attacker.get("/v1/me").status_code == 401


def test_a_session_ends_when_it_is_idle(anonymous: Client, clock: Clock) -> None:
    log_in(anonymous)
    clock.forward(minutes=29)
    assert anonymous.get("/v1/me").status_code == 200
    clock.forward(minutes=29)
    assert anonymous.get("/v1/me").status_code == 200
    clock.forward(minutes=31)
    assert anonymous.get("/v1/me").status_code == 401


def test_a_session_ends_after_its_life_however_busy_it_is(anonymous: Client, clock: Clock) -> None:
    log_in(anonymous)
    for _ in range(35):
        clock.forward(minutes=20)
        assert anonymous.get("/v1/me").status_code == 200
    clock.forward(minutes=20)
    assert anonymous.get("/v1/me").status_code == 401


def test_a_clock_that_jumps_back_ends_no_session(anonymous: Client, clock: Clock) -> None:
    log_in(anonymous)
    clock.forward(minutes=20)
    assert anonymous.get("/v1/me").status_code == 200
    clock.forward(days=-2)
    assert anonymous.get("/v1/me").status_code == 200


def test_another_password_ends_every_session(anonymous: Client, connect: Callable[..., Client]) -> None:
    other = connect()
    log_in(other)
    log_in(anonymous)
    new = "purple monday anchor violin"
    changed = anonymous.put("/v1/me/password", json={"current": PASSWORD, "new": new})
    assert changed.status_code == 204
    assert [c.get("/v1/me").status_code for c in (anonymous, other)] == [401, 401]
    assert log_in(connect()).status_code == 401
    assert log_in(connect(), password=new).status_code == 200


def test_whoever_does_not_know_the_password_cannot_change_it(anonymous: Client, admin: Client) -> None:
    log_in(anonymous)
    guess = {"current": "not the password", "new": "purple monday anchor violin"}
    assert anonymous.put("/v1/me/password", json=guess).status_code == 401
    by_key = admin.put("/v1/me/password", json={"current": PASSWORD, "new": "purple monday anchor violin"})
    assert by_key.status_code == 403


@pytest.mark.parametrize(
    ("password", "rule"),
    [
        ("short", "at least 12 characters"),
        ("aaaaaaaaaaaaaaaa", "different characters"),
        ("reviewer-1234", "beside the name"),
        ("tab\tin the password", "control characters"),
    ],
)
def test_a_weak_password_is_refused_and_never_repeated(password: str, rule: str, admin: Client) -> None:
    answer = admin.put("/v1/users/reviewer/password", json={"password": password})
    assert answer.status_code == 422
    assert rule in answer.json()["rule"]
    assert password not in answer.text


def test_somebody_shut_out_is_logged_out_and_stays_out(
    anonymous: Client, admin: Client, connect: Callable[..., Client]
) -> None:
    log_in(anonymous)
    assert admin.patch("/v1/users/reviewer", json={"disabled": True}).status_code == 200
    assert anonymous.get("/v1/me").status_code == 401
    assert log_in(connect()).status_code == 401


# ------------------------------------------------------------------------------------------- forged requests


def test_a_write_with_a_cookie_needs_the_sessions_token(anonymous: Client) -> None:
    log_in(anonymous)
    right = anonymous.http.headers.pop("X-CSRF-Token")
    for token in (None, "", "x", right[:-1], right + "x"):
        answer = anonymous.post("/v1/logout", headers={} if token is None else {"X-CSRF-Token": token})
        assert answer.status_code == 403, token
        assert answer.json()["where"] == "X-CSRF-Token"
    assert anonymous.post("/v1/logout", headers={"X-CSRF-Token": right}).status_code == 204


def test_a_form_may_carry_the_token_as_a_field(anonymous: Client) -> None:
    log_in(anonymous)
    token = anonymous.http.headers.pop("X-CSRF-Token")
    assert anonymous.post("/v1/logout", data={"csrf": "guess"}).status_code == 403
    assert anonymous.post("/v1/logout", data={"csrf": token}).status_code == 204


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_site_neither_writes_nor_logs_in(headers: dict[str, str], anonymous: Client) -> None:
    assert anonymous.post("/v1/login", json=RIGHT, headers=headers).status_code == 403
    log_in(anonymous)
    assert anonymous.post("/v1/logout", headers=headers).status_code == 403
    assert anonymous.post("/v1/logout", headers={"Origin": "http://localhost"}).status_code == 204


def test_a_key_needs_no_token(admin: Client) -> None:
    assert admin.post("/v1/logout", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 204


# --------------------------------------------------------------------------------------------------- guesses


def test_guesses_are_counted_over_all_workers_and_forgotten_in_time(
    settings: ServerSettings, make_app: Maker, anonymous: Client, clock: Clock
) -> None:
    with Client(make_app(settings)) as elsewhere:
        answers = [client.post("/v1/login", json=WRONG).status_code for client in (anonymous, elsewhere) * 3]
        assert answers == [401] * 5 + [429]
        held = log_in(elsewhere)
        assert held.status_code == 429
        wait = int(held.headers["retry-after"])
        assert 0 < wait <= 900
        assert log_in(elsewhere, name="marketer").status_code == 200
        clock.forward(seconds=wait)
        assert log_in(elsewhere).status_code == 200


def test_a_right_log_in_starts_the_count_anew(anonymous: Client) -> None:
    for _ in range(3):
        assert [anonymous.post("/v1/login", json=WRONG).status_code for _ in range(4)] == [401] * 4
        assert anonymous.post("/v1/login", json=RIGHT).status_code == 200


def test_one_address_cannot_try_many_names(anonymous: Client) -> None:
    names = [f"user{n}" for n in range(51)]
    answers = [anonymous.post("/v1/login", json=WRONG | {"name": name}).status_code for name in names]
    assert answers == [401] * 50 + [429]


def test_a_password_in_the_wrong_field_is_not_kept(app: FastAPI, anonymous: Client) -> None:
    anonymous.post("/v1/login", json={"name": "My Secret Pass", "password": "reviewer"})
    with app.state.deps.database.reading() as connection:
        assert connection.execute(select(login_attempts.c.name)).scalars().all() == [""]


def test_attempts_are_forgotten_after_a_day(app: FastAPI, anonymous: Client, clock: Clock) -> None:
    anonymous.post("/v1/login", json=WRONG)
    clock.forward(days=1, seconds=1)
    anonymous.post("/v1/login", json=WRONG)
    with app.state.deps.database.reading() as connection:
        assert len(connection.execute(select(login_attempts)).all()) == 1


def test_nobody_learns_from_the_answer_whether_a_user_exists(anonymous: Client) -> None:
    asked = [WRONG, WRONG | {"name": "nobody"}, WRONG | {"name": "service"}, WRONG | {"name": "No Name At All"}]
    bodies = [anonymous.post("/v1/login", json=body).json() for body in asked]
    assert len({(body["detail"], body["status"], body.get("rule")) for body in bodies}) == 1


def test_nor_from_the_time_that_it_takes() -> None:
    """The work is the same: medians of 9 differ by less than the half, where skipping it would save nearly all."""
    passwords = Passwords(4_096, 2)
    kept = passwords.hash(PASSWORD)
    passwords.matches(None, PASSWORD)  # makes the hash of nobody

    def median(of: str | None) -> float:
        took = []
        for _ in range(9):
            began = time.process_time()
            assert not passwords.matches(of, "not the password")
            took.append(time.process_time() - began)
        return statistics.median(took)

    known, unknown = median(kept), median(None)
    assert unknown > known / 2
    assert known > unknown / 2


def test_a_password_is_hashed_anew_when_its_cost_changes(
    settings: ServerSettings, make_app: Maker, app: FastAPI
) -> None:
    dearer = settings.model_copy(update={"password_memory": 16})
    with Client(make_app(dearer)) as client:
        assert log_in(client).status_code == 200
        assert log_in(client).status_code == 200
    with app.state.deps.database.reading() as connection:
        kept = connection.execute(select(users.c.password_hash).where(users.c.name == "reviewer")).scalar_one()
    assert "m=16," in kept
