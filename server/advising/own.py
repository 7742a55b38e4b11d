"""Advisers in this process: of a server with one worker, and of tests."""

from __future__ import annotations

import asyncio
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.registry.audit.writer import GroupWriter
from evenhand.registry.database import Database
from evenhand.server.advising.questions import Question
from evenhand.server.compiling import Compiler

if TYPE_CHECKING:
    from evenhand.server.serving.champion import Champions

__all__ = ["Own"]


class Own:
    """Recommends by champions of its own; used from one event loop."""

    ready = True  # whoever asks before `warm` has ended waits for the adviser in question

    def __init__(self, database: Database, data_dir: Path, audit: GroupWriter, compiler: Compiler | None) -> None:
        self._database, self._data_dir, self._audit, self._compiler = database, data_dir, audit, compiler

    @cached_property
    def champions(self) -> Champions:
        """Who advises on what."""
        from evenhand.server.serving.champion import Champions  # with everything that simulates and advises

        return Champions(self._database, self._data_dir, self._compiler)

    async def answer(self, question: Question) -> bytes:
        """Return what is recommended, as JSON, once its row in the audit log is committed."""
        from evenhand.server.serving.recommending import recommended

        found = await recommended(self.champions, self._audit, question)
        return found.model_dump_json().encode()

    async def warm(self) -> None:
        """Make every adviser ready."""
        await asyncio.to_thread(import_module, "evenhand.server.serving.recommending")  # with all that it imports
        await self.champions.warm()

    def forget(self) -> None:
        """Let go of customers who have been erased."""
        if "champions" in self.__dict__:
            self.champions.forget()

    def close(self) -> None:
        """Let nobody wait for machine code any longer."""
        if self._compiler is not None:
            self._compiler.close()
