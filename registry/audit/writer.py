"""Many small appends, few commits: one thread that writes whatever waits in one transaction.

A commit waits for the disk (a millisecond or ten) and for other writers, a row does not. So while it waits for its turn
the next rows gather, and the busier it gets, the more of them share one commit. Nobody is answered before the commit is
done.
"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from types import TracebackType
from typing import NamedTuple

from evenhand.errors import UnavailableError
from evenhand.registry.audit.log import Draft, Entry, Row, append_drafts, draft
from evenhand.registry.database import Database

__all__ = ["GroupWriter"]

MOST = 1000  # rows in one commit
WAITING = 20_000  # rows that may wait before more are refused


class _Waiting(NamedTuple):
    draft: Draft
    future: Future[Row]


class GroupWriter:
    """Appends to the audit log for many at once; start one in each process, after it has forked.

    `writer.append(entry).result()` in a thread, `await asyncio.wrap_future(writer.append(entry))` in a coroutine.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._lock = Lock()  # nothing is queued behind the sign to end
        self._ended = False
        self._thread = Thread(target=self._run, name="evenhand-audit", daemon=True)
        self._thread.start()

    def append(self, entry: Entry) -> Future[Row]:
        """Hand over an entry; the future is done once it is committed, and fails if that commit fails.

        DataError or RuleError at once for an entry that cannot be kept, UnavailableError at once when too many wait
        or the writer has ended. A future that is cancelled before its turn is not written.
        """
        waiting = _Waiting(draft(entry), Future())
        with self._lock:
            if self._ended:
                raise UnavailableError("the audit log is closing", mend="try again")
            if self._queue.qsize() >= WAITING:
                raise UnavailableError("too many rows wait for the audit log", mend="try again later")
            self._queue.put(waiting)
        return waiting.future

    def close(self) -> None:
        """Write what waits, then end; more appends are refused."""
        with self._lock:
            if not self._ended:
                self._ended = True
                self._queue.put(None)
        self._thread.join()

    def __enter__(self) -> GroupWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        while (first := self._queue.get()) is not None:
            if self._write(first):
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """Return what waits and was not cancelled, and whether the sign to end was met."""
        group, ended = [first], False
        with suppress(Empty):
            while len(group) < MOST and not ended:
                waiting = self._queue.get_nowait()
                if waiting is None:
                    ended = True
                else:
                    group.append(waiting)
        return [waiting for waiting in group if waiting.future.set_running_or_notify_cancel()], ended

    def _write(self, first: _Waiting) -> bool:
        """Commit a group and tell each of it; return whether the sign to end was met.

        Whatever waits by the time that it is our turn shares the commit. Whatever goes wrong is theirs to hear, and the
        thread lives on.
        """
        group: list[_Waiting] | None = None
        ended = False
        try:
            with self._database.writing() as connection:
                group, ended = self._gather(first)
                rows = append_drafts(connection, [waiting.draft for waiting in group])
        except BaseException as error:
            if group is None:  # no turn came: who came after would wait for it in vain as long again
                group, ended = self._gather(first)
            for waiting in group:
                waiting.future.set_exception(error)
            return ended
        for waiting, row in zip(group, rows, strict=True):
            waiting.future.set_result(row)
        return ended
