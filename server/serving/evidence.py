"""Simulated evidence for change requests: asked for when people are to judge, worked out later by a free process."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from evenhand.errors import DataError, EvenhandError, MissingError
from evenhand.experiments.advising.simulated import DRAWS
from evenhand.registry import jobs, policies, requests, segmentations
from evenhand.registry.actor import SYSTEM
from evenhand.registry.database import Database
from evenhand.registry.requests import Request
from evenhand.segments import Segmentation
from evenhand.segments.canonical import Json
from evenhand.server.compiling import Compiler
from evenhand.server.deps import Clock, utc_now
from evenhand.server.serving.calibrating import calibrated_business
from evenhand.server.serving.predicting import foretold
from evenhand.server.settings import ServerSettings

__all__ = ["work_once"]

FOREKNOWN = ("draft", "in_review")  # what people have not agreed on yet can still be foretold
SHOWN = ("draws", "horizon", "simulator_sha256")  # of a prediction, beside its profit


def work_once(
    database: Database, settings: ServerSettings, *, draws: int = DRAWS, clock: Clock = utc_now,
    compiler: Compiler | None = None,
) -> bool:  # fmt: skip
    """Take one job that is due and do it; False when there is none.

    Its result is kept in the transaction that ends the job, so a process that is killed keeps nothing and the job is
    taken again; a job that was taken from this process in the meantime keeps nothing either. What fails is tried again,
    but for what trying cannot mend: without customers, or with too few, nothing is foretold and the risk stays high.
    """
    with database.writing() as connection:
        job = jobs.take(connection, kind=requests.EVIDENCE, now=clock())
    if job is None:
        return False
    try:
        seen, found = _foretold(database, settings.data_dir, job, draws, compiler)
    except (MissingError, DataError) as error:
        with database.writing() as connection:
            jobs.fail(connection, job, str(error))
    except EvenhandError as error:
        with database.writing() as connection:
            jobs.give_back(connection, job, str(error), now=clock())
    else:
        with database.writing() as connection:
            if jobs.finish(connection, job) and found is not None:
                _keep(connection, seen, found, settings, now=clock())
    return True


def _foretold(
    database: Database, data_dir: Path, job: jobs.Job, draws: int, compiler: Compiler | None
) -> tuple[Request, dict[str, Json] | None]:
    """Return the request as it was read, and what is foretold of it; nothing where its content is another one by now.

    Another content was asked about by whoever brought it.
    """
    with database.reading() as connection:
        request = requests.get(connection, job.document["request"])
        asked = requests.edits_of(connection, request.id)[job.document["edit"] - 1]
        if asked.change != request.change or request.state in requests.TERMINAL:
            return request, None
        today = segmentations.version(connection, request.segmentation, request.base_version).content
        wish, base = request.wish, request.base_version
        after = requests.effect(connection, request.segmentation, wish, base_version=base).segmentation
    business = calibrated_business(data_dir, request.segmentation)
    if compiler is not None:
        compiler.ensure(request.segmentation)
    whole = isinstance(wish, Segmentation) and request.author_kind == "policy"  # the plan that it begins with
    return request, foretold(business, today, after, draws=draws, whole=whole)


def _keep(
    connection: Connection, seen: Request, found: dict[str, Json], settings: ServerSettings, *, now: datetime
) -> None:
    """Note a prediction, so that the risk follows from it, and keep it as evidence on the edit that holds it.

    A request that was rebased meanwhile is asked about again; one that people have agreed on keeps what they saw.
    """
    request = requests.get(connection, seen.id)
    if request.change != seen.change:
        return
    if request.base_version != seen.base_version:
        requests.ask_evidence(connection, request, now=now)
        return
    if request.state in FOREKNOWN:
        rules = settings.review_rules
        request = requests.note_predicted(connection, request.id, found, rules=rules, actor=SYSTEM, now=now)
    if "profit" in found:
        document: dict[str, Json] = {"edit": request.edit, "version": request.base_version}
        document |= {"expected": {"profit": found["profit"]}} | {name: found[name] for name in SHOWN}
        policies.attach(connection, "request", str(request.id), "simulated", document, now=now)
