"""Whoever was erased stays so when an older backup is restored, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.registry.conftest import KINDS, Kind

from evenhand.errors import MissingError
from evenhand.registry import customers
from evenhand.registry.actor import SYSTEM, Actor
from evenhand.registry.audit import verify
from evenhand.registry.backup import backup, restore
from evenhand.registry.customers import Known
from evenhand.registry.database import Database
from evenhand.registry.erasures import FILE, erased_of, list_erased
from evenhand.registry.tables import audit, subjects

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
CRM = Actor("service", "crm")


def write(database: Database, *keys: str) -> None:
    with database.writing() as connection:
        rows = [Known(key, {"recency": 3.0}, {}, {"email": True}) for key in keys]
        customers.write_all(connection, rows, actor=CRM, now=NOW)


def erase(database: Database, key: str, data_dir: Path) -> None:
    with database.writing() as connection:
        list_erased(data_dir, customers.erase(connection, key, actor=CRM, now=NOW))


@pytest.mark.parametrize("into", KINDS)
def test_a_restore_brings_back_everybody_but_whom_the_list_names(
    database: Database, tmp_path: Path, into: Kind, fresh_registry: Callable[[Kind], str]
) -> None:
    write(database, "a", "b", "c")
    backup(database, tmp_path / "friday.db")
    erase(database, "b", tmp_path)
    erase(database, "c", tmp_path)
    write(database, "c")  # came back as somebody else: the person of the backup stays erased

    url = fresh_registry(into)
    found = restore(tmp_path / "friday.db", url, erased=erased_of(tmp_path), now=NOW)
    assert found.erased == ["b", "c"]
    with Database.open(url) as restored, restored.reading() as connection:
        assert customers.find(connection, "a").key == "a"
        for gone in ("b", "c"):
            with pytest.raises(MissingError):
                customers.find(connection, gone)
        assert connection.execute(select(subjects.c.customer)).scalars().all() == ["a"]
        assert verify(connection).holds
        again = connection.execute(select(func.count()).where(audit.c.action == "customer.erase")).scalar_one()
        assert again == 2
        who = set(connection.execute(select(audit.c.actor).where(audit.c.action == "customer.erase")).scalars())
        assert who == {SYSTEM.name}


def test_without_a_list_everybody_comes_back(database: Database, tmp_path: Path) -> None:
    write(database, "a")
    backup(database, tmp_path / "friday.db")
    found = restore(tmp_path / "friday.db", f"sqlite:///{tmp_path / 'new.db'}", erased=erased_of(tmp_path), now=NOW)
    assert found.erased == []


def test_the_list_names_nobody_and_is_its_owner_s(database: Database, tmp_path: Path) -> None:
    write(database, "ann-of-the-high-street")
    erase(database, "ann-of-the-high-street", tmp_path)
    file = tmp_path / FILE
    assert "ann" not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(erased_of(tmp_path)) == 1


def test_a_line_that_was_cut_short_spoils_no_other(tmp_path: Path) -> None:
    list_erased(tmp_path, "customers/one")
    with (tmp_path / FILE).open("a") as file:
        file.write("customers/tw")
    list_erased(tmp_path, "customers/three")
    assert {"customers/one", "customers/three"} <= erased_of(tmp_path)
