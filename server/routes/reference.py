"""The OpenAPI document, and a page that shows it to people."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from evenhand.server.auth import ANYBODY
from evenhand.server.etags import etag_of
from evenhand.server.reference import reference_page, reference_style

__all__ = ["router"]

router = APIRouter(include_in_schema=False, dependencies=[ANYBODY])


@router.get("/openapi.json")
def document(request: Request) -> Response:
    """Return the OpenAPI document."""
    response = JSONResponse(request.app.openapi())
    response.headers["ETag"] = etag_of(bytes(response.body))
    return response


@router.get("/docs")
def page(request: Request) -> Response:
    """Return the document as a page."""
    return Response(reference_page(request.app.openapi()), media_type="text/html")


@router.get("/docs/style.css")
def style() -> Response:
    """Return the page's style sheet."""
    return Response(reference_style(), media_type="text/css")
