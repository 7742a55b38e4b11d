"""A study ready to look at: what the gate decided comes along, tweaks wait for review, log-ins are shown once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fastapi import FastAPI
from tests.server.people import OPERATOR
from tests.server.serving.conftest import KEY

from evenhand.agents.export.seal import open_sealed
from evenhand.experiments.gate import Verdict
from evenhand.experiments.validating import validate
from evenhand.registry import policies, requests
from evenhand.server.deps import utc_now
from evenhand.server.showcase import LOG_INS, Showcase, show_study


@pytest.fixture(scope="module")
def tried(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Verdict]:
    """The study with a simulated trial of its policy, and what came of it."""
    path = tmp_path_factory.mktemp("showcase") / "study"
    shutil.copytree(exported, path)
    found = validate(path, open_sealed(path / "export", KEY.public_key()), now=utc_now(), populations=64, customers=200)
    return path, found.record.decision.verdict


def show(app: FastAPI, study: Path) -> Showcase:
    deps = app.state.deps
    return show_study(
        study, "demo", database=deps.database, settings=deps.settings, key=KEY.public_key(), actor=OPERATOR,
        clock=deps.clock,
    )  # fmt: skip


def test_a_policy_that_shipped_asks_for_tweaks_with_evidence_and_a_second_call_changes_nothing(
    app: FastAPI, tried: tuple[Path, Verdict]
) -> None:
    study, verdict = tried
    assert verdict == "SHIP"
    first = show(app, study)
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

    second = show(app, study)
    assert second.passwords == {}
    assert (second.state, second.requests) == (first.state, first.requests)


def test_a_policy_that_no_trial_let_through_recommends_nothing(app: FastAPI, exported: Path) -> None:
    found = show(app, exported)
    assert (found.state.policy, found.requests) == (None, 0)
