"""The process that advises: it answers the questions of all workers, and commits what it says to the audit log."""

from __future__ import annotations

import asyncio
import logging.config
import os
import signal
from contextlib import suppress
from pathlib import Path

import uvloop

from evenhand.errors import EvenhandError
from evenhand.registry.audit.writer import GroupWriter
from evenhand.registry.database import Database
from evenhand.server import logs
from evenhand.server.advising.frames import ADDRESS, Frames, Kind, pulse_of, said
from evenhand.server.advising.own import Own
from evenhand.server.advising.questions import Question
from evenhand.server.compiling import Compiler
from evenhand.server.loading import loading
from evenhand.server.settings import ServerSettings
from evenhand.server.supervising import orphaned

LOOK = 0.25  # seconds between two looks whether the server is still there
REMEMBERED = 30.0  # seconds after which whoever was erased is let go of, where nobody asks


async def advise(settings: ServerSettings, address: Path) -> None:
    """Answer whoever connects to the socket at `address`, until SIGTERM, or until the server is gone.

    After SIGTERM, which may reach the workers at the same moment, it goes on until the last of them has hung up.
    """
    over, desks = asyncio.Event(), set[_Desk]()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    with Database.open(settings.database) as database, GroupWriter(database) as audit:
        own = Own(database, settings.data_dir, audit, Compiler(settings))
        warming = asyncio.create_task(_warm(own))
        address.unlink(missing_ok=True)  # of one that died
        server = await asyncio.get_running_loop().create_unix_server(lambda: _Desk(own, warming, desks), address)
        forgetting = asyncio.create_task(_forget(own))
        try:
            while not over.is_set() and not orphaned():
                pulse_of(address).touch()
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await over.wait()
            server.close()
            with suppress(TimeoutError):
                async with asyncio.timeout(settings.shutdown_limit):
                    while desks and not orphaned():
                        await asyncio.sleep(LOOK / 10)
        finally:
            forgetting.cancel()
            warming.cancel()
            own.close()


async def _warm(own: Own) -> None:
    try:
        with loading():
            await own.warm()
    except Exception as error:  # whoever asks first makes the adviser, and is told what is wrong
        logs.log.error("advisers", **logs.said_of(error))


async def _forget(own: Own) -> None:
    while True:
        await asyncio.sleep(REMEMBERED)
        own.forget()


class _Desk(Frames):
    """The end of a connection that answers; it stands among `desks` as long as somebody is at the other end."""

    def __init__(self, own: Own, warming: asyncio.Task[None], desks: set[_Desk]) -> None:
        super().__init__()
        self._own, self._warming, self._desks = own, warming, desks
        self._at_work = set[asyncio.Task[None]]()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._desks.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._desks.discard(self)

    def came(self, number: int, kind: Kind, body: bytes) -> None:
        task = asyncio.get_running_loop().create_task(self._reply(number, kind, body))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def _reply(self, number: int, kind: Kind, body: bytes) -> None:
        try:
            self.say(number, *await self._found(kind, body))
        except Exception as error:  # whatever it was, the asker must not wait for ever, and others are answered
            logs.log.error("fault", **logs.said_of(error))
            self.say(number, Kind.FAILED)

    async def _found(self, kind: Kind, body: bytes) -> tuple[Kind, bytes]:
        if kind is Kind.READY:
            await asyncio.shield(self._warming)
            return Kind.ANSWER, b""
        question = Question.from_json(body)
        logs.current_request.set(question.request or None)  # of this task
        try:
            return Kind.ANSWER, await self._own.answer(question)
        except EvenhandError as error:
            return Kind.REFUSED, said(error)


def main() -> None:
    """Advise with the settings of the environment."""
    settings = ServerSettings()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to hear; it ends this one
    logs.configure()
    logging.config.dictConfig(logs.configuration(settings.log_level))
    uvloop.run(advise(settings, Path(os.environ[ADDRESS])))


if __name__ == "__main__":
    main()
