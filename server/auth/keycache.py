"""API keys as workers remember them, for a second: asking the database for each request would cost most of its time."""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from datetime import datetime, timedelta

from starlette.concurrency import run_in_threadpool

from evenhand.registry.database import Database
from evenhand.registry.identity import Key, User, find_key, touch_key

__all__ = ["KeyCache"]

MOST = 1_000
TOUCH = timedelta(minutes=1)  # how exactly `last_used_at` is kept


class KeyCache:
    """Finds the key of a text; a key that was revoked is remembered for `seconds` at most, in each worker.

    Unknown keys are not remembered, so that nobody can fill the memory with guesses, nor delay a new key.
    """

    def __init__(self, database: Database, *, seconds: float) -> None:
        self.database, self.seconds = database, seconds
        self._known: OrderedDict[bytes, tuple[float, Key, User]] = OrderedDict()  # by digest: no secret in memory

    async def find(self, text: str, *, now: datetime) -> tuple[Key, User] | None:
        """Return a key and its owner, or None."""
        digest = hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
        until, key, user = self._known.get(digest, (0.0, None, None))
        if key is not None and user is not None and time.monotonic() < until and key.works(now):
            return key, user
        found = await run_in_threadpool(self._read, text, now)
        self._known.pop(digest, None)
        if found and self.seconds:
            self._known[digest] = (time.monotonic() + self.seconds, *found)
            if len(self._known) > MOST:
                self._known.popitem(last=False)
        return found

    def forget(self) -> None:
        """Forget all: something was changed here."""
        self._known.clear()

    def _read(self, text: str, now: datetime) -> tuple[Key, User] | None:
        with self.database.reading() as connection:
            found = find_key(connection, text, now=now)
        if found and (found[0].last_used_at is None or now - found[0].last_used_at >= TOUCH):
            with self.database.writing() as connection:
                touch_key(connection, found[0].id, now=now)
        return found
