"""Ten thousand open requests: a leaf of the queue takes a fixed number of queries, and little time."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from fastapi import FastAPI
from sqlalchemy import event
from tests.server.conftest import Connect
from tests.server.pages.live import Person, settle
from tests.server.pages.many import fill

from evenhand.registry.identity import Role

MANY = 10_000
LONGEST = 0.2  # seconds of a page; of processor time, since other tests run on the other cores
LEAVES = ("/", "/?show=open", "/?show=all&order=newest", "/?show=open&words=request+77", "/?show=open&after=5000")


@pytest.fixture
def filled(app: FastAPI, keys: dict[Role, str]) -> FastAPI:
    settle(app)
    deps = app.state.deps
    with deps.database.writing() as connection:
        fill(connection, MANY, now=deps.clock())
    return app


@contextmanager
def counting(app: FastAPI) -> Iterator[list[str]]:
    """Collect every statement that is sent to the database."""
    said: list[str] = []
    with app.state.deps.database.reading() as connection:
        engine = connection.engine

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_leaf_of_a_long_queue_is_quick_and_asks_no_more_than_a_short_one(filled: FastAPI, connect: Connect) -> None:
    person = Person(connect(), "reviewer").log_in()
    for url in LEAVES:
        person.open(url)  # what is counted once is counted
        with counting(filled) as said:
            person.open(url)
        rows = [one for one in person.page.all("li") if "Request " in one.text and "1" in one.text]
        assert rows, url
        assert len(said) < 45, (url, len(said))  # of twenty rows; one more query a row would be 20 more
        times = []
        for _ in range(5):
            begun = time.process_time()
            person.client.get(url, headers={"Accept": "text/html"})
            times.append(time.process_time() - begun)
        assert sorted(times)[2] < LONGEST, (url, times)


def test_a_request_among_many_names_a_few_others_and_counts_the_rest(filled: FastAPI, connect: Connect) -> None:
    person = Person(connect(), "reviewer").log_in()
    with counting(filled) as said:
        person.open("/requests/5000")
    assert "and 3,32" in person.text
    assert "other requests" in person.text
    assert len(said) < 120
