"""A small segmentation with six segments that share nobody, and people to change it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from evenhand.errors import EvenhandError
from evenhand.registry import requests, segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.database import Database
from evenhand.registry.requests import Proposal, Request, Verdict
from evenhand.registry.requests.change import Change
from evenhand.registry.tables import audit, events
from evenhand.segments import (
    AssignCampaign,
    Campaign,
    Catalogue,
    Condition,
    Feature,
    RuleGroup,
    Segment,
    Segmentation,
)

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
ANN, BOB, DAN, EVE = (Actor("user", name) for name in ("ann", "bob", "dan", "eve"))
PEOPLE = (ANN, BOB, DAN, EVE)
POLICY = Actor("policy", "winter-7")
JOBS = Actor("service", "evidence")
LOW = {"customers_share": 0.01, "margin_used": 0.1}
HIGH = {"customers_share": 0.5, "margin_used": 0.1}

IDS = ("s0", "s1", "s2", "s3", "s4")
CAMPAIGNS = ("none", "A", "B")
CATALOGUE = Catalogue(
    features=(Feature("trips", "trips"),), campaigns=(Campaign("A", "A"), Campaign("B", "B")), protected=("age",)
)


def content(campaigns: Mapping[str, str] | None = None) -> Segmentation:
    """The segmentation in which each segment has its campaign; `rest` is the default."""
    given = dict.fromkeys((*IDS, "rest"), "none") | dict(campaigns or {})
    segments = [
        Segment(id=id, name=id.upper(), campaign=given[id],
                rule=RuleGroup(rules=(Condition(field="trips", operator="=", value=place),)))
        for place, id in enumerate(IDS)
    ]  # fmt: skip
    rest = Segment(id="rest", name="Others", campaign=given["rest"])
    return Segmentation(catalogue=CATALOGUE, segments=tuple(segments), default=rest)


def campaigns_of(segmentation: Segmentation) -> dict[str, str]:
    return {segment.id: segment.campaign for segment in segmentation.every}


def gives(segment: str, campaign: str) -> AssignCampaign:
    return AssignCampaign(segment=segment, campaign=campaign)


def proposal(change: Change | None = None, *, share: float | None = None, predicted: Any = LOW) -> Proposal:
    wish = gives("s0", "A") if change is None else change
    return Proposal(change=wish, title="Another campaign", reason="It earns more.", share=share, predicted=predicted)


class Office:
    """The commands, each in a transaction of its own, as routes call them."""

    def __init__(self, database: Database, name: str = "winter", now: datetime = NOW) -> None:
        self.database, self.name, self.now = database, name, now
        with database.writing() as connection:
            segmentations.create(connection, name, content(), actor=ANN, now=now)

    def do(self, command: Any, *given: Any, actor: Actor | None = ANN, **named: Any) -> Any:
        """Call a command in a transaction."""
        who = {} if actor is None else {"actor": actor}
        with self.database.writing() as connection:
            return command(connection, *given, **named, **who, now=self.now)

    def refuses(self, error: type[EvenhandError], match: str, command: Any, *given: Any, **named: Any) -> None:
        """The command is refused in these words, and nothing of it was written."""
        before = self.written()
        with pytest.raises(error, match=match):
            self.do(command, *given, **named)
        assert self.written() == before

    def refuses_to_propose(
        self, error: type[EvenhandError], match: str, change: Change | None = None, *, actor: Actor = ANN, **named: Any
    ) -> None:
        self.refuses(error, match, requests.propose, self.name, proposal(change, **named), actor=actor)

    def propose(self, change: Change | None = None, *, actor: Actor = ANN, **named: Any) -> Request:
        given: Request = self.do(requests.propose, self.name, proposal(change, **named), actor=actor)
        return given

    def approve(self, id: int, *people: Actor, verdict: Verdict = "approve", **named: Any) -> Request:
        for person in people or (BOB,):
            request: Request = self.do(requests.review, id, verdict, reason="seen", actor=person, **named)
        return request

    def applied(self, change: Change | None = None, **named: Any) -> Request:
        """A request that went all the way."""
        request = self.propose(change, **named)
        self.approve(request.id)
        done: Request = self.do(requests.apply, request.id)
        return done

    def read(self, question: Any, *given: Any, **named: Any) -> Any:
        with self.database.reading() as connection:
            return question(connection, *given, **named)

    def get(self, id: int) -> Request:
        request: Request = self.read(requests.get, id)
        return request

    @property
    def record(self) -> segmentations.Record:
        record: segmentations.Record = self.read(segmentations.get, self.name)
        return record

    @property
    def in_force(self) -> dict[str, str]:
        return campaigns_of(self.read(segmentations.current, self.name).content)

    def written(self) -> tuple[int, int]:
        """How many rows the audit log has, and how many events there are."""
        with self.database.reading() as connection:
            counts = [
                connection.execute(select(func.count()).select_from(table)).scalar_one() for table in (audit, events)
            ]
        return counts[0], counts[1]
