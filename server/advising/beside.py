"""Advisers in a process beside this one: connected to anew whenever it was started anew."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from itertools import count

from evenhand.errors import UnavailableError
from evenhand.server.advising.frames import Frames, Kind, error_of
from evenhand.server.advising.questions import Question

__all__ = ["Beside"]

RETRY = 0.02  # seconds between two tries to reach it
PATIENCE = 10.0  # seconds that a question waits for it to be there


class Beside:
    """Recommends by asking; used from one event loop, once `warm` runs."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._line: _Line | None = None  # to one whose advisers are all ready
        self._there = asyncio.Event()
        self._keeping: asyncio.Task[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether it is there, with all its advisers."""
        return self._there.is_set()

    async def answer(self, question: Question) -> bytes:
        """Return what is recommended, as JSON, once its row in the audit log is committed.

        UnavailableError where the process is not there for long, or dies over it: then the row may stand already.
        """
        try:
            async with asyncio.timeout(PATIENCE):
                await self._there.wait()
        except TimeoutError:
            raise _gone() from None
        if self._line is None:
            raise _gone()
        return await self._line.ask(Kind.ASK, question.to_json())

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

    async def _keep(self) -> None:
        while True:
            with suppress(OSError, UnavailableError):  # it is not there yet, or died before it was ready
                _, line = await asyncio.get_running_loop().create_unix_connection(_Line, self._address)
                try:
                    await line.ask(Kind.READY)
                    self._line = line
                    self._there.set()
                    await line.lost.wait()
                finally:
                    self._there.clear()
                    self._line = None
                    line.close()
            await asyncio.sleep(RETRY)


class _Line(Frames):
    """The end of a connection that asks."""

    def __init__(self) -> None:
        super().__init__()
        self.lost = asyncio.Event()
        self._numbers, self._asked = count(), dict[int, asyncio.Future[bytes]]()

    async def ask(self, kind: Kind, body: bytes = b"") -> bytes:
        if self.lost.is_set():
            raise _gone()
        number = next(self._numbers) % 2**32
        self._asked[number] = answer = asyncio.get_running_loop().create_future()
        self.say(number, kind, body)
        try:
            found: bytes = await answer
            return found
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
                answer.set_exception(_gone())


def _gone() -> UnavailableError:
    return UnavailableError("the process that advises is being started", mend="ask again in a few seconds")
