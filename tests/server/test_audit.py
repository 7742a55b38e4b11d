"""The audit log over HTTP: found page by page, verified as a whole, and taken away with a signature."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from tests.server.client import Client

from evenhand.errors import ArtefactError
from evenhand.registry.audit import open_head
from evenhand.registry.identity import Role
from evenhand.registry.keys import signing_key
from evenhand.server.routes.audit import VERIFYING


@pytest.fixture
def auditor(keys: dict[Role, str], connect: Callable[..., Client]) -> Client:
    return connect(keys["auditor"])


def test_rows_are_found_by_what_was_done_to_whom(auditor: Client, admin: Client) -> None:
    admin.post("/v1/users", json={"name": "eve", "roles": ["auditor"]})
    found = auditor.get("/v1/audit?subject=users/eve").json()["items"]
    assert [(one["action"], one["actor"], one["actor_kind"]) for one in found] == [
        ("user.add", "administrator", "user")
    ]
    assert {one["action"] for one in auditor.get("/v1/audit?action=key.").json()["items"]} == {"key.create"}
    assert auditor.get("/v1/audit?since=2026-03-03T00:00:00Z").json()["items"] == []


def test_pages_hold_each_row_once(auditor: Client) -> None:
    whole = [one["sequence"] for one in auditor.get("/v1/audit?limit=500").json()["items"]]
    parts, before = list[int](), ""
    while True:
        page = auditor.get(f"/v1/audit?limit=5{before}").json()
        parts += [one["sequence"] for one in page["items"]]
        if page["next"] is None:
            break
        before = f"&before={page['next']}"
    assert parts == whole == list(range(len(whole), 0, -1))


def test_a_changed_row_is_found(tmp_path: Path, auditor: Client) -> None:
    good = auditor.get("/v1/audit/verification").json()
    assert (good["holds"], good["flaw"]) == (True, None)
    with closing(sqlite3.connect(tmp_path / "evenhand.db")) as connection, connection:
        for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f'DROP TRIGGER "{trigger}"')  # the lock on the door; the chain is behind it
        connection.execute("UPDATE audit SET actor = 'eve' WHERE sequence = 3")
    bad = auditor.get("/v1/audit/verification").json()
    assert (bad["holds"], bad["sequence"], bad["flaw"]["found"], bad["flaw"]["sequence"]) == (False, 2, "changed", 3)


def test_a_head_that_was_taken_away_shows_another_chain(auditor: Client) -> None:
    head = auditor.get("/v1/audit/head").json()["head"]
    query = f"/v1/audit/verification?sequence={head['sequence']}&hash="
    assert auditor.get(query + head["hash"]).json()["holds"]
    assert auditor.get(query + "0" * 64).json()["flaw"]["found"] == "replaced"
    assert auditor.get(f"/v1/audit/verification?sequence={head['sequence']}").status_code == 422


def test_a_head_is_signed_over_what_it_says(auditor: Client) -> None:
    answer, key = auditor.get("/v1/audit/head"), signing_key().public_key()
    assert open_head(answer.content, key, where="head").sequence == answer.json()["head"]["sequence"]
    forged = answer.content.replace(b'"sequence":', b'"sequence":1')
    with pytest.raises(ArtefactError, match="changed after it was signed"):
        open_head(forged, key, where="head")


def test_one_verification_runs_at_a_time(auditor: Client) -> None:
    with VERIFYING:
        busy = auditor.get("/v1/audit/verification")
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "5")
    assert auditor.get("/v1/audit/verification").status_code == 200


def test_a_key_of_ones_own_signs(auditor: Client, tmp_path: Path) -> None:
    auditor.get("/v1/audit/head")
    assert (tmp_path / "config/evenhand/signing_key.pem").is_file()
