"""Whoever is erased leaves the tables of loaded studies too, and is not brought back by a restore."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from tests.server.client import Client

from evenhand.cli.registering import restore as bring_back
from evenhand.customers import Customers
from evenhand.errors import MissingError
from evenhand.registry.backup import backup
from evenhand.registry.customers import find
from evenhand.registry.database import Database
from evenhand.server.importing import Loaded
from evenhand.server.serving.business import load_business
from evenhand.server.serving.folders import folder_of, stamp_of
from evenhand.server.serving.forgetting import forget_in_tables


def table(data_dir: Path) -> Customers:
    return load_business(data_dir, "winter").customers


def test_an_erasure_reaches_loaded_tables_and_a_restore_forgets_again(
    app: FastAPI, loaded: Loaded, admin: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deps = app.state.deps
    data_dir = deps.settings.data_dir
    before, stamp = table(data_dir), stamp_of(data_dir, "winter")
    gone, stays = (str(key) for key in before.frame.index[:2])
    old = (folder_of(data_dir, "winter") / "customers" / "customers.parquet").read_bytes()
    backup(deps.database, tmp_path / "friday.db")

    headers = {"Idempotency-Key": "erase-1"}
    assert admin.delete(f"/v1/customers/{gone}", headers=headers).status_code == 204
    assert admin.delete(f"/v1/customers/{gone}", headers=headers).headers["Idempotent-Replayed"] == "true"
    after = table(data_dir)
    assert after.n == before.n - 1
    assert stamp_of(data_dir, "winter") != stamp
    assert gone not in set(after.frame.index.astype(str))
    for frame in (after.history, after.contacts):
        assert frame is None or gone not in set(frame["customer"].astype(str))
    assert stays in set(after.frame.index.astype(str))
    assert not [file for file in data_dir.rglob("*") if file.is_file() and file.read_bytes() == old]

    restored = f"sqlite:///{tmp_path / 'restored.db'}"
    monkeypatch.setenv("EVENHAND_DATABASE_URL", restored)
    bring_back(tmp_path / "friday.db", data_dir=data_dir)
    with Database.open(restored) as database, database.reading() as connection:
        assert find(connection, stays).key == stays
        with pytest.raises(MissingError):
            find(connection, gone)


def test_who_is_in_no_table_changes_none(app: FastAPI, loaded: Loaded) -> None:
    data_dir = app.state.deps.settings.data_dir
    stamp = stamp_of(data_dir, "winter")
    assert forget_in_tables(data_dir, ["nobody"]) == 0
    assert stamp_of(data_dir, "winter") == stamp
