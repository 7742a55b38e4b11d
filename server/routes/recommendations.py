"""Recommendations: statistics in, ranked tweaks out, one audit row each."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.schemas.recommendations import Asked, Recommendations
from evenhand.server.schemas.segmentations import SegmentationName
from evenhand.server.writing import Done, respond

__all__ = ["router"]

router = APIRouter(prefix="/v1/segmentations/{name}", tags=["recommendations"])


@router.post("/recommendations", response_model=Recommendations, summary="Ask for the next tweaks")
async def ask(
    name: SegmentationName, body: Asked, caller: Annotated[Caller, require("recommendations:ask")], deps: DepsOf
) -> Response:
    """Rank the next tweaks for fresh statistics: what each should bring, for how many, for which groups, and why.

    Nothing is changed: a tweak comes into force as a change request that people approve. A policy below *validated*
    recommends nothing, and with too little data, or while recommendations are frozen, what runs should be kept.
    """
    from evenhand.server.serving.recommending import recommended  # loaded while the worker makes ready

    found = await recommended(deps.serving, name, body, actor=caller.actor, now=deps.clock())
    return respond(Done(found))
