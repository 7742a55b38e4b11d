"""The audit log: look things up, verify the whole chain, take a signed head away."""

from __future__ import annotations

from threading import Lock
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from evenhand.registry.audit import Head, head_of, seal_head, search, verify
from evenhand.registry.keys import signing_key
from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.problems import Problem
from evenhand.server.schemas.audit import Hash, HeadFile, RecordShown, Sequence, VerdictShown
from evenhand.server.schemas.base import Instant, Limit, Page
from evenhand.server.writing import Done, respond

__all__ = ["router"]

router = APIRouter(prefix="/v1/audit", tags=["audit"])
Reader = Annotated[Caller, require("audit:read")]
Name = Annotated[str | None, Query(max_length=200)]
Action = Annotated[
    str | None, Query(max_length=200, description="One that ends in `.` means all that begin so: `request.`")
]
Before = Annotated[int | None, Query(ge=1, lt=2**63, description="Only older rows, from `next` of the page before.")]
VERIFYING = Lock()  # it reads every row: one at a time in a process is enough


@router.get("", response_model=Page[RecordShown], summary="Search the audit log")
def list_all(
    caller: Reader,
    deps: DepsOf,
    actor: Name = None,
    action: Action = None,
    subject: Name = None,
    since: Annotated[Instant | None, Query(description="Then or later.")] = None,
    until: Annotated[Instant | None, Query(description="Before.")] = None,
    before: Before = None,
    limit: Limit = 50,
) -> Response:
    """List the rows that match, the newest first."""
    with deps.database.reading() as connection:
        page = search(
            connection, actor=actor, action=action, subject=subject, since=since, until=until, before=before,
            limit=limit,
        )  # fmt: skip
    following = None if page.before is None else str(page.before)
    return respond(Done(Page[RecordShown](items=[RecordShown.of(one) for one in page.records], next=following)))


@router.get("/verification", response_model=VerdictShown, summary="Verify the audit log")
def verification(caller: Reader, deps: DepsOf, sequence: Sequence = None, hash: Hash = None) -> Response:
    """Read the whole chain and tell the first flaw; with an exported head, also whether rows were cut off or replaced.

    One verification runs at a time. A log that takes longer than the time limit is verified by `evenhand audit verify`.
    """
    if (sequence is None) != (hash is None):
        raise Problem("invalid", "half a head", where="query", rule="sequence and hash come together")
    head = None if sequence is None or hash is None else Head(sequence, hash)
    if not VERIFYING.acquire(blocking=False):
        raise Problem("unavailable", "the log is being verified for somebody", mend="ask again in a while",
                      headers={"Retry-After": "5"})  # fmt: skip
    try:
        with deps.database.reading() as connection:
            return respond(Done(VerdictShown.of(verify(connection, head))))
    finally:
        VERIFYING.release()


@router.get("/head", response_model=HeadFile, summary="Export a signed head")
def export_head(caller: Reader, deps: DepsOf) -> Response:
    """Say where the log ends, signed by the server's key; kept elsewhere it shows later whether rows were cut off.

    It is the file that `evenhand audit export-head` writes and `evenhand audit verify --head` reads.
    """
    with deps.database.reading() as connection:
        head = head_of(connection)
    text = seal_head(head, signing_key(), now=deps.clock())
    return respond(Done(HeadFile.model_validate_json(text)))
