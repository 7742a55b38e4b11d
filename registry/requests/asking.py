"""Asking for evidence on what a request would change: a job, written with whatever makes it needed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from evenhand.registry import jobs
from evenhand.registry.requests.record import Request

__all__ = ["EVIDENCE", "ask_evidence"]

EVIDENCE = "evidence"  # the kind of these jobs


def ask_evidence(connection: Connection, request: Request, *, now: datetime) -> int:
    """Ask for what a request's change would bring as it is worded now; return the job's id."""
    return jobs.add(connection, EVIDENCE, request.subject, {"request": request.id, "edit": request.edit}, now=now)
