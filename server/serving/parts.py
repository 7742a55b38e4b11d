"""The parts of one worker that recommend, made when they are first used."""

from __future__ import annotations

import asyncio
import gc
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.registry.audit.writer import GroupWriter
from evenhand.registry.database import Database
from evenhand.server.compiling import Compiler

if TYPE_CHECKING:
    from evenhand.server.serving.champion import Champions

__all__ = ["Serving"]

# What routes import when they are first asked, with all that it imports.
SLOW = tuple(
    f"evenhand.server.{name}"
    for name in (
        "serving.recommending", "serving.forgetting", "campaigns.planning", "campaigns.recording", "campaigns.watching",
        "campaigns.observing",
    )
)  # fmt: skip


class Serving:
    """Champions, and the writer that audits what they say."""

    def __init__(self, database: Database, data_dir: Path, compiler: Compiler | None = None) -> None:
        self._database, self._data_dir, self._compiler = database, data_dir, compiler
        self.warming = False  # while it is, the worker is not ready
        self.loaded: asyncio.Event | None = None  # set once `warm` has imported everything; none: it does not run

    @cached_property
    def champions(self) -> Champions:
        """Who advises on what."""
        from evenhand.server.serving.champion import Champions  # with everything that simulates and advises

        return Champions(self._database, self._data_dir, self._compiler)

    @cached_property
    def audit(self) -> GroupWriter:
        """Commits audit rows of many requests at once."""
        return GroupWriter(self._database)

    async def warm(self) -> None:
        """Make every adviser ready before the first request."""
        try:
            for name in SLOW:
                await asyncio.to_thread(import_module, name)
            self._let_in()
            await self.champions.warm()
        finally:
            self._let_in()
            gc.freeze()  # what was loaded stays: to look for rubbish in it would stop answers for a tenth of a second
            self.warming = False

    def forget(self) -> None:
        """Let go of customers who have been erased."""
        if "champions" in self.__dict__:
            self.champions.forget()

    def _let_in(self) -> None:
        if self.loaded is not None:
            self.loaded.set()

    def close(self) -> None:
        """Write what waits, and wait for nothing else."""
        if self._compiler is not None:
            self._compiler.close()
        if "audit" in self.__dict__:
            self.audit.close()
