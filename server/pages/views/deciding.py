"""What a reader may do with a request now, and why not more; the registry decides anyway."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from evenhand.registry import requests, segmentations
from evenhand.registry.requests import Request, allowed
from evenhand.registry.requests.states import REVIEWED
from evenhand.server.auth import Caller
from evenhand.server.pages.models.request import Act, Deciding, Obstacle, Verdict

__all__ = ["ACTS", "deciding_of"]

# What the API's routes for the same steps require.
ACTS: dict[Act, str] = {
    "submit": "requests:write",
    "apply": "requests:apply",
    "start": "requests:apply",
    "schedule": "requests:apply",
    "finish": "requests:apply",
    "pause": "requests:apply",
    "resume": "requests:apply",
    "stop": "requests:apply",
    "roll_back": "requests:write",
    "emergency": "segmentations:rollback",
    "withdraw": "requests:write",
}


class _Stand(NamedTuple):
    """A request, its surroundings and its reader."""

    request: Request
    caller: Caller
    frozen: bool
    rolling: int | None  # request whose roll-out runs
    version: int  # in force
    outdated: bool
    wrote: bool  # the reader wrote or edited it
    stands_in: bool  # the reader is the delegate of someone who did
    voted: bool  # the reader's approval of this content is given
    objected: bool  # changes of this content were asked for

    @property
    def free(self) -> bool:
        """Whether something may come into force now."""
        return not self.frozen and self.rolling is None


def deciding_of(connection: Connection, request: Request, caller: Caller, *, key: str, now: datetime) -> Deciding:
    """Return what a reader may do with a request."""
    stand = _stand(connection, request, caller, now)
    verdicts = tuple(_verdicts(stand))
    return Deciding(
        revision=request.revision,
        edit=request.edit,
        verdicts=verdicts,
        acts=tuple(act for act in ACTS if _may(act, stand)),
        obstacles=tuple(_obstacles(stand)),
        may_edit="edit" in allowed(request.state) and caller.may("requests:write"),
        may_comment=caller.may("requests:comment"),
        key=key,
    )


def _stand(connection: Connection, request: Request, caller: Caller, now: datetime) -> _Stand:
    me, record = caller.user.name, segmentations.get(connection, request.segmentation)
    writers = {one.name for one in requests.contributors(connection, request.id) if one.kind == "user"}
    lent = [one for one in requests.delegations_of(connection, me) if one.starts <= now < one.ends]
    judged = [one for one in requests.reviews_of(connection, request.id) if one.edit == request.edit]
    return _Stand(
        request,
        caller,
        frozen=record.frozen,
        rolling=record.rolling_request,
        version=record.current_version,
        outdated=requests.outdated(request, record),
        wrote=me in writers,
        stands_in=any(one.delegate == me and one.delegator in writers for one in lent),
        voted=any(one.verdict == "approve" and me in (one.reviewer, one.on_behalf_of) for one in judged),
        objected=any(one.verdict == "request_changes" for one in judged),
    )


def _verdicts(stand: _Stand) -> Iterator[Verdict]:
    if not stand.caller.may("requests:review") or stand.wrote or stand.stands_in:
        return
    known = allowed(stand.request.state)
    if "approve" in known and not (stand.outdated or stand.voted or stand.frozen):
        yield "approve"
    if "request_changes" in known:
        yield "request_changes"
    if "reject" in known:
        yield "reject"


def _obstacles(stand: _Stand) -> Iterator[Obstacle]:
    if stand.outdated:
        yield Obstacle(kind="outdated", newer=stand.version)
    if stand.frozen:
        yield Obstacle(kind="frozen")
    if stand.request.state not in REVIEWED:
        yield Obstacle(kind="state")
    elif not stand.caller.may("requests:review"):
        yield Obstacle(kind="role")
    elif stand.wrote:
        yield Obstacle(kind="own")
    elif stand.stands_in:
        yield Obstacle(kind="delegate")
    elif stand.voted:
        yield Obstacle(kind="voted")
    if stand.rolling not in (None, stand.request.id) and stand.request.state in ("approved", "scheduled"):
        yield Obstacle(kind="running")


def _may(act: Act, stand: _Stand) -> bool:
    return stand.caller.may(ACTS[act]) and _fits(act, stand)


def _fits(act: Act, stand: _Stand) -> bool:
    """Tell whether a step leads anywhere from here."""
    request = stand.request
    if act in ("roll_back", "emergency"):
        newest = request.state == "applied" and request.version == stand.version
        return newest and (act == "roll_back" or stand.free)
    if act not in allowed(request.state):
        return False
    if act == "submit":
        return not stand.outdated and not stand.objected
    if act == "withdraw":
        return stand.wrote
    if act in ("apply", "start"):
        return stand.free and (request.share is None) == (act == "apply")
    return True
