"""The parts of one worker that recommend and audit, made when they are first used."""

from __future__ import annotations

import asyncio
import gc
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Protocol

from evenhand.registry.audit.writer import GroupWriter
from evenhand.registry.database import Database
from evenhand.server.advising.beside import Beside
from evenhand.server.advising.own import Own
from evenhand.server.advising.questions import Question
from evenhand.server.compiling import Compiler
from evenhand.server.loading import loading

__all__ = ["Advisers", "Serving"]

# What routes import when they are first asked, with all that it imports.
SLOW = tuple(
    f"evenhand.server.{name}"
    for name in (
        "advising.questions", "serving.forgetting", "campaigns.planning", "campaigns.recording", "campaigns.watching",
        "campaigns.observing",
    )
)  # fmt: skip


class Advisers(Protocol):
    """Who recommends: this process, or one beside it."""

    @property
    def ready(self) -> bool:
        """Whether whoever asks is answered at once."""

    async def answer(self, question: Question) -> bytes:
        """Return what is recommended, as JSON, once its row in the audit log is committed."""

    async def warm(self) -> None:
        """Return when every adviser is ready."""

    def forget(self) -> None:
        """Let go of customers who have been erased."""

    def close(self) -> None:
        """Wait for nothing any longer."""


class Serving:
    """Advisers, and the writer that audits for many requests at once."""

    def __init__(
        self, database: Database, data_dir: Path, compiler: Compiler | None = None, adviser_socket: str | None = None
    ) -> None:
        self._database, self._data_dir, self._compiler = database, data_dir, compiler
        self._adviser_socket = adviser_socket  # where a process beside this one advises
        self._warming = False
        self.loaded: asyncio.Event | None = None  # set once `warm` has imported everything; none: it does not run

    @cached_property
    def advisers(self) -> Advisers:
        """Who recommends."""
        if self._adviser_socket:
            return Beside(self._adviser_socket)
        return Own(self._database, self._data_dir, self.audit, self._compiler)

    @cached_property
    def audit(self) -> GroupWriter:
        """Commits audit rows of many requests at once."""
        return GroupWriter(self._database)

    @property
    def ready(self) -> bool:
        """Whether this worker can answer everything at once."""
        return not self._warming and self.advisers.ready

    def begin(self) -> None:
        """Say that `warm` is about to run: until it has, this worker is not ready."""
        assert self.audit is not None  # made before there are threads that could each make one
        self._warming, self.loaded = True, asyncio.Event()

    async def warm(self) -> None:
        """Make everything ready before the first request."""
        try:
            with loading():
                for name in SLOW:
                    await asyncio.to_thread(import_module, name)
            self._let_in()
            await self.advisers.warm()
        finally:
            self._let_in()
            gc.freeze()  # what was loaded stays: to look for rubbish in it would stop answers for a tenth of a second
            self._warming = False

    def forget(self) -> None:
        """Let go of customers who have been erased."""
        self.advisers.forget()

    def _let_in(self) -> None:
        if self.loaded is not None:
            self.loaded.set()

    def close(self) -> None:
        """Write what waits, and wait for nothing else."""
        self.advisers.close()
        self.audit.close()
