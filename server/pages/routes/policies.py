"""Policies for people: what recommends, and which of them speaks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from evenhand.errors import ConflictError
from evenhand.registry import policies, requests
from evenhand.server.auth import Caller, require
from evenhand.server.deps import DepsOf
from evenhand.server.pages.routes.forms import Form, back_to, form, new_key
from evenhand.server.pages.routes.showing import show
from evenhand.server.pages.views.frame import speech_of
from evenhand.server.pages.views.policies import policies_page, policy_page
from evenhand.server.schemas.policies import PolicyId

__all__ = ["router"]

router = APIRouter(include_in_schema=False, prefix="/policies")
Reader = Annotated[Caller, require("policies:read")]


@router.get("")
def every(request: Request, caller: Reader, deps: DepsOf) -> Response:
    """Show all policies."""
    return show(request, caller, lambda connection: policies_page(connection, deps))


@router.get("/{id}")
def read(request: Request, id: PolicyId, caller: Reader, deps: DepsOf) -> Response:
    """Show one policy."""
    say, key, now = speech_of(request), new_key(), deps.clock()
    return show(
        request, caller, lambda connection: policy_page(connection, id, caller=caller, say=say, key=key, now=now)
    )


@router.post("/{id}/promote")
def promote(id: PolicyId, sent: Annotated[Form, form("policies:promote")]) -> Response:
    """Make a policy the champion of the segmentation that it was made for."""

    def command(connection: Connection, now: datetime) -> str:
        page = policy_page(connection, id, caller=sent.caller, say=speech_of(sent.request), key="", now=now)
        if not page.segmentation:
            raise ConflictError("the segmentation that it learned on is not here", where=f"policy {id!r}")
        policies.crown(connection, page.segmentation, id, actor=sent.write.actor, now=now)
        return back_to("policy", "promote", id=id)

    return sent.act(command)


@router.post("/{id}/plan")
def ask_for_plan(id: PolicyId, sent: Annotated[Form, form("requests:write")]) -> Response:
    """Ask in a champion's name for the plan that it begins with."""

    def command(connection: Connection, now: datetime) -> str:
        page = policy_page(connection, id, caller=sent.caller, say=speech_of(sent.request), key="", now=now)
        if page.beginning is None or not page.beginning.may_ask:
            raise ConflictError("its plan cannot be asked for now", where=f"policy {id!r}", mend="load the page again")
        rules, actor = sent.write.deps.settings.review_rules, sent.write.actor
        made = requests.propose_plan(connection, page.segmentation, rules=rules, actor=actor, now=now)
        return back_to("request", "asked", id=made.id)

    return sent.act(command)
