"""Simulated evidence for a change request, by whichever process is free."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from tests.server.people import Clock

from evenhand.registry import jobs, policies, requests, segmentations
from evenhand.registry.actor import Actor
from evenhand.segments import AssignCampaign
from evenhand.server.importing import Loaded
from evenhand.server.serving.evidence import ask_evidence, work_once

ANN = Actor("user", "ann")


def _asked(app: FastAPI, campaign: str) -> requests.Request:
    deps = app.state.deps
    with deps.database.writing() as connection:
        today = segmentations.version(connection, "winter", 1).content
        segment = next(one for one in today.segments if one.campaign != campaign)
        change = AssignCampaign(segment=segment.id, campaign=campaign)
        wish = requests.Proposal(change=change, title="Try", reason="It may pay.")
        request = requests.draft(connection, "winter", wish, actor=ANN, now=deps.clock())
        ask_evidence(connection, request, draws=2)
    return request


def _work(app: FastAPI) -> bool:
    deps = app.state.deps
    return work_once(deps.database, deps.settings.data_dir, clock=deps.clock)


def _found(app: FastAPI, request: requests.Request) -> list[Any]:
    with app.state.deps.database.reading() as connection:
        return policies.evidence_of(connection, "request", str(request.id))


def test_evidence_is_simulated_once_and_says_so(app: FastAPI, loaded: Loaded, clock: Clock) -> None:
    request = _asked(app, "letter")
    assert _work(app)
    assert not _work(app)
    (evidence,) = _found(app, request)
    profit = evidence.document["expected"]["profit"]
    assert evidence.kind == "simulated"
    assert profit["low"] <= profit["mean"] <= profit["high"]
    assert (evidence.document["edit"], evidence.document["draws"]) == (request.edit, 2)


def test_what_a_killed_process_began_is_done_by_another(app: FastAPI, loaded: Loaded, clock: Clock) -> None:
    request = _asked(app, "letter")
    with app.state.deps.database.writing() as connection:
        assert jobs.take(connection, now=clock()) is not None  # and the process dies
    assert not _work(app)
    clock.forward(seconds=jobs.LEASE.total_seconds() + 1)
    assert _work(app)
    assert len(_found(app, request)) == 1
