"""Recommendations: statistics in, ranked tweaks out, one audit row each."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter
from starlette.responses import Response

from evenhand.errors import ConflictError
from evenhand.registry import campaigns
from evenhand.server.advising.questions import Question
from evenhand.server.auth import Caller, require
from evenhand.server.deps import Deps, DepsOf
from evenhand.server.etags import etag_of
from evenhand.server.schemas.recommendations import Asked, Recommendations, SegmentTold
from evenhand.server.schemas.segmentations import SegmentationName
from evenhand.server.writing import JSON

__all__ = ["router"]

router = APIRouter(prefix="/v1/segmentations/{name}", tags=["recommendations"])


@router.post("/recommendations", response_model=Recommendations, summary="Ask for the next tweaks")
async def ask(
    name: SegmentationName, body: Asked, caller: Annotated[Caller, require("recommendations:ask")], deps: DepsOf
) -> Response:
    """Rank the next tweaks for fresh statistics: what each should bring, for how many, for which groups, and why.

    Nothing is changed: a tweak comes into force as a change request that people approve. A policy below *validated*
    recommends nothing, and with too little data, or while recommendations are frozen, what runs should be kept. A
    policy that begins with a plan gives that plan and no tweaks, until a version of exactly this content has been in
    force.
    """
    if body.observation is not None:
        body = await asyncio.to_thread(_observed, deps, name, body, body.observation)
    question = Question.of(name, body, actor=caller.actor, now=deps.clock())
    found = await deps.serving.advisers.answer(question)
    return Response(found, headers={"ETag": etag_of(found)}, media_type=JSON)


def _observed(deps: Deps, name: str, asked: Asked, id: int) -> Asked:
    """Return what is asked with the statistics of an observation; ConflictError where it saw another version."""
    with deps.database.reading() as connection:
        found = campaigns.observed(connection, name, id)
    if found.version != asked.version:
        raise ConflictError(f"observation {id} is of version {found.version}, not {asked.version}", where="observation")
    return asked.model_copy(
        update={"segments": [SegmentTold.model_validate(one) for one in found.document["segments"]]}
    )
