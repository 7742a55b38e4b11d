"""Segmentations over HTTP: created once, changed by requests only, frozen by one and unfrozen by another."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.server.client import Client
from tests.server.winter import Winter

from evenhand.registry.identity import Role
from evenhand.segments import Segmentation
from evenhand.server.schemas.segmentations import EXAMPLE


@pytest.fixture
def winter(keys: dict[Role, str], connect: Callable[..., Client]) -> Winter:
    return Winter.begun(keys, connect)


def test_a_new_segmentation_is_in_force_and_comes_back_as_it_was_sent(winter: Winter) -> None:
    shown = winter.by["auditor"].get("/v1/segmentations/winter").json()
    sent = Segmentation.from_json(EXAMPLE)
    assert (shown["current_version"], shown["frozen"], shown["created_by"]) == (1, False, "marketer")
    assert Segmentation.from_json(shown["version"]["content"]) == sent
    assert shown["version"]["sha256"] == sent.hash
    assert shown["version"]["sentences"] == sent.explain()


def test_a_segmentation_that_breaks_a_rule_says_where(winter: Winter) -> None:
    broken = EXAMPLE | {"default": {"id": "rest", "name": "Others", "campaign": "C"}}
    answer = winter.by["marketer"].post("/v1/segmentations", json={"name": "spring", "content": broken})
    assert answer.status_code == 422
    assert "no campaign 'C'" in answer.json()["detail"]
    assert winter.by["marketer"].get("/v1/segmentations/spring").status_code == 404


def test_lists_come_page_by_page(winter: Winter) -> None:
    for name in ("autumn", "spring"):
        winter.by["marketer"].post("/v1/segmentations", json={"name": name, "content": EXAMPLE})
    first = winter.by["auditor"].get("/v1/segmentations?limit=2").json()
    second = winter.by["auditor"].get(f"/v1/segmentations?limit=2&after={first['next']}").json()
    assert [one["name"] for one in first["items"] + second["items"]] == ["autumn", "spring", "winter"]
    assert second["next"] is None


def test_versions_are_listed_with_what_became_of_them_and_compared(winter: Winter) -> None:
    request = winter.applied()
    reader = winter.by["auditor"]
    first = reader.get("/v1/segmentations/winter/versions?limit=1").json()
    second = reader.get(f"/v1/segmentations/winter/versions?limit=1&after={first['next']}").json()
    fates = [(one["number"], one["fate"], one["request"]) for one in first["items"] + second["items"]]
    assert fates == [(1, "was_in_force", None), (2, "in_force", request["id"])]
    found = reader.get("/v1/segmentations/winter/diff?from=1&to=2").json()
    assert found["sentences"] == ['Stop contacting "Lapsed", who get campaign "Come back" today.']
    assert [(one["id"], one["change"]) for one in found["segments"]] == [("lapsed", "changed")]
    assert [found["segments"][0][side]["campaign"] for side in ("before", "after")] == ["B", "none"]
    assert (found["touches"], found["order_changed"]) == (["lapsed"], False)
    assert reader.get("/v1/segmentations/winter/diff?from=2&to=2").json()["sentences"] == []


def test_one_person_freezes_and_another_unfreezes(winter: Winter) -> None:
    approved = winter.approve(winter.propose()).json()
    frozen = winter.by["reviewer"].post("/v1/segmentations/winter/freeze", json={"reason": "Complaints."})
    assert (frozen.status_code, frozen.json()["frozen_by"]) == (200, "reviewer")
    assert winter.act(approved, "apply", "marketer").status_code == 409
    why = {"reason": "They were answered."}
    assert winter.by["reviewer"].post("/v1/segmentations/winter/unfreeze", json=why).status_code == 403
    assert winter.by["administrator"].post("/v1/segmentations/winter/unfreeze", json=why).status_code == 200
    assert winter.act(approved, "apply", "marketer").status_code == 200


def test_an_emergency_undoes_the_newest_change_at_once(winter: Winter) -> None:
    winter.applied()
    assert winter.campaign() == "none"
    why = {"reason": "Sales fell."}
    assert winter.by["marketer"].post("/v1/segmentations/winter/rollback", json=why).status_code == 403
    back = winter.by["reviewer"].post("/v1/segmentations/winter/rollback", json=why)
    assert (back.status_code, back.json()["current_version"], winter.campaign()) == (200, 3, "B")
    again = winter.by["reviewer"].post("/v1/segmentations/winter/rollback", json=why)
    assert (again.status_code, again.json()["mend"]) == (409, "make a request of kind 'rollback'")


def test_going_back_with_a_review_is_a_request_like_any_other(winter: Winter) -> None:
    winter.applied()
    winter.applied(kind="rollback", change={"version": 1})
    assert (winter.campaign(), winter.campaign(3)) == ("B", "B")
