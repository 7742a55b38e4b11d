"""Work that is done later, by whichever process is free: taken under a lease, so that it outlives whoever took it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, insert, select, update

from evenhand.registry.tables import jobs
from evenhand.segments.canonical import Json

__all__ = [
    "LEASE",
    "MOST_ATTEMPTS",
    "Job",
    "add",
    "add_once",
    "fail",
    "failed",
    "finish",
    "give_back",
    "is_due",
    "of_subject",
    "take",
    "under_way",
]

LEASE = timedelta(minutes=2)  # whoever has taken a job and says nothing for so long is taken for dead
MOST_ATTEMPTS = 3
PAUSE = timedelta(seconds=10)  # before the next attempt, and longer before each one after

JobState = Literal["waiting", "running", "done", "failed"]


class Job(NamedTuple):
    """One piece of work."""

    id: int
    kind: str
    subject: str
    state: JobState
    attempts: int
    document: Any  # what to do
    error: str | None  # of the last attempt


_SHOWN = tuple(jobs.c[name] for name in Job._fields)


def add(connection: Connection, kind: str, subject: str, document: Mapping[str, Json], *, now: datetime) -> int:
    """Ask for work, in the transaction of what makes it needed; return the job's id."""
    row = {"kind": kind, "subject": subject, "state": "waiting", "attempts": 0, "run_after": now,
           "document": dict(document)}  # fmt: skip
    return int(connection.execute(insert(jobs).values(row).returning(jobs.c.id)).scalar_one())


def add_once(connection: Connection, kind: str, subject: str, document: Mapping[str, Json], *, now: datetime) -> None:
    """Ask for work unless the same waits already: it will look at everything that is there when it begins."""
    same = (jobs.c.kind == kind) & (jobs.c.subject == subject) & (jobs.c.state == "waiting")
    if connection.execute(select(jobs.c.id).where(same).limit(1)).first() is None:
        add(connection, kind, subject, document, now=now)


def take(connection: Connection, *, kind: str | None = None, now: datetime) -> Job | None:
    """Return the oldest job (of a kind) that is due, this process's for a lease's length; None when there is none.

    Writers take turns, so no two processes take the same. A job whose lease ran out is due again; one that was begun
    `MOST_ATTEMPTS` times and never ended fails.
    """
    lost = (jobs.c.state == "running") & (jobs.c.lease_until < now)
    worn = {"state": "failed", "error": "its process died each time", "lease_until": None}
    connection.execute(update(jobs).where(lost, jobs.c.attempts >= MOST_ATTEMPTS).values(worn))
    due = lost | ((jobs.c.state == "waiting") & (jobs.c.run_after <= now))
    if kind is not None:
        due &= jobs.c.kind == kind
    id_ = connection.execute(select(jobs.c.id).where(due).order_by(jobs.c.id).limit(1)).scalar()
    if id_ is None:
        return None
    taken = {"state": "running", "attempts": jobs.c.attempts + 1, "lease_until": now + LEASE}
    connection.execute(update(jobs).where(jobs.c.id == id_).values(taken))
    return _job(connection, id_)


def is_due(connection: Connection, *, now: datetime) -> bool:
    """Whether `take` may find something: to look before taking a turn at writing."""
    lost = (jobs.c.state == "running") & (jobs.c.lease_until < now)
    due = lost | ((jobs.c.state == "waiting") & (jobs.c.run_after <= now))
    return connection.execute(select(jobs.c.id).where(due).limit(1)).first() is not None


def finish(connection: Connection, job: Job) -> bool:
    """Say that a job is done; False when it is no longer this process's, whose work must then not be kept."""
    return _end(connection, job, {"state": "done", "error": None, "lease_until": None})


def give_back(connection: Connection, job: Job, error: str, *, now: datetime) -> bool:
    """Say that a job failed: it is tried again after a pause, `MOST_ATTEMPTS` times in all."""
    again = job.attempts < MOST_ATTEMPTS
    state = {"state": "waiting" if again else "failed", "error": error[:500], "lease_until": None,
             "run_after": now + PAUSE * 2**job.attempts}  # fmt: skip
    return _end(connection, job, state)


def fail(connection: Connection, job: Job, error: str) -> bool:
    """Say that a job cannot be done, however often it is tried."""
    return _end(connection, job, {"state": "failed", "error": error[:500], "lease_until": None})


def of_subject(connection: Connection, subject: str) -> list[Job]:
    """Return the jobs about something, the oldest first."""
    query = select(*_SHOWN).where(jobs.c.subject == subject).order_by(jobs.c.id)
    return [Job(*row) for row in connection.execute(query)]


def under_way(connection: Connection, subjects: Sequence[str]) -> list[Job]:
    """Return the jobs about these things that are not over, in one query."""
    going = jobs.c.subject.in_(subjects) & jobs.c.state.in_(("waiting", "running"))
    return [Job(*row) for row in connection.execute(select(*_SHOWN).where(going).order_by(jobs.c.id))]


def failed(connection: Connection, *, limit: int = 100) -> list[Job]:
    """Return the jobs that were given up, the newest first."""
    query = select(*_SHOWN).where(jobs.c.state == "failed").order_by(jobs.c.id.desc()).limit(limit)
    return [Job(*row) for row in connection.execute(query)]


def _end(connection: Connection, job: Job, values: dict[str, Any]) -> bool:
    mine = (jobs.c.id == job.id) & (jobs.c.state == "running") & (jobs.c.attempts == job.attempts)
    return connection.execute(update(jobs).where(mine).values(values)).rowcount == 1


def _job(connection: Connection, id: int) -> Job:
    return Job(*connection.execute(select(*_SHOWN).where(jobs.c.id == id)).one())
