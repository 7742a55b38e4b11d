"""What a server does beside answering: evidence asked for, requests whose time has come, what may be forgotten.

One process of its own, so that no request waits for a simulation. Several servers on one database may each have one:
jobs are taken under a lease, and of two that come for the same request or the same old row the second finds nothing
to do, since writers take turns.
"""

from __future__ import annotations

import logging.config
import signal
import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from evenhand.errors import EvenhandError
from evenhand.registry import campaigns, idempotency, jobs, requests
from evenhand.registry.database import Database
from evenhand.registry.identity import drop_ended_sessions
from evenhand.server import logs
from evenhand.server.arriving import folder
from evenhand.server.compiling import Compiler
from evenhand.server.deps import Clock, utc_now
from evenhand.server.settings import ServerSettings
from evenhand.server.supervising import orphaned

__all__ = ["PAUSE", "come_due", "do_job", "tidy", "work"]

PAUSE = 1.0  # seconds between two looks when there was nothing to do
RESTING = 60.0  # seconds after which old rows are looked for again


def work(
    settings: ServerSettings, *, stop: threading.Event, clock: Clock = utc_now, compiler: Compiler | None = None
) -> None:
    """Work until `stop` is set, or until the process that started this one is gone.

    What is begun is ended first. A fault (the database is away, the disk is full) is logged, and tried again.
    """
    rested = RESTING
    with Database.open(settings.database) as database:
        while not stop.is_set() and not orphaned():
            if rested >= RESTING:
                _safely("tidy", lambda: tidy(database, settings, now=clock()))
                rested = 0.0
            _safely("start", lambda: come_due(database, now=clock()))
            if not _safely("jobs", lambda: do_job(database, settings, clock=clock, compiler=compiler)):
                stop.wait(PAUSE)
                rested += PAUSE


def come_due(database: Database, *, now: datetime) -> bool:
    """Start what is scheduled for now and expire what nobody decided on; False where there is nothing of either.

    It looks before it writes, so that an idle server takes no turn from others.
    """
    with database.reading() as connection:
        if not requests.waits_for_time(connection, now=now):
            return False
    with database.writing() as connection:
        return bool(requests.expire_due(connection, now=now) + requests.start_due(connection, now=now))


def do_job(
    database: Database, settings: ServerSettings, *, clock: Clock = utc_now, compiler: Compiler | None = None
) -> bool:
    """Do one job that is due; False where there is none. What simulates is loaded when it is first needed."""
    with database.reading() as connection:
        if not jobs.is_due(connection, now=clock()):
            return False
    from evenhand.server.campaigns.watching import watch_once
    from evenhand.server.serving.evidence import work_once

    if watch_once(database, settings.margins, clock=clock):  # first: somebody may be harmed meanwhile
        return True
    return work_once(database, settings, clock=clock, compiler=compiler)


def tidy(database: Database, settings: ServerSettings, *, now: datetime) -> bool:
    """Forget sessions that ended, answers that nobody can ask for again, unconfirmed tables, and rows of old plans."""
    folder.sweep(settings.data_dir, now=now)
    with database.writing() as connection:
        drop_ended_sessions(connection, idle=timedelta(seconds=settings.session_idle), now=now)
        idempotency.expire(connection, now=now)
    _forget_plans(database, timedelta(days=settings.plan_days), now)
    return True


def _forget_plans(database: Database, limit: timedelta, now: datetime) -> None:
    """Delete the rows of old campaign plans, in a turn to write for each."""
    while True:
        with database.reading() as connection:
            if not campaigns.is_due(connection, limit=limit, now=now):
                return
        with database.writing() as connection:
            campaigns.expire(connection, limit=limit, now=now)


def _safely(what: str, do: Callable[[], bool]) -> bool:
    """Do one thing; False when there was nothing to do, or when it failed."""
    try:
        return do()
    except EvenhandError as error:
        logs.log.warning("background", what=what, **logs.said_of(error))
    except Exception as error:  # whatever it was, the other work goes on
        logs.log.error("background", what=what, **logs.said_of(error))
    return False


def main() -> None:
    """Work with the settings of the environment until SIGTERM or SIGINT."""
    settings, stop = ServerSettings(), threading.Event()
    compiler = Compiler(settings)

    def end(*_: object) -> None:
        stop.set()
        compiler.close()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    logs.configure()
    logging.config.dictConfig(logs.configuration(settings.log_level))
    work(settings, stop=stop, compiler=compiler)


if __name__ == "__main__":
    main()
