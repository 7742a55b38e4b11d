"""`evenhand user`, `key` and `serve` as whoever keeps the server uses them."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

import pytest
from tests.evenhand.conftest import Command

from evenhand.registry.database import Database
from evenhand.registry.identity import find_key, find_user
from evenhand.registry.migrations import migrate
from evenhand.server.deps import utc_now
from evenhand.server.settings import ServerSettings

GOOD = "correct horse battery staple"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An own folder for the data, and passwords that cost little."""
    monkeypatch.delenv("EVENHAND_DATABASE_URL", raising=False)
    monkeypatch.setenv("EVENHAND_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("EVENHAND_PASSWORD_MEMORY", "8")
    monkeypatch.setenv("EVENHAND_PASSWORD_PASSES", "1")
    return tmp_path


def typed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{text}\n"))


def database(folder: Path) -> Database:
    return Database.open(ServerSettings(data_dir=folder / "data").database)


def test_the_first_user_gets_a_password_that_is_printed_once(folder: Path, evenhand: Command) -> None:
    made = evenhand("user", "add", "ann", "--role", "administrator", "--generate")
    assert (made.status, made.err) == (0, "")
    found = re.fullmatch(r"ann may come in as administrator\nPassword, shown this once: (\S{20})\n", made.out)
    assert found
    with database(folder) as opened, opened.reading() as connection:
        user = find_user(connection, "ann")
    assert ServerSettings().password_memory == 8
    assert user.roles == ("administrator",)
    assert found[1] not in str(user)


def test_a_password_is_read_from_a_pipe(evenhand: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    typed(GOOD, monkeypatch)
    made = evenhand("user", "add", "ann", "--role", "reviewer", "--role", "auditor")
    assert (made.status, made.out) == (0, "ann may come in as reviewer, auditor\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("Ann", "--role", "reviewer"), "is no name for a user"),
        (("ann", "--role", "reveiwer"), "did you mean reviewer"),
        (("ann", "--role", "service", "--role", "reviewer"), "stands alone"),
        (("ann", "--role", "reviewer"), "the password is not good enough"),
    ],
)
def test_what_is_wrong_is_said_and_nobody_is_made(
    arguments: tuple[str, ...], said: str, evenhand: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("short", monkeypatch)
    assert said in evenhand("user", "add", *arguments).complaint
    assert "ann" not in evenhand("user", "list").out.lower()


def test_users_are_listed_shut_out_and_let_in(evenhand: Command) -> None:
    evenhand("user", "add", "ann", "--role", "administrator", "--generate")
    evenhand("user", "add", "crm", "--role", "service", "--display", "Our CRM")
    shown = evenhand("user", "list").out
    assert re.search(r"ann +ann +administrator +password, keys", shown)
    assert re.search(r"crm +Our CRM +service +keys", shown)
    assert "last administrator" in evenhand("user", "disable", "ann").complaint
    assert evenhand("user", "disable", "crm").out == "crm is shut out\n"
    assert re.search(r"crm .* shut out", evenhand("user", "list").out)
    assert evenhand("user", "disable", "crm", "--undo").out == "crm may come in again\n"
    assert "there is no user" in evenhand("user", "disable", "nobody").complaint


def test_another_password_is_set(folder: Path, evenhand: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    evenhand("user", "add", "ann", "--role", "administrator", "--generate")
    with database(folder) as opened, opened.reading() as connection:
        before = find_user(connection, "ann").password_hash
    typed(GOOD, monkeypatch)
    assert evenhand("user", "set-password", "ann").out == "ann has another password; every session has ended\n"
    with database(folder) as opened, opened.reading() as connection:
        assert find_user(connection, "ann").password_hash != before


def test_a_key_is_made_listed_replaced_and_revoked(folder: Path, evenhand: Command) -> None:
    evenhand("user", "add", "crm", "--role", "service")
    made = evenhand("key", "create", "crm", "--name", "nightly", "--scope", "recommendations:ask")
    text = made.out.split()[-1]
    id = text.split("_")[1]
    assert re.match(rf"Key {id} of crm, until \d{{4}}-\d\d-\d\d: recommendations:ask\n", made.out)
    assert re.search(rf"{id} +crm +nightly +recommendations:ask +until", evenhand("key", "list").out)
    assert text not in evenhand("key", "list", "crm").out

    new = evenhand("key", "rotate", id).out.split()[-1]
    with database(folder) as opened, opened.reading() as connection:
        assert find_key(connection, text, now=utc_now()) is None
        assert find_key(connection, new, now=utc_now()) is not None
    assert evenhand("key", "revoke", new.split("_")[1]).out == f"{new.split('_')[1]} is revoked\n"
    assert evenhand("key", "list").out.count("revoked") == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("crm", "--scope", "users:write"), "cannot be given"),
        (("nobody",), "there is no user"),
        (("crm", "--days", "-1"), "out of range"),
        (("crm", "--days", "1e300"), "out of range"),
        (("crm", "--days", "nan"), "out of range"),
    ],
)
def test_a_key_that_cannot_be_is_not_made(arguments: tuple[str, ...], said: str, evenhand: Command) -> None:
    evenhand("user", "add", "crm", "--role", "service")
    assert said in evenhand("key", "create", *arguments).complaint
    assert evenhand("key", "list").out.count("\n") == 1  # the heading


def test_a_setting_that_is_wrong_is_named(evenhand: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENHAND_BODY_LIMIT", "much")
    assert "EVENHAND_BODY_LIMIT" in evenhand("serve").complaint


def test_a_database_of_another_kind_is_refused(evenhand: Command) -> None:
    assert "mysql" in evenhand("serve", "--database-url", "mysql://localhost/x").complaint


def test_a_newer_database_is_left_alone(folder: Path, evenhand: Command) -> None:
    from sqlalchemy import create_engine, text

    settings = ServerSettings(data_dir=folder / "data")
    migrate(settings.database)
    engine = create_engine(settings.database)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    assert "newer" in evenhand("serve").complaint
