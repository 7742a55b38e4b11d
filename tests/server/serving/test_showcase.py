"""A study ready to look at: what the gate decided comes along, tweaks wait for review, log-ins are shown once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fastapi import FastAPI
from tests.experiments.validating.made_up import twins
from tests.server.people import OPERATOR
from tests.server.serving.conftest import KEY

from evenhand.agents.export.seal import open_sealed
from evenhand.experiments.gate import gate, save_record
from evenhand.experiments.trial.register import register
from evenhand.experiments.validating.finding import evidence_of
from evenhand.experiments.validating.planning import draft_plan
from evenhand.experiments.validating.record import place_of
from evenhand.experiments.validating.validate import arena_of
from evenhand.registry import policies, requests
from evenhand.segments import content_hash
from evenhand.server.deps import utc_now
from evenhand.server.showcase import LOG_INS, Showcase, show_study


@pytest.fixture(scope="module")
def shipped(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study with a record of the gate that lets its policy through, on made-up results of a trial."""
    path = tmp_path_factory.mktemp("showcase") / "study"
    shutil.copytree(exported, path)
    opened = open_sealed(path / "export", KEY.public_key())
    arena, today = arena_of(path, opened, customers=100)
    shape = {
        "attributes": len(arena.simulator.protected),
        "groups": max(len(attribute.groups) for attribute in arena.simulator.protected),
    }
    sha256 = content_hash(opened.manifest.model_dump(mode="json"))
    plan = draft_plan(
        twins(16, gain=0.0, **shape), simulator=arena.simulator, setup=arena.setup, populations=100, n_customers=400,
        name="made up", today_sha256=today.hash, policy_sha256=sha256,
    )  # fmt: skip
    folder = place_of(path, sha256)
    registered = register(plan, folder / "plan.json", now=utc_now())
    found = evidence_of(registered, twins(100, gain=0.2, **shape), simulator=arena.simulator, setup=arena.setup)
    save_record(gate(registered, found, now=utc_now()), folder / "record.json")
    return path


def show(app: FastAPI, study: Path) -> Showcase:
    deps = app.state.deps
    return show_study(
        study, "demo", database=deps.database, settings=deps.settings, key=KEY.public_key(), actor=OPERATOR,
        clock=deps.clock,
    )  # fmt: skip


def test_a_policy_that_shipped_asks_for_tweaks_with_evidence_and_a_second_call_changes_nothing(
    app: FastAPI, shipped: Path
) -> None:
    first = show(app, shipped)
    assert first.state.level == "validated"
    assert set(first.passwords) == set(LOG_INS)
    with app.state.deps.database.reading() as connection:
        made = requests.page(connection, requests.Filter(segmentation="demo"), now=app.state.deps.clock()).items
        evidence = [policies.evidence_of(connection, "request", str(one.id)) for one in made]
    assert len(made) == first.requests >= 1
    touched = [segment for one in made for segment in one.touches]
    assert len(touched) == len(set(touched))
    assert all(one.author_kind == "policy" and one.state == "in_review" for one in made)
    assert all({"customers_share", "margin_used"} <= set(one.predicted) for one in made)
    assert [[one.kind for one in found] for found in evidence] == [["simulated"]] * len(made)

    second = show(app, shipped)
    assert second.passwords == {}
    assert (second.state, second.requests) == (first.state, first.requests)


def test_a_policy_that_no_trial_let_through_recommends_nothing(app: FastAPI, exported: Path) -> None:
    found = show(app, exported)
    assert (found.state.policy, found.requests) == (None, 0)
