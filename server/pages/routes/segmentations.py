"""Segmentations: as they are, as they were, the way back, and the kill switch."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.errors import DataError
from evenhand.registry import freezing, requests
from evenhand.registry.requests import GoBack, Proposal
from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.pages.routes.forms import Form, back_to, form, new_key
from evenhand.server.pages.routes.showing import show
from evenhand.server.pages.views.frame import speech_of
from evenhand.server.pages.views.segmentations import compare_page, segmentation_page, segmentations_page
from evenhand.server.pages.words import N_
from evenhand.server.schemas.segmentations import SegmentationName

__all__ = ["router"]

router = APIRouter(include_in_schema=False, prefix="/segmentations")
Reader = Annotated[Caller, require("segmentations:read")]
Number = Annotated[int | None, Query(ge=1, lt=2**31)]
_BACK = N_("Back to version %(n)s")


@router.get("")
def every(request: Request, caller: Reader, deps: DepsOf) -> Response:
    """Show all segmentations."""
    return show(request, caller, lambda connection: segmentations_page(connection, deps))


@router.get("/{name}")
def read(request: Request, name: SegmentationName, caller: Reader, deps: DepsOf) -> Response:
    """Show one segmentation."""
    say, key = speech_of(request), new_key()
    return show(
        request, caller,
        lambda connection: segmentation_page(connection, name, caller=caller, deps=deps, say=say, key=key),
    )  # fmt: skip


@router.get("/{name}/compare")
def compare(
    request: Request, name: SegmentationName, caller: Reader, deps: DepsOf, old: Number = None, new: Number = None
) -> Response:
    """Show two versions side by side."""
    say, key = speech_of(request), new_key()
    return show(
        request, caller,
        lambda connection: compare_page(connection, name, old, new, caller=caller, deps=deps, say=say, key=key),
    )  # fmt: skip


@router.post("/{name}/roll-back")
def roll_back(name: SegmentationName, sent: Annotated[Form, form("requests:write")]) -> Response:
    """Propose to return to an earlier version."""

    def command(connection: Connection, now: datetime) -> str:
        version = sent.number("version")
        if not version:
            raise DataError("which version?", where="version", mend="load the page again")
        title = speech_of(sent.request)(_BACK) % {"n": version}
        proposal = Proposal(change=GoBack(version), title=title, reason=sent.reason())
        rules = sent.write.deps.settings.review_rules
        made = requests.propose(connection, name, proposal, rules=rules, actor=sent.write.actor, now=now)
        return back_to("request", "roll_back", id=made.id)

    return sent.act(command)


@router.post("/{name}/freeze")
def freeze(name: SegmentationName, sent: Annotated[Form, form("segmentations:freeze")]) -> Response:
    """Pull the kill switch."""

    def command(connection: Connection, now: datetime) -> str:
        freezing.freeze(connection, name, reason=sent.reason(), actor=sent.write.actor, now=now)
        return back_to("segmentation", "freeze", name=name)

    return sent.act(command)


@router.post("/{name}/unfreeze")
def unfreeze(name: SegmentationName, sent: Annotated[Form, form("segmentations:unfreeze")]) -> Response:
    """End a freeze; the registry refuses whoever began it."""

    def command(connection: Connection, now: datetime) -> str:
        freezing.unfreeze(connection, name, reason=sent.reason(), actor=sent.write.actor, now=now)
        return back_to("segmentation", "unfreeze", name=name)

    return sent.act(command)
