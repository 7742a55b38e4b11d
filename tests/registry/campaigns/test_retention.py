"""Rows of old plans go at the end of their time, all of a roll-out together, and not while somebody needs them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tests.registry.campaigns.test_campaigns import CRM, ROWS, add, result
from tests.registry.requests.world import ANN, Office

from evenhand.errors import ConflictError
from evenhand.registry import campaigns, policies, requests, tables
from evenhand.registry.audit import search, verify
from evenhand.registry.campaigns import Plan
from evenhand.registry.database import Database
from evenhand.segments import content_hash

LIMIT = timedelta(days=400)
ENDS = datetime(2026, 3, 9, tzinfo=UTC)


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def keep(office: Office, week: int = 0, *, request: int | None = None) -> Plan:
    """A plan of the week that ends `week` weeks after ENDS."""
    ends = ENDS + timedelta(weeks=week)
    document = {"starts": str((ends - timedelta(weeks=1)).date()), "ends": str(ends.date()), "customers": len(ROWS)}
    plan: Plan = office.do(campaigns.keep, f"{week:016x}", segmentation="winter", version=1, request=request,
                           document=document, rows=ROWS, actor=CRM)  # fmt: skip
    return plan


def expire(office: Office, days: int) -> list[str]:
    """Delete everything that is due so many days after ENDS; return the ids of the plans."""
    office.now, gone = ENDS + timedelta(days=days), list[str]()
    while office.read(campaigns.is_due, limit=LIMIT, now=office.now):
        found = office.do(campaigns.expire, limit=LIMIT, actor=None)
        assert found
        gone += [plan.id for plan in found]
    assert office.do(campaigns.expire, limit=LIMIT, actor=None) == []
    return gone


def rolling(office: Office) -> int:
    request = office.propose(share=0.5)
    office.approve(request.id)
    office.do(requests.start, request.id)
    return request.id


def register(office: Office) -> policies.Policy:
    with office.database.writing() as connection:
        policy = policies.upload(connection, "one", manifest={}, graph=b"", files={}, actor=ANN, now=office.now)
        policies.register_trial(connection, "one", "a" * 64, actor=ANN, now=office.now)
    return policy


def decide(office: Office, policy: policies.Policy, verdict: str) -> None:
    content: dict[str, Any] = {"policy_sha256": policy.sha256, "decision": {"verdict": verdict, "level": "proven"},
                               "plan_sha256": "a" * 64}  # fmt: skip
    office.do(policies.decide, policy.id, {**content, "sha256": content_hash(content)})


def test_rows_and_results_go_and_numbers_stay(office: Office) -> None:
    plan, later = keep(office), keep(office, 1)
    add(office, plan, result("a"), result("b", "refused:1")._replace(reason="after the plan"))
    assert expire(office, 399) == []
    assert expire(office, 400) == [plan.id]
    with office.database.reading() as connection:
        assert set(connection.execute(select(tables.plan_rows.c.plan)).scalars()) == {later.id}
        assert connection.execute(select(tables.results)).all() == []
        assert verify(connection).flaw is None
    left = office.read(campaigns.get, plan.id)
    assert left.forgotten == {"on": "2027-04-13", "customers": 3, "answered": 1, "refused": {"after the plan": 1}}
    row = office.read(search, subject=plan.subject).records[0]
    assert (row.action, row.actor.kind) == ("plan.forget", "system")
    assert row.details == {"customers": 3, "results": 2, "ended": "2026-03-09"}
    office.refuses(ConflictError, "were deleted on 2027-04-13", campaigns.withdraw, plan.id)


def test_the_plans_of_a_roll_out_go_together_once_the_last_is_old_enough(office: Office) -> None:
    request = rolling(office)
    first, last = keep(office, request=request), keep(office, 4, request=request)
    office.do(requests.finish, request)
    assert expire(office, 427) == []
    assert expire(office, 428) == [first.id, last.id]


def test_a_roll_out_that_runs_keeps_its_plans_for_a_second_limit_and_no_longer(office: Office) -> None:
    plan = keep(office, request=rolling(office))
    assert expire(office, 799) == []
    assert expire(office, 800) == [plan.id]


@pytest.mark.parametrize(("verdict", "held"), [("HOLD", True), ("SHIP", False), ("STOP", False)])
def test_a_trial_that_is_not_decided_keeps_the_plans_that_it_may_stand_on(
    office: Office, verdict: str, held: bool
) -> None:
    before = keep(office)
    office.now = ENDS
    policy, during = register(office), keep(office, 1)
    decide(office, policy, verdict)
    assert expire(office, 420) == ([before.id] if held else [before.id, during.id])
    assert expire(office, 807) == ([during.id] if held else [])
