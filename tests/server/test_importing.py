"""A study's customers come over as the registry knows customers: placed, explained and forgotten like all others."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from tests.evenhand.shop import write_shop
from tests.server.people import OPERATOR

import evenhand as eh
from evenhand.registry.customers import find, write_all
from evenhand.segments.single import Guide
from evenhand.server.importing import _known


def test_every_customer_of_a_table_is_where_the_table_says(app: FastAPI, tmp_path: Path) -> None:
    write_shop(tmp_path)
    table = eh.read_customers(tmp_path / "customers.csv", schema=tmp_path / "schema.toml")
    today = eh.rfm_segmentation(table)
    deps = app.state.deps
    with deps.database.writing() as connection:
        rows = list(_known(table))
        assert write_all(connection, rows, actor=OPERATOR, now=deps.clock()).new == table.n
    with deps.database.reading() as connection:
        found = [find(connection, row.key) for row in rows[:50]]
    guide = Guide(today)
    assert [guide.place(one.features) for one in found] == today.assign(table.frame)[:50].tolist()
    protected = {spec.column for spec in table.schema.protected}
    assert all(set(one.protected) == protected and not protected & set(one.features) for one in found)
    assert [any(one.consent.values()) for one in found] == table.consent[:50].tolist()
