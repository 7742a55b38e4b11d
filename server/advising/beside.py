"""Advisers in a process beside this one: connected to anew whenever it was started anew."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import count

from evenhand.server.advising.frames import Frames, Kind, error_of
from evenhand.server.advising.questions import Question
from evenhand.server.logs import log, said_of
from evenhand.server.problems import Problem

__all__ = ["Beside"]

RETRY = 0.02  # seconds between two tries to reach it
PATIENCE = 10.0  # seconds that a question waits for it to be there
WAITING = 20  # questions that wait for it to be there before more are refused: the rest of the worker goes on
SILENT = 45.0  # seconds after which an answer is taken for lost; longer than a writer waits for its turn
LOOK, WELL = 5.0, 20.0  # seconds between two questions whether it is well, and until it must have answered


class Beside:
    """Recommends by asking; used from one event loop, once `warm` runs."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._line: _Line | None = None  # to one whose advisers are all ready
        self._there = asyncio.Event()
        self._waiting = 0
        self._keeping: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether it is there, with all its advisers."""
        return self._there.is_set()

    async def answer(self, question: Question) -> bytes:
        """Return what is recommended, as JSON, once its row in the audit log is committed.

        The problem `unavailable` where the process is not there for long, hangs, or dies over it: then the row may
        stand already.
        """
        if not self._there.is_set():
            await self._wait()
        if self._line is None:
            raise _away()
        return await self._line.ask(Kind.ASK, question.to_json(), seconds=SILENT)

    async def _wait(self) -> None:
        if self._waiting >= WAITING:
            raise _away()
        self._waiting += 1
        try:
            async with asyncio.timeout(PATIENCE):
                await self._there.wait()
        except TimeoutError:
            raise _away() from None
        finally:
            self._waiting -= 1

    async def warm(self) -> None:
        """Return when every adviser is ready; from then on the connection is kept up."""
        self._keeping = asyncio.create_task(self._keep())
        await self._there.wait()

    def forget(self) -> None:
        """Do nothing: no customer is held here."""

    def close(self) -> None:
        """Let go of the connection."""
        if self._keeping is not None:
            self._keeping.cancel()
        if self._line is not None:
            self._line.close()

    async def _keep(self) -> None:
        while True:
            with suppress(OSError, Problem):  # it is not there yet, died, or hangs
                _, line = await asyncio.get_running_loop().create_unix_connection(_Line, self._address)
                try:
                    await self._talk(line)
                except RuntimeError as error:
                    log.error("advisers", **said_of(error))
                    await asyncio.sleep(LOOK)
                finally:
                    self._there.clear()
                    self._line = None
                    line.close()
            await asyncio.sleep(RETRY)

    async def _talk(self, line: _Line) -> None:
        """Use a connection once its advisers are ready, for as long as the other end is well."""
        await line.ask(Kind.READY, seconds=None)  # it may compile first
        self._line = line
        self._there.set()
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK):
                    await line.lost.wait()
                    return
            await line.ask(Kind.READY, seconds=WELL)


class _Line(Frames):
    """The end of a connection that asks."""

    def __init__(self) -> None:
        super().__init__()
        self.lost = asyncio.Event()
        self._numbers, self._asked = count(), dict[int, asyncio.Future[bytes]]()

    async def ask(self, kind: Kind, body: bytes = b"", *, seconds: float | None) -> bytes:
        if self.lost.is_set():
            raise _away()
        number = next(self._numbers) % 2**32
        self._asked[number] = answer = asyncio.get_running_loop().create_future()
        self.say(number, kind, body)
        try:
            async with asyncio.timeout(seconds):
                found: bytes = await answer
                return found
        except TimeoutError:
            raise _lost() from None
        finally:
            self._asked.pop(number, None)

    def came(self, number: int, kind: Kind, body: bytes) -> None:
        answer = self._asked.get(number)
        if answer is None or answer.done():  # whoever asked waits no longer
            return
        if kind is Kind.ANSWER:
            answer.set_result(body)
        elif kind is Kind.REFUSED:
            answer.set_exception(error_of(body))
        else:
            answer.set_exception(RuntimeError("the adviser failed"))

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()
        for answer in self._asked.values():
            if not answer.done():
                answer.set_exception(_lost())


SOON = {"Retry-After": "3"}


def _away() -> Problem:
    return Problem(
        "unavailable", "the process that advises is being started", mend="ask again in a few seconds", headers=SOON
    )


def _lost() -> Problem:
    return Problem(
        "unavailable", "the process that advises ended or hung over the answer",
        rule="the audit log may hold a recommendation that was not given", mend="ask again in a few seconds",
        headers=SOON,
    )  # fmt: skip
