"""A hundred writers at once, and a clock that jumps back: every write is kept once, in one order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.server.client import Client
from tests.server.conftest import Maker
from tests.server.faults.writing import check_whole, post
from tests.server.people import Clock
from tests.server.running import Running

from evenhand.registry.database import Database
from evenhand.registry.tables import audit
from evenhand.server.deps import utc_now
from evenhand.server.settings import ServerSettings

HUNDRED = 100


def test_a_hundred_writers_at_once_are_all_kept_once(tmp_path: Path, database_url: str, key: str) -> None:
    server = Running(tmp_path, key, workers=2, database_url=database_url)
    try:
        with ThreadPoolExecutor(HUNDRED) as pool:
            answers = list(pool.map(lambda k: post(server.port, key, f"write-{k % 90}"), range(HUNDRED)))
        assert {status for status, _ in answers} == {201}
    finally:
        server.end()
    acknowledged = {f"write-{k % 90}": answer["key"]["id"] for k, (_, answer) in enumerate(answers)}
    assert len({answer["key"]["id"] for _, answer in answers}) == len(acknowledged) == 90  # ten were asked for twice
    with Database.open(database_url) as database:
        check_whole(database, acknowledged)


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_clock_that_jumps_back_loses_nothing_and_orders_nothing_anew(
    tmp_path: Path, database_url: str, key: str, make_app: Maker, clock: Clock
) -> None:
    clock.now = utc_now()
    app = make_app(ServerSettings(data_dir=tmp_path, database_url=database_url, key_cache=0))
    kept = {}
    with Client(app, Authorization=f"Bearer {key}") as client:
        for k, jump in enumerate((0, -86_400, 3_600, -1)):
            clock.forward(seconds=jump)
            for _ in range(2):  # the second time it is the same write
                body = {"name": f"write-{k}", "scopes": ["account:use"], "days": 30}
                answer = client.post("/v1/keys", json=body, headers={"Idempotency-Key": f"write-{k}"})
                assert answer.status_code == 201, answer.text
                kept[f"write-{k}"] = answer.json()["key"]["id"]
    with Database.open(database_url) as database:
        check_whole(database, kept)
        with database.reading() as connection:
            told = connection.execute(select(audit.c.subject).order_by(audit.c.sequence)).scalars().all()
    assert [one for one in told if one in {f"keys/{id_}" for id_ in kept.values()}] == [
        f"keys/{id_}" for id_ in kept.values()
    ]
