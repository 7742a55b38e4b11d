"""A study ready to look at: what the gate decided comes along, tweaks wait for review, log-ins are shown once."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from tests.server.conftest import Connect
from tests.server.pages.live import Person
from tests.server.people import OPERATOR
from tests.server.serving.conftest import KEY, record_of

from evenhand.registry import policies, requests, segmentations
from evenhand.server.importing import load_study
from evenhand.server.serving.business import load_business
from evenhand.server.showcase import LOG_INS, REQUESTS, Showcase, quiet_tweaks, show_study


def show(app: FastAPI, study: Path) -> Showcase:
    deps = app.state.deps
    return show_study(
        study, "demo", database=deps.database, settings=deps.settings, key=KEY.public_key(), actor=OPERATOR,
        clock=deps.clock,
    )  # fmt: skip


def made(app: FastAPI) -> list[requests.Request]:
    with app.state.deps.database.reading() as connection:
        return requests.page(connection, requests.Filter(segmentation="demo"), now=app.state.deps.clock()).items


def test_three_changes_of_different_segments_wait_with_evidence_and_a_second_call_changes_nothing(
    app: FastAPI, shipped: Path, connect: Connect
) -> None:
    first = show(app, shipped)
    assert first.state.level == "validated"
    assert set(first.passwords) == set(LOG_INS)
    waiting = made(app)
    assert len(waiting) == first.by_policy + first.by_hand == REQUESTS
    touched = [segment for one in waiting for segment in one.touches]
    assert len(touched) == len(set(touched))
    by_policy = [one for one in waiting if (one.author_kind, one.author) == ("policy", first.state.policy)]
    by_hand = [one for one in waiting if (one.author_kind, one.author) == ("user", "author")]
    assert (len(by_policy), len(by_hand)) == (first.by_policy, first.by_hand)
    assert by_policy
    assert all(("Made by hand" in one.reason) == (one.author_kind == "user") for one in waiting)
    assert all(one.state == "in_review" for one in waiting)
    assert all({"customers_share", "margin_used", "profit"} <= set(one.predicted) for one in waiting)
    with app.state.deps.database.reading() as connection:
        grounds = [requests.grounds_of(connection, one) for one in by_policy]
        evidence = [policies.evidence_of(connection, "request", str(one.id)) for one in waiting]
    assert [[one.kind for one in found] for found in evidence] == [["simulated"]] * REQUESTS

    for found in grounds:
        assert found is not None
        assert set(found.saw) == set(found.usual) > {"gain", "share", "slack"}
        assert found.runner_up["tweak"] not in [one.change for one in by_policy]
    ray = Person(connect(), "reviewer").log_in(first.passwords["reviewer"])
    for one in by_policy:
        ray.open(f"/requests/{one.id}")
        assert "What the policy looked at" in ray.text
        assert "Why not the runner-up" in ray.text
        assert ray.page.faults == []

    second = show(app, shipped)
    assert second == first._replace(passwords={})


def test_a_policy_that_no_trial_let_through_recommends_nothing_and_changes_are_made_by_hand(
    app: FastAPI, exported: Path
) -> None:
    found = show(app, exported)
    assert (found.state.policy, found.by_policy, found.by_hand) == (None, 0, REQUESTS)
    assert {one.author for one in made(app)} == {"author"}


def test_what_is_made_by_hand_keeps_away_from_segments_that_others_touch(app: FastAPI, exported: Path) -> None:
    show(app, exported)
    data_dir = app.state.deps.settings.data_dir
    with app.state.deps.database.reading() as connection:
        today = segmentations.version(connection, "demo", 1).content
    business = load_business(data_dir, "demo")
    everywhere = {segment.id for segment in today.every}
    assert quiet_tweaks(business, today, apart_from=everywhere) == []
    some = quiet_tweaks(business, today, apart_from={today.every[0].id})
    assert [one.segment for one in some] != []
    assert today.every[0].id not in {one.segment for one in some}
    assert all(one.apply(today).segmentation != today for one in some)


def test_a_policy_that_begins_with_a_plan_asks_for_it_in_place_of_tweaks(app: FastAPI, shipped: Path) -> None:
    deps = app.state.deps
    loaded = load_study(
        shipped, "demo", database=deps.database, data_dir=deps.settings.data_dir, key=KEY.public_key(), actor=OPERATOR,
        now=deps.clock(),
    )  # fmt: skip
    assert loaded.policy is not None
    with deps.database.writing() as connection:
        today = segmentations.version(connection, "demo", 1).content
        plan = today.replaced(today.segments[0].model_copy(update={"campaign": "none"}))
        policy = policies.upload(
            connection, "begins", manifest={**loaded.policy.manifest, "beginning": plan.to_dict()}, graph=b"",
            files={}, actor=OPERATOR, now=deps.clock(),
        )  # fmt: skip
        policies.decide(connection, policy.id, record_of(policy), actor=OPERATOR, now=deps.clock())
        policies.crown(connection, "demo", policy.id, actor=OPERATOR, now=deps.clock())
    found = show(app, shipped)
    assert (found.by_policy, found.by_hand) == (1, REQUESTS - 1)
    assert [one.wish for one in made(app) if one.author == policy.id] == [plan]
