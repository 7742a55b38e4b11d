"""Whoever is erased leaves the tables of loaded studies too, and is not brought back by a restore."""

from __future__ import annotations

import gc
import weakref
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from tests.server.arriving.tables import answers_to, arrived, shop_csv
from tests.server.client import Client
from tests.server.conftest import Maker

from evenhand.cli.registering import restore as bring_back
from evenhand.customers import Customers
from evenhand.errors import MissingError
from evenhand.experiments.advising import Adviser
from evenhand.registry.backup import backup
from evenhand.registry.customers import find
from evenhand.registry.database import Database
from evenhand.registry.identity import Role
from evenhand.server.arriving import child, folder
from evenhand.server.importing import Loaded
from evenhand.server.pages.views import audience
from evenhand.server.serving.business import load_business
from evenhand.server.serving.folders import folder_of, stamp_of
from evenhand.server.serving.forgetting import forget_in_tables
from evenhand.server.settings import ServerSettings

URL = "/v1/segmentations/winter/recommendations"


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


def test_no_worker_advises_on_whoever_was_erased_from_the_moment_of_the_answer_on(
    app: FastAPI, make_app: Maker, settings: ServerSettings, validated: Loaded, statistics: dict[str, Any],
    keys: dict[Role, str], admin: Client, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    looked_at = list[set[str]]()
    advise = Adviser.advise

    def seen(adviser: Adviser, *given: Any, **named: Any) -> Any:
        looked_at.append(set(adviser.standing.customers.frame.index.astype(str)))
        return advise(adviser, *given, **named)

    monkeypatch.setattr(Adviser, "advise", seen)
    bearer = {"Authorization": f"Bearer {keys['data_scientist']}"}
    with Client(app, **bearer) as this, Client(make_app(settings), **bearer) as another:
        for worker in (this, another):
            assert worker.post(URL, json=statistics).json()["items"]
        gone = min(looked_at[0] & looked_at[1])
        assert admin.delete(f"/v1/customers/{gone}").status_code == 204
        for worker in (another, this):
            assert worker.post(URL, json=statistics).status_code == 200
    assert [gone in keys for keys in looked_at] == [True, True, False, False]


def test_an_idle_worker_keeps_nobody_in_memory_who_was_erased_by_another(
    app: FastAPI, scientist: Client, validated: Loaded, statistics: dict[str, Any]
) -> None:
    serving, data_dir = app.state.deps.serving, app.state.deps.settings.data_dir
    scientist.post(URL, json=statistics)
    shown = audience.audience_of(data_dir, "winter")
    assert shown is not None
    held = [weakref.ref(shown.customers), weakref.ref(serving.advisers.champions._made["winter"].adviser.standing)]
    del shown
    serving.forget()
    audience.forget()
    gc.collect()
    assert None not in [one() for one in held]  # as long as nobody was erased
    assert forget_in_tables(data_dir, [str(table(data_dir).frame.index[0])]) == 1  # as another process does it
    serving.forget()
    audience.forget()
    gc.collect()
    assert [one() for one in held] == [None, None]


def test_a_table_on_its_way_in_brings_nobody_back(app: FastAPI) -> None:
    data_dir = app.state.deps.settings.data_dir
    for owner, described in (("ann", True), ("mia", False)):
        arrival = arrived(data_dir, shop_csv(), owner=owner)
        if described:
            arrival.say(answers_to(arrival.look))
            child.do("divide", arrival, arrival.answers)
    forget_in_tables(data_dir, ["nobody-there"])
    assert [one.owner for one in folder.every(data_dir)] == ["ann"]  # of the other nobody knows which column is the id
    forget_in_tables(data_dir, ["c-7"])
    assert folder.every(data_dir) == []
