"""Is the server alive, is it ready to work, and what does it measure?"""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from sqlalchemy import text
from starlette.responses import Response

from evenhand.errors import ArtefactError
from evenhand.registry.schema import check_schema
from evenhand.server.auth import ANYBODY, Caller, require
from evenhand.server.deps import Deps, DepsOf
from evenhand.server.logs import log
from evenhand.server.problems import Problem
from evenhand.server.schemas.base import Answer

__all__ = ["router"]

router = APIRouter(tags=["operations"])


class State(Answer):
    """How the server is."""

    status: Literal["ok"] = "ok"


@router.get("/health", response_model=State, dependencies=[ANYBODY], summary="Is the process alive?")
async def health() -> State:
    """Answer as long as the process can; the database is not asked. For whoever restarts dead processes."""
    return State()


@router.get("/ready", response_model=State, dependencies=[ANYBODY], summary="Can it work?")
def ready(deps: DepsOf) -> State:
    """Answer 200 when the database answers, has the right schema and all advisers are ready, else 503.

    For whoever spreads the load.
    """
    try:
        _check(deps)
    except ArtefactError as error:
        log.error("not ready", what=error.what, mend=error.mend)
        raise Problem("unavailable", "the database has another schema", mend="evenhand db migrate") from error
    if not deps.serving.ready:
        raise Problem("unavailable", "the advisers are being made ready", mend="ask again in a second")
    return State()


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    summary="Numbers for Prometheus",
)
def metrics(caller: Annotated[Caller, require("metrics:read")], deps: DepsOf) -> Response:
    """Return the numbers of all workers in Prometheus's text format."""
    return Response(deps.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


def _check(deps: Deps) -> None:
    with deps.database.reading() as connection:
        connection.execute(text("SELECT 1"))
        check_schema(connection, where="database")
