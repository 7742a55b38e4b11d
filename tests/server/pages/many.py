"""Many open requests at once: one that is written as people write them, and copies of its rows."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, select
from tests.server.pages.live import NAME

from evenhand.registry import requests
from evenhand.registry.actor import Actor
from evenhand.registry.tables import comments, edits
from evenhand.registry.tables import requests as table
from evenhand.segments import AssignCampaign

__all__ = ["fill"]

WRITER = Actor("user", "marketer")


def fill(connection: Connection, n: int, *, now: datetime) -> None:
    """Put n requests in review, each with a comment; of three kinds, so that not all do the same."""
    tweaks = [AssignCampaign(segment=one, campaign=campaign)
              for one, campaign in (("loyal", "B"), ("lapsed", "none"), ("rest", "A"))]  # fmt: skip
    made = [requests.propose(connection, NAME, requests.Proposal(change=tweak, title=f"Request {k}", reason="Try it."),
                             actor=WRITER, now=now) for k, tweak in enumerate(tweaks)]  # fmt: skip
    rows = [row._asdict() for row in connection.execute(select(table).where(table.c.id.in_([one.id for one in made])))]
    kept = [row._asdict() for row in connection.execute(select(edits))]
    first = max(one.id for one in made) + 1
    ids = range(first, first + n - len(made))
    spread = {k: now - timedelta(minutes=n - k) for k in ids}
    connection.execute(insert(table), [
        {**rows[k % 3], "id": k, "title": f"Request {k}", "created_at": spread[k]} for k in ids
    ])  # fmt: skip
    connection.execute(insert(edits), [{**kept[k % 3], "request": k} for k in ids])
    connection.execute(insert(comments), [{"request": k, "author": "ann", "text": "Why?", "at": now} for k in ids])
