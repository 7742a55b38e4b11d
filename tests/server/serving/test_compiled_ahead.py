"""Machine code that was made ahead is all that a server needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.server.people import OPERATOR
from tests.server.serving.conftest import KEY, record_of

from evenhand.registry import policies
from evenhand.registry.database import Database
from evenhand.server.compiling import CACHE, Compiler, cache_of, environment_of
from evenhand.server.deps import utc_now
from evenhand.server.importing import load_study
from evenhand.server.settings import ServerSettings


@pytest.mark.slow
def test_what_is_compiled_ahead_is_all_that_advice_and_evidence_need(
    exported: Path, settings: ServerSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a cache that was filled ahead, a server that advises and simulates stores no machine code of its own."""
    monkeypatch.delenv(CACHE, raising=False)
    with Database.open(settings.database) as database:
        found = load_study(
            exported, "winter", database=database, data_dir=settings.data_dir, key=KEY.public_key(), actor=OPERATOR,
            now=utc_now(),
        )  # fmt: skip
        assert found.policy is not None
        with database.writing() as connection:
            policies.decide(connection, found.policy.id, record_of(found.policy), actor=OPERATOR, now=utc_now())
            policies.crown(connection, "winter", found.policy.id, actor=OPERATOR, now=utc_now())
    Compiler(settings).ensure("winter")
    cache = cache_of(settings.data_dir)
    before = {file: file.stat().st_mtime_ns for file in cache.rglob("*.nb?")}
    assert before
    script = tmp_path / "uses.py"
    script.write_text(USES)
    subprocess.run([sys.executable, str(script)], check=True, env=environment_of(settings))
    assert {file: file.stat().st_mtime_ns for file in cache.rglob("*.nb?")} == before


USES = """
import asyncio
from evenhand.experiments.advising.statistics import CampaignCounts, SegmentCounts
from evenhand.registry import requests, segmentations
from evenhand.registry.actor import SYSTEM, Actor
from evenhand.registry.database import Database
from evenhand.segments import AssignCampaign
from evenhand.server.deps import utc_now
from evenhand.server.serving.champion import Champions
from evenhand.server.serving.evidence import work_once
from evenhand.server.settings import ServerSettings

settings = ServerSettings()
with Database.open(settings.database) as database:
    adviser = asyncio.run(Champions(database, settings.data_dir).of("winter")).adviser
    assert adviser is not None
    today, members = adviser.standing.today, adviser.standing.members
    sent = {c.id: CampaignCounts(4000, 800, 100) for c in today.catalogue.campaigns if c.channel}
    adviser.advise({id: SegmentCounts(int(members[s]), sent) for s, id in enumerate(today.ids)})
    segment = today.segments[0]
    other = next(c.id for c in today.catalogue.campaigns if c.id != segment.campaign)
    wish = requests.Proposal(change=AssignCampaign(segment=segment.id, campaign=other), title="T", reason="R")
    with database.writing() as connection:
        made = requests.propose(connection, "winter", wish, actor=Actor("user", "ann"), now=utc_now())
    assert work_once(database, settings, draws=2)
    with database.reading() as connection:
        assert requests.get(connection, made.id).predicted["profit"]
"""
