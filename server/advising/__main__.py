"""The process that advises: it answers the questions of all workers, and commits what it says to the audit log."""

from __future__ import annotations

import asyncio
import logging.config
import os
import signal
from contextlib import suppress

import uvloop

from evenhand.errors import EvenhandError
from evenhand.registry.audit.writer import GroupWriter
from evenhand.registry.database import Database
from evenhand.server import logs
from evenhand.server.advising.frames import ADDRESS, Frames, Kind, said
from evenhand.server.advising.own import Own
from evenhand.server.advising.questions import Question
from evenhand.server.compiling import Compiler
from evenhand.server.loading import loading
from evenhand.server.settings import ServerSettings
from evenhand.server.supervising import orphaned

LOOK = 0.25  # seconds between two looks whether the server is still there
REMEMBERED = 30.0  # seconds after which whoever was erased is let go of, where nobody asks


async def advise(settings: ServerSettings, address: str) -> None:
    """Answer whoever connects to the socket at `address`, until SIGTERM, or until the server is gone."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    with Database.open(settings.database) as database, GroupWriter(database) as audit:
        own = Own(database, settings.data_dir, audit, Compiler(settings))
        warming = asyncio.create_task(_warm(own))
        with suppress(FileNotFoundError):
            os.unlink(address)  # of one that died
        server = await asyncio.get_running_loop().create_unix_server(lambda: _Desk(own, warming), address)
        forgetting = asyncio.create_task(_forget(own))
        try:
            while not over.is_set() and not orphaned():
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK):
                        await over.wait()
        finally:
            forgetting.cancel()
            warming.cancel()
            server.close()
            own.close()


async def _warm(own: Own) -> None:
    try:
        with loading():
            await own.warm()
    except EvenhandError as error:  # whoever asks first makes the adviser
        logs.log.warning("advisers", **logs.said_of(error))


async def _forget(own: Own) -> None:
    while True:
        await asyncio.sleep(REMEMBERED)
        own.forget()


class _Desk(Frames):
    """The end of a connection that answers."""

    def __init__(self, own: Own, warming: asyncio.Task[None]) -> None:
        super().__init__()
        self._own, self._warming = own, warming
        self._at_work = set[asyncio.Task[None]]()

    def came(self, number: int, kind: Kind, body: bytes) -> None:
        task = asyncio.get_running_loop().create_task(self._answer(number, kind, body))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def _answer(self, number: int, kind: Kind, body: bytes) -> None:
        try:
            if kind is Kind.READY:
                await asyncio.shield(self._warming)
                self.say(number, Kind.ANSWER)
            else:
                self.say(number, Kind.ANSWER, await self._own.answer(Question.from_json(body)))
        except EvenhandError as error:
            self.say(number, Kind.REFUSED, said(error))
        except Exception as error:
            logs.log.error("fault", **logs.said_of(error))
            self.say(number, Kind.FAILED)


def main() -> None:
    """Advise with the settings of the environment."""
    settings = ServerSettings()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's to hear; it ends this one
    logs.configure()
    logging.config.dictConfig(logs.configuration(settings.log_level))
    uvloop.run(advise(settings, os.environ[ADDRESS]))


if __name__ == "__main__":
    main()
