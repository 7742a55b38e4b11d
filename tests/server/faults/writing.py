"""Clients that write, note what was acknowledged, and ask again for what was not; and what must be found of it."""

from __future__ import annotations

import http.client
import json
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Lock, Thread
from typing import Any, Literal, NamedTuple

from sqlalchemy import func, select

from evenhand.registry import campaigns, customers, segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.audit import verify
from evenhand.registry.customers import Known
from evenhand.registry.database import Database
from evenhand.registry.tables import audit, idempotency, keys, plan_rows, results
from evenhand.segments import Segmentation
from evenhand.server.deps import utc_now
from evenhand.server.schemas.segmentations import EXAMPLE

__all__ = ["Writers", "check_whole", "post", "settle"]

Kind = Literal["key", "plan", "results"]
KINDS: tuple[Kind, ...] = ("key", "key", "plan", "results")  # of the threads in turn
CUSTOMERS = [f"k-{n}" for n in range(8)]
TOLD = CUSTOMERS[:3]  # of whom one posting of results tells
FIRST = date(2100, 1, 4)  # day of the first plan, a week each: no retention reaches it


class Ask(NamedTuple):
    """One write: what it is called, which is its idempotency key too, and what is sent where."""

    name: str
    path: str
    body: str
    content: str = "application/json"

    def send(self, port: int, key: str) -> tuple[int, dict[str, Any]]:
        """Send it; return status and answer."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        headers = {"Authorization": f"Bearer {key}", "Content-Type": self.content, "Idempotency-Key": self.name}
        try:
            connection.request("POST", self.path, self.body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()


def new_key(name: str) -> Ask:
    """Make an API key called `name`."""
    return Ask(name, "/v1/keys", json.dumps({"name": name, "scopes": ["account:use"], "days": 30}))


def new_plan(number: int) -> Ask:
    """Make the campaign plan of a week."""
    starts = str(FIRST + timedelta(weeks=number))
    body = {"segmentation": "winter", "starts": starts, "period": number}
    return Ask(f"plan-{starts}", "/v1/campaign-plans", json.dumps(body))


def new_results(number: int, plan: tuple[str, str]) -> Ask:
    """Record what came back of a plan, given by its first day and id."""
    starts, id = plan
    rows = [{"customer": customer, "time": starts, "opened": 1, "id": f"{number}:{customer}"} for customer in TOLD]
    body = "".join(json.dumps(row) + "\n" for row in rows)
    return Ask(f"results-{number}", f"/v1/campaign-plans/{id}/results", body, "application/x-ndjson")


def post(port: int, key: str, name: str) -> tuple[int, dict[str, Any]]:
    """Make an API key called `name`, under the idempotency key `name`; return status and answer."""
    return new_key(name).send(port, key)


def settle(database: Database, actor: Actor) -> None:
    """Keep a segmentation and customers that plans can be made of."""
    now = utc_now()
    rows = [Known(key, {"recency": 120.0}, {}, {"email": True}) for key in CUSTOMERS]
    with database.writing() as connection:
        segmentations.create(connection, "winter", Segmentation.from_json(EXAMPLE), actor=actor, now=now)
        customers.write_all(connection, rows, actor=actor, now=now)


class Writers:
    """Threads that write until the server is gone: keys, campaign plans, and what came back of these."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.acknowledged: dict[str, str] = {}  # name -> id of the key or plan, number of the results' rows
        self.unknown: dict[str, Ask] = {}  # asked for, and never answered
        self._lock, self._count = Lock(), 0

    def start(self, port: int, threads: int) -> list[Thread]:
        """Begin to write; each thread has its first write in hand, so that every kind is asked for each time."""
        kinds = [KINDS[k % len(KINDS)] for k in range(threads)]
        begun = [Thread(target=self._write, args=(port, kind, self._next(kind)), daemon=True) for kind in kinds]
        for thread in begun:
            thread.start()
        return begun

    def again(self, port: int) -> None:
        """Ask once more for what was never answered, all of it at once, under the same idempotency keys."""
        asks = list(self.unknown.values())
        with ThreadPoolExecutor() as pool:
            for ask, (status, answer) in zip(asks, pool.map(lambda ask: ask.send(port, self.key), asks), strict=True):
                assert status in (200, 201), answer
                self.acknowledged[ask.name] = _kept(answer)
        self.unknown.clear()

    def _write(self, port: int, kind: Kind, ask: Ask) -> None:
        while True:
            try:
                status, answer = ask.send(port, self.key)
            except (OSError, http.client.HTTPException, ValueError):
                return
            if status in (200, 201):
                with self._lock:
                    del self.unknown[ask.name]
                    self.acknowledged[ask.name] = _kept(answer)
            ask = self._next(kind)

    def _next(self, kind: Kind) -> Ask:
        with self._lock:
            self._count += 1
            plans = [(name, id) for name, id in self.acknowledged.items() if name.startswith("plan-")]
            if kind == "plan":
                ask = new_plan(self._count)
            elif kind == "results" and plans:
                name, id = plans[-1]
                ask = new_results(self._count, (name.removeprefix("plan-"), id))
            else:
                ask = new_key(f"write-{self._count}")
            self.unknown[ask.name] = ask
            return ask


def _kept(answer: Mapping[str, Any]) -> str:
    if "key" in answer:
        return str(answer["key"]["id"])
    return str(answer["new"] if "new" in answer else answer["id"])


def check_whole(database: Database, acknowledged: dict[str, str]) -> None:
    """Check that what was acknowledged is there once, with its row in the log, and nothing is there by half."""
    with database.reading() as connection:
        assert verify(connection).flaw is None
        kept = connection.execute(select(keys.c.id, keys.c.name).where(keys.c.name.startswith("write-"))).all()
        plans = {f"plan-{plan.document['starts']}": plan.id for plan in campaigns.every(connection)}
        rows = connection.execute(select(plan_rows.c.plan, func.count().label("n")).group_by(plan_rows.c.plan)).all()
        came = connection.execute(select(results.c.key).where(results.c.reason == "")).scalars().all()
        refused = connection.execute(select(func.count()).where(results.c.reason != "")).scalar_one()
        told = {
            action: connection.execute(select(audit.c.subject).where(audit.c.action == action)).scalars().all()
            for action in ("key.create", "plan.make", "plan.record")
        }
        answers = connection.execute(select(func.count()).select_from(idempotency)).scalar_one()
    assert max(Counter(row.name for row in kept).values(), default=1) == 1
    posted = Counter(f"results-{key.removeprefix('id:').partition(':')[0]}" for key in came)
    found = {row.name: row.id for row in kept} | plans | {name: str(n) for name, n in posted.items()}
    assert {name: found.get(name) for name in acknowledged} == acknowledged
    assert {f"keys/{row.id}" for row in kept} <= set(told["key.create"])
    assert len(told["key.create"]) == len(kept) + 1  # and the key of the writers themselves
    assert {row.plan: row.n for row in rows} == dict.fromkeys(plans.values(), len(CUSTOMERS))
    assert sorted(told["plan.make"]) == sorted(f"campaign-plans/{id}" for id in plans.values())
    assert (set(posted.values()) <= {len(TOLD)}, refused) == (True, 0)
    assert len(told["plan.record"]) == len(posted)
    assert answers == len(kept) + len(plans) + len(posted)
