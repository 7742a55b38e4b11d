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


class Serving:
    """Champions, and the writer that audits what they say."""

    def __init__(self, database: Database, data_dir: Path, compiler: Compiler | None = None) -> None:
        self._database, self._data_dir, self._compiler = database, data_dir, compiler
        self.warming = False  # while it is, the worker is not ready

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
            for name in ("evenhand.server.serving.recommending", "evenhand.server.campaigns.planning"):
                await asyncio.to_thread(import_module, name)
            await self.champions.warm()
        finally:
            gc.freeze()  # what was loaded stays: to look for rubbish in it would stop answers for a tenth of a second
            self.warming = False

    def forget(self) -> None:
        """Let go of customers who have been erased."""
        if "champions" in self.__dict__:
            self.champions.forget()

    def close(self) -> None:
        """Write what waits, and wait for nothing else."""
        if self._compiler is not None:
            self._compiler.close()
        if "audit" in self.__dict__:
            self.audit.close()
