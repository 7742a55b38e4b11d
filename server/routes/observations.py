"""Observations: what was seen of a segmentation, period by period."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.registry import campaigns
from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.schemas.base import Limit, Page
from evenhand.server.schemas.campaigns import NewObservation, ObservationId, ObservationShown
from evenhand.server.schemas.segmentations import SegmentationName
from evenhand.server.writing import Done, Write, respond, writes

__all__ = ["router"]

router = APIRouter(prefix="/v1/segmentations/{name}/observations", tags=["observations"])
Reader = Annotated[Caller, require("observations:read")]
Before = Annotated[int | None, Query(ge=1, lt=2**63, description="Only older ones, from `next` of the page before.")]


@router.post("", response_model=ObservationShown, status_code=201, summary="Observe a period")
def observe(
    name: SegmentationName, body: NewObservation, write: Annotated[Write, writes("observations:write")]
) -> Response:
    """Keep the statistics of every segment of a version in a period: as told, or counted from a plan's results.

    A recommendation can name an observation instead of sending statistics. The same one again changes nothing.
    """
    from evenhand.server.advising.questions import statistics_of
    from evenhand.server.campaigns.observing import counted  # with everything that counts

    statistics_of(body.segments)  # refuses what stands twice

    def command(connection: Connection, now: datetime) -> Done:
        document: dict[str, Any] = {"segments": [one.model_dump(exclude_none=True) for one in body.segments]}
        period = body.period
        if body.plan is not None:
            plan = campaigns.get(connection, body.plan)
            document = {"plan": plan.id, "segments": counted(connection, plan, name, body.version)}
            period = plan.document["about"]["period"] if period is None else period
        kept = campaigns.observe(
            connection, name, body.version, period or 0, document, replace=body.replace, actor=write.actor, now=now
        )
        where = f"/v1/segmentations/{name}/observations/{kept.id}"
        return Done(ObservationShown.of(kept), 201, location=where)

    return write.once(command)


@router.get("", response_model=Page[ObservationShown], summary="List observations")
def list_all(
    name: SegmentationName, caller: Reader, deps: DepsOf, before: Before = None, limit: Limit = 100
) -> Response:
    """List the observations of a segmentation, the newest first."""
    with deps.database.reading() as connection:
        found = campaigns.observed_all(connection, name, before=before, limit=limit + 1)
    shown = [ObservationShown.of(one) for one in found[:limit]]
    return respond(Done(Page[ObservationShown](items=shown, next=str(shown[-1].id) if len(found) > limit else None)))


@router.get("/{id}", response_model=ObservationShown, summary="Read an observation")
def read(name: SegmentationName, id: ObservationId, caller: Reader, deps: DepsOf) -> Response:
    """Show one observation."""
    with deps.database.reading() as connection:
        return respond(Done(ObservationShown.of(campaigns.observed(connection, name, id))))
