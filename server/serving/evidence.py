"""Simulated evidence for change requests: asked for with the request, worked out later by a free process."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection

from evenhand.errors import EvenhandError
from evenhand.experiments.advising.simulated import DRAWS, simulate_change
from evenhand.experiments.setup import setup_of
from evenhand.registry import jobs, policies, requests, segmentations
from evenhand.registry.database import Database
from evenhand.segments.canonical import Json
from evenhand.server.deps import Clock, utc_now
from evenhand.server.serving.calibrating import calibrated_business

__all__ = ["EVIDENCE", "ask_evidence", "work_once"]

EVIDENCE = "evidence"  # the kind of these jobs


def ask_evidence(connection: Connection, request: requests.Request, *, draws: int = DRAWS) -> int:
    """Ask for what a request's change would bring as it is worded now; return the job's id."""
    document: dict[str, Json] = {"request": request.id, "edit": request.edit, "draws": draws}
    return jobs.add(connection, EVIDENCE, request.subject, document, now=request.updated_at)


def work_once(database: Database, data_dir: Path, *, clock: Clock = utc_now) -> bool:
    """Take one job that is due and do it; False when there is none.

    Its result is kept in the transaction that ends the job, so a process that is killed keeps nothing and the job is
    taken again; a job that was taken from this process in the meantime keeps nothing either.
    """
    with database.writing() as connection:
        job = jobs.take(connection, kind=EVIDENCE, now=clock())
    if job is None:
        return False
    try:
        found = _simulated(database, data_dir, job)
    except EvenhandError as error:
        with database.writing() as connection:
            jobs.give_back(connection, job, str(error), now=clock())
        return True
    with database.writing() as connection:
        if jobs.finish(connection, job):
            policies.attach(connection, "request", str(job.document["request"]), "simulated", found, now=clock())
    return True


def _simulated(database: Database, data_dir: Path, job: jobs.Job) -> dict[str, Json]:
    with database.reading() as connection:
        request = requests.get(connection, job.document["request"])
        today = segmentations.version(connection, request.segmentation, request.base_version).content
        after = requests.effect(
            connection, request.segmentation, request.wish, base_version=request.base_version
        ).segmentation
    business = calibrated_business(data_dir, request.segmentation)
    setup = setup_of(business.simulator, today, business.settings)
    found = simulate_change(business.customers, today, after, business.simulator, setup, draws=job.document["draws"])
    return {
        "edit": job.document["edit"],  # of the wording that was simulated
        "version": request.base_version,
        "expected": {"profit": {"mean": found.mean, "low": found.low, "high": found.high}},
        "draws": found.draws,
        "horizon": found.horizon,
        "simulator_sha256": business.simulator.hash,
    }
