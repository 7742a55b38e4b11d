"""The stylesheet, the one script and the mark: their addresses change with their content, so browsers keep them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from evenhand.errors import MissingError
from evenhand.server.auth import ANYBODY
from evenhand.server.pages.assets import assets

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[ANYBODY])
KEPT = "public, max-age=31536000, immutable"


@router.get("/static/{file}")
def static(file: str, v: Annotated[str, Query(max_length=64)] = "") -> Response:
    """Return a file; by the address that names its version it may be kept for good."""
    found = assets().get(file)
    if found is None:
        raise MissingError("there is no such file")
    headers = {"Cache-Control": KEPT} if v == found.version else {}
    return Response(found.content, headers=headers, media_type=found.kind)
