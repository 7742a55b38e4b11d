"""What a list tells of each of its requests, in a fixed number of queries however many they are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from evenhand.registry.requests.record import Request
from evenhand.registry.tables import comments, requests, reviews, wanted_reviewers

__all__ = ["Brief", "briefs"]


class Brief(NamedTuple):
    """How far a request has come."""

    approvals: int  # of the content as it is now
    comments: int
    asked: frozenset[str]  # who was asked to review it


def briefs(connection: Connection, found: Sequence[Request]) -> dict[int, Brief]:
    """Return a brief of each request, by id."""
    ids = [one.id for one in found]
    fresh = (reviews.c.edit == requests.c.edit) & (reviews.c.verdict == "approve") & requests.c.id.in_(ids)
    given = select(reviews.c.request).join(requests, requests.c.id == reviews.c.request).where(fresh)
    approvals = Counter(connection.execute(given).scalars())
    said = select(comments.c.request, func.count()).where(comments.c.request.in_(ids)).group_by(comments.c.request)
    talk = {id: int(n) for id, n in connection.execute(said)}
    asked: dict[int, set[str]] = defaultdict(set)
    wanted = select(wanted_reviewers.c.request, wanted_reviewers.c.user).where(wanted_reviewers.c.request.in_(ids))
    for id, user in connection.execute(wanted):
        asked[id].add(user)
    return {id: Brief(approvals[id], talk.get(id, 0), frozenset(asked[id])) for id in ids}
