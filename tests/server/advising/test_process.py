"""The process that advises: says what an adviser in the same process says, dies without harm, and is found again."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from tests.experiments.conftest import shop_study as shop_study
from tests.server.client import Client
from tests.server.people import OPERATOR, Clock
from tests.server.serving.conftest import exported, loaded, scientist, statistics, validated

from evenhand.errors import ConflictError
from evenhand.registry import audit as log
from evenhand.registry import freezing, segmentations
from evenhand.registry.identity import Role
from evenhand.server.advising import beside
from evenhand.server.advising.beside import Beside
from evenhand.server.advising.frames import ADDRESS
from evenhand.server.advising.questions import Question
from evenhand.server.app import create_app
from evenhand.server.compiling import environment_of
from evenhand.server.importing import Loaded
from evenhand.server.problems import Problem
from evenhand.server.schemas.recommendations import Asked
from evenhand.server.serving.business import load_business
from evenhand.server.serving.forgetting import forget_in_tables
from evenhand.server.settings import ServerSettings

__all__ = ["exported", "loaded", "scientist", "statistics", "validated"]

URL = "/v1/segmentations/winter/recommendations"
Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def address(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("s") / "a"  # short: the system allows some hundred characters


@pytest.fixture
def start(settings: ServerSettings, validated: Loaded, address: Path) -> Iterator[Start]:
    """A maker of processes that advise, ended at the end."""
    made = list[subprocess.Popen[bytes]]()

    def one() -> subprocess.Popen[bytes]:
        environment = {**environment_of(settings), ADDRESS: str(address)}
        made.append(subprocess.Popen([sys.executable, "-m", "evenhand.server.advising"], env=environment))
        return made[-1]

    yield one
    for process in made:
        process.kill()
        process.wait()


@asynccontextmanager
async def asking(address: Path) -> AsyncIterator[Beside]:
    advisers = Beside(str(address))
    async with asyncio.timeout(120):  # it may compile
        await advisers.warm()
    try:
        yield advisers
    finally:
        advisers.close()


def question(app: FastAPI, told: dict[str, Any]) -> Question:
    return Question.of("winter", Asked.model_validate(told), actor=OPERATOR, now=app.state.deps.clock())


async def until(so: Callable[[], bool]) -> None:
    while not so():
        await asyncio.sleep(0.01)


def run(work: Awaitable[Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(180):
            return await work

    return asyncio.run(bounded())


def test_it_says_what_an_adviser_in_this_process_says(
    app: FastAPI, start: Start, address: Path, scientist: Client, statistics: dict[str, Any]
) -> None:
    here = scientist.post(URL, json=statistics).json()
    start()

    async def ask() -> list[dict[str, Any]]:
        async with asking(address) as advisers:
            answers = await asyncio.gather(*(advisers.answer(question(app, statistics)) for _ in range(20)))
            with pytest.raises(ConflictError, match="version 1 is in force, the statistics are of 7"):
                await advisers.answer(question(app, {**statistics, "version": 7}))
            return [json.loads(answer) for answer in answers]

    answers = run(ask())
    assert here["items"]
    assert all({**one, "audit": 0} == {**here, "audit": 0} for one in answers)
    with app.state.deps.database.reading() as connection:
        assert log.verify(connection).holds
        given = {row.sequence: row for row in log.search(connection, action="recommendation.give", limit=100).records}
    assert sorted(given) == sorted([here["audit"], *(one["audit"] for one in answers)])
    assert len({row.details["statistics_sha256"] for row in given.values()}) == 1


def test_it_notices_at_once_who_was_erased_and_soon_what_was_frozen(
    app: FastAPI, start: Start, address: Path, statistics: dict[str, Any]
) -> None:
    """Without half of the largest segment, the numbers that are told no longer fit the table."""
    start()

    async def ask() -> tuple[Any, Any, Any]:
        async with asking(address) as advisers:

            async def why() -> Any:
                return (json.loads(await advisers.answer(question(app, statistics)))["hold"] or {}).get("why")

            before, erased = await why(), erase_many(app, statistics)
            after = await why()
            assert erased
            with app.state.deps.database.writing() as connection:
                freezing.freeze(connection, "winter", reason="wrong prices", actor=OPERATOR, now=app.state.deps.clock())
            await asyncio.sleep(0.6)  # `champion.FRESH`, and a little
            return before, after, await why()

    assert run(ask()) == (None, "moved customers", "frozen")


def erase_many(app: FastAPI, statistics: dict[str, Any]) -> int:
    """Erase half of the largest segment's customers, as another process does it; return how many tables had them."""
    deps = app.state.deps
    with deps.database.reading() as connection:
        today = segmentations.version(connection, "winter", 1).content
    customers = load_business(deps.settings.data_dir, "winter").customers
    largest = max(range(len(statistics["segments"])), key=lambda k: int(statistics["segments"][k]["customers"]))
    members = customers.frame.index[today.assign(customers.frame) == largest]
    return forget_in_tables(deps.settings.data_dir, [str(key) for key in members[: len(members) // 2]])


def test_one_that_is_killed_is_missed_and_its_successor_found(
    app: FastAPI, start: Start, address: Path, statistics: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "PATIENCE", 0.1)

    async def survive() -> None:
        async with asking(address) as advisers:
            await advisers.answer(question(app, statistics))
            first.kill()
            await until(lambda: not advisers.ready)
            with pytest.raises(Problem, match="is being started"):
                await advisers.answer(question(app, statistics))
            start()
            await until(lambda: advisers.ready)
            assert json.loads(await advisers.answer(question(app, statistics)))["items"]

    first = start()
    run(survive())
    with app.state.deps.database.reading() as connection:
        assert log.verify(connection).holds


def test_one_that_hangs_is_left_and_found_again_when_it_is_well(
    app: FastAPI, start: Start, address: Path, statistics: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, seconds in {"SILENT": 0.2, "LOOK": 0.1, "WELL": 0.3, "PATIENCE": 0.1}.items():
        monkeypatch.setattr(beside, name, seconds)

    async def survive() -> None:
        async with asking(address) as advisers:
            monkeypatch.setattr(beside, "SILENT", 30.0)
            await advisers.answer(question(app, statistics))
            monkeypatch.setattr(beside, "SILENT", 0.2)
            process.send_signal(signal.SIGSTOP)
            with pytest.raises(Problem, match="hung over the answer"):
                await advisers.answer(question(app, statistics))
            await until(lambda: not advisers.ready)
            process.send_signal(signal.SIGCONT)
            monkeypatch.setattr(beside, "WELL", 30.0)
            await until(lambda: advisers.ready)
            monkeypatch.setattr(beside, "SILENT", 30.0)
            assert json.loads(await advisers.answer(question(app, statistics)))["items"]

    process = start()
    run(survive())


def test_few_wait_for_one_that_is_not_there(
    app: FastAPI, address: Path, statistics: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "PATIENCE", 0.5)

    async def ask() -> tuple[int, int]:
        advisers, began = Beside(str(address)), time.monotonic()
        took = list[float]()

        async def one() -> None:
            with pytest.raises(Problem, match="is being started"):
                await advisers.answer(question(app, statistics))
            took.append(time.monotonic() - began)

        await asyncio.gather(*(one() for _ in range(30)))
        return sum(seconds < 0.5 for seconds in took), sum(seconds >= 0.5 for seconds in took)

    assert run(ask()) == (30 - beside.WAITING, beside.WAITING)


def test_it_ends_in_peace_and_with_whoever_started_it(
    start: Start, settings: ServerSettings, address: Path, tmp_path: Path
) -> None:
    async def reach() -> None:
        async with asking(address):
            pass

    ended = start()
    run(reach())
    ended.send_signal(signal.SIGTERM)
    assert ended.wait(30) == 0
    code = "from evenhand.server.supervising import start; print(start('evenhand.server.advising').pid)"
    environment = {**environment_of(settings), ADDRESS: str(address)}
    with (tmp_path / "said").open("w+") as said:
        subprocess.run([sys.executable, "-c", code], env=environment, stdout=said, check=True)
        said.seek(0)
        left = Path(f"/proc/{int(said.read())}")
    end = time.monotonic() + 60
    while left.exists() and "State:\tZ" not in (left / "status").read_text():
        assert time.monotonic() < end, "it outlives whoever started it"
        time.sleep(0.05)


def test_a_worker_asks_it_and_is_ready_when_it_is(
    settings: ServerSettings, clock: Clock, start: Start, address: Path, statistics: dict[str, Any],
    keys: dict[Role, str],
) -> None:  # fmt: skip
    worker = create_app(settings, clock=clock, adviser_socket=str(address))
    with Client(worker, Authorization=f"Bearer {keys['data_scientist']}") as client:

        async def serve() -> tuple[int, int, dict[str, Any], int]:
            async with worker.router.lifespan_context(worker):
                waiting = await client.http.get("/ready")
                before = waiting.status_code
                assert waiting.json()["detail"] == "the advisers are being made ready"
                start()
                while (after := (await client.http.get("/ready")).status_code) != 200:
                    await asyncio.sleep(0.05)
                answer = await client.http.post(URL, json=statistics)
                wrong = await client.http.post(URL, json={**statistics, "version": 9})
                assert answer.headers["ETag"]
                return before, after, answer.json(), wrong.status_code

        before, after, answer, wrong = client.run(serve())
    assert (before, after, wrong) == (503, 200, 409)
    assert answer["items"]
