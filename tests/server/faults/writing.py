"""Clients that write, note what was acknowledged, and ask again for what was not; and what must be found of it."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from threading import Lock, Thread
from typing import Any

from sqlalchemy import func, select

from evenhand.registry.audit import verify
from evenhand.registry.database import Database
from evenhand.registry.tables import audit, idempotency, keys

__all__ = ["Writers", "check_whole", "post"]


def post(port: int, key: str, name: str) -> tuple[int, dict[str, Any]]:
    """Make an API key called `name`, under the idempotency key `name`; return status and answer."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    body = json.dumps({"name": name, "scopes": ["account:use"], "days": 30})
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json", "Idempotency-Key": name}
    try:
        connection.request("POST", "/v1/keys", body, headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


class Writers:
    """Threads that write until the server is gone."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.acknowledged: dict[str, str] = {}  # name -> id
        self.unknown: set[str] = set()  # asked for, and never answered
        self._lock, self._count = Lock(), 0

    def start(self, port: int, threads: int) -> list[Thread]:
        """Begin to write."""
        begun = [Thread(target=self._write, args=(port,), daemon=True) for _ in range(threads)]
        for thread in begun:
            thread.start()
        return begun

    def again(self, port: int) -> None:
        """Ask once more for what was never answered, under the same idempotency keys."""
        for name in sorted(self.unknown):
            status, answer = post(port, self.key, name)
            assert status == 201, answer
            self.acknowledged[name] = answer["key"]["id"]
        self.unknown.clear()

    def _write(self, port: int) -> None:
        while True:
            with self._lock:
                self._count += 1
                name = f"write-{self._count}"
                self.unknown.add(name)
            try:
                status, answer = post(port, self.key, name)
            except (OSError, http.client.HTTPException, ValueError):
                return
            if status == 201:
                with self._lock:
                    self.unknown.discard(name)
                    self.acknowledged[name] = answer["key"]["id"]


def check_whole(database: Database, acknowledged: dict[str, str]) -> None:
    """Check that what was acknowledged is there once, with its row in the log, and nothing is there by half."""
    with database.reading() as connection:
        assert verify(connection).flaw is None
        kept = connection.execute(select(keys.c.id, keys.c.name).where(keys.c.name.startswith("write-"))).all()
        told = connection.execute(select(audit.c.subject).where(audit.c.action == "key.create")).scalars().all()
        answers = connection.execute(select(func.count()).select_from(idempotency)).scalar_one()
    assert max(Counter(row.name for row in kept).values(), default=1) == 1
    found = {row.name: row.id for row in kept}
    assert {name: found.get(name) for name in acknowledged} == acknowledged
    assert {f"keys/{id_}" for id_ in found.values()} <= set(told)
    assert len(told) == len(kept) + 1  # and the key of the writers themselves
    assert answers == len(kept)
