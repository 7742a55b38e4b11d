"""The OpenAPI document, and a page that shows it to people."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from evenhand.server.auth import ANYBODY
from evenhand.server.etags import etag_of

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[ANYBODY])


@router.get("/openapi.json")
async def document(request: Request) -> Response:
    """Return the OpenAPI document."""
    response = JSONResponse(request.app.openapi())
    response.headers["ETag"] = etag_of(bytes(response.body))
    return response
