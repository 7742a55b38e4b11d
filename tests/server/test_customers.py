"""Customers over HTTP: placed and explained, every read written down, and forgotten on request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import select
from tests.server.client import Client
from tests.server.winter import Winter

from evenhand.registry import tables
from evenhand.registry.identity import Role

KEYS = [f"k-{n}" for n in range(1, 41)]


@pytest.fixture
def winter(keys: dict[Role, str], connect: Callable[..., Client]) -> Winter:
    winter = Winter.begun(keys, connect)
    rows = [{"key": key, "features": {"recency": 120}, "protected": {"age_group": "45-54"}, "consent": {"email": True}}
            for key in KEYS]  # fmt: skip
    written = winter.by["service"].post("/v1/customers", json={"rows": rows})
    assert written.json() == {"customers": 40, "new": 40, "objections": 0}
    return winter


def place(winter: Winter, key: str = "k-1") -> dict[str, Any]:
    answer = winter.by["marketer"].get(f"/v1/customers/{key}/segment?segmentation=winter")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def log(winter: Winter, **wanted: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = winter.by["auditor"].get("/v1/audit", params={"limit": 500, **wanted}).json()["items"]
    return rows


def test_a_customer_is_placed_and_told_why(winter: Winter) -> None:
    found = place(winter)
    assert (found["segment"], found["name"], found["campaign"], found["version"]) == ("lapsed", "Lapsed", "B", 1)
    assert found["why"] == ['They are in "Lapsed": their last purchase was more than 90 days ago.']
    assert [one["sentence"] for one in found["moves"]] == [
        'If their last purchase was at most 90 days ago, they would be in "Others".'
    ]
    assert (found["features_used"], found["features_unused"]) == ({"recency": 120}, [])
    assert found["never_used"] == ["age_group"]


def test_every_read_is_written_down_without_a_name(winter: Winter) -> None:
    place(winter)
    row = log(winter, action="customer.look_up")[0]
    assert (row["actor"], row["details"]) == ("marketer", {"segmentation": "winter", "version": 1})
    assert row["subject"].startswith("customers/")
    assert "k-1" not in str(log(winter))


def test_a_change_in_force_shows_and_a_new_writing_too(winter: Winter, app: FastAPI) -> None:
    assert place(winter)["campaign"] == "B"
    winter.applied()
    app.state.deps.lookups._read.clear()  # as half a second later
    assert (place(winter)["campaign"], place(winter)["contacted"]) == ("none", False)
    fresh = {"rows": [{"key": "k-1", "features": {"recency": 3}}]}
    assert winter.by["service"].post("/v1/customers", json=fresh).json() == {"customers": 1, "new": 0, "objections": 0}
    assert (place(winter)["segment"], place(winter)["features_used"]) == ("rest", {"recency": 3})


def test_in_a_roll_out_its_share_has_the_new_version_and_keeps_it(winter: Winter, app: FastAPI) -> None:
    rolling = winter.act(winter.approve(winter.propose(share=0.5)).json(), "start", "marketer").json()
    versions = {key: place(winter, key)["version"] for key in KEYS}
    assert set(versions.values()) == {1, 2}
    assert 8 <= sum(version == 2 for version in versions.values()) <= 32  # of 40, by hashes that never change
    app.state.deps.lookups._read.clear()
    assert {key: place(winter, key)["version"] for key in KEYS} == versions
    winter.act(rolling, "stop", "marketer", {"reason": "no"})
    app.state.deps.lookups._read.clear()
    assert {place(winter, key)["version"] for key in KEYS} == {1}


def test_whoever_objects_is_contacted_no_more(winter: Winter) -> None:
    assert place(winter)["contacted"]
    assert winter.by["service"].post("/v1/customers/k-1/objection", json={"channel": "sms"}).status_code == 204
    assert place(winter)["contacted"]
    assert winter.by["service"].post("/v1/customers/k-1/objection", json={}).status_code == 204
    assert not place(winter)["contacted"]
    assert place(winter, "k-2")["contacted"]


def test_an_objection_stands_until_the_customer_agrees_again(winter: Winter) -> None:
    service = winter.by["service"]
    row = {"key": "k-1", "features": {"recency": 120}, "protected": {}, "consent": {"email": True, "sms": True}}
    service.post("/v1/customers/k-1/objection", json={})
    written = service.post("/v1/customers", json={"rows": [row, {**row, "key": "k-2"}]}).json()
    assert (written["new"], written["objections"]) == (0, 1)
    assert (place(winter)["contacted"], place(winter, "k-2")["contacted"]) == (False, True)
    assert service.post("/v1/customers/k-1/agreement", json={}).status_code == 204
    assert place(winter)["contacted"]


def test_an_export_holds_everything_and_is_written_down(winter: Winter) -> None:
    place(winter)
    url = "/v1/customers/k-1/export"
    first, second = (winter.by["data_scientist"].get(url).json() for _ in range(2))
    assert (first["customer"]["features"], first["customer"]["protected"]) == ({"recency": 120}, {"age_group": "45-54"})
    assert [one["segment"] for one in first["places"]] == ["lapsed"]
    assert [row["action"] for row in first["log"]] == ["customer.look_up", "customer.write"]
    assert second["log"][0]["action"] == "customer.export"


def test_an_erased_customer_is_nobody_and_the_log_holds(winter: Winter, app: FastAPI) -> None:
    subject = winter.by["data_scientist"].get("/v1/customers/k-1/export").json()["customer"]["subject"]
    assert winter.by["data_scientist"].delete("/v1/customers/k-1").status_code == 403
    assert winter.by["administrator"].delete("/v1/customers/k-1").status_code == 204
    assert winter.by["administrator"].delete("/v1/customers/k-1").status_code == 404
    assert winter.by["marketer"].get("/v1/customers/k-1/segment?segmentation=winter").status_code == 404
    assert log(winter, subject=subject)[0]["action"] == "customer.erase"
    assert winter.by["auditor"].get("/v1/audit/verification").json()["holds"]
    with app.state.deps.database.reading() as connection:
        for table in tables.metadata.sorted_tables:
            assert "k-1'" not in str(connection.execute(select(table)).all()), table
    again = {"rows": [{"key": "k-1", "features": {"recency": 120}}]}
    winter.by["service"].post("/v1/customers", json=again)
    assert winter.by["data_scientist"].get("/v1/customers/k-1/export").json()["customer"]["subject"] != subject


def test_values_that_rules_cannot_compare_are_named(winter: Winter) -> None:
    odd = {"rows": [{"key": "k-1", "features": {"recency": "long ago"}}]}
    winter.by["service"].post("/v1/customers", json=odd)
    answer = winter.by["marketer"].get("/v1/customers/k-1/segment?segmentation=winter")
    assert (answer.status_code, answer.json()["where"]) == (422, "feature 'recency'")
    assert winter.by["marketer"].get("/v1/customers/k-1/export").json()["unplaced"] == ["winter"]


def test_rows_are_written_together_or_not_at_all(winter: Winter) -> None:
    row = {"key": "k-99", "features": {}}
    assert winter.by["service"].post("/v1/customers", json={"rows": [row, row]}).status_code == 422
    assert winter.by["marketer"].get("/v1/customers/k-99/segment?segmentation=winter").status_code == 404


def test_who_is_unknown_in_every_feature_is_in_the_default(winter: Winter) -> None:
    winter.by["service"].post("/v1/customers", json={"rows": [{"key": "k-1", "features": {}}]})
    found = place(winter)
    assert (found["segment"], found["features_used"]) == ("rest", {"recency": None})
    assert found["why"][0] == 'Not in "Lapsed", for customers whose last purchase was more than 90 days ago.'
