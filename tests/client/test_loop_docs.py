"""The code of docs/server.md runs against a server, block after block."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import evenhand.server.campaigns.planning  # noqa: F401  all of it, before the clock of a request runs
from evenhand.client import Client
from evenhand.errors import ConflictError, DataError
from evenhand.registry.identity import Role
from evenhand.segments import Segmentation
from evenhand.server.schemas.segmentations import EXAMPLE

PAGE = (Path(__file__).parents[2] / "docs/server.md").read_text(encoding="utf-8")
ROWS = [
    {"key": f"k-{number}", "features": {"recency": 120 if number % 2 else 3}, "consent": {"email": number % 3 > 0}}
    for number in range(60)
]


def test_every_block_of_code_runs(url: str, keys: dict[Role, str], capsys: pytest.CaptureFixture[str]) -> None:
    with Client(url, key=keys["marketer"]) as marketer, Client(url, key=keys["service"]) as service:
        marketer.create("winter", Segmentation.from_json(EXAMPLE))
        service.write_customers(ROWS)
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
    assert len(blocks) == 2
    names: dict[str, Any] = {"url": url, "key": keys["service"]}
    try:
        for block in blocks:
            exec(block, names)
    finally:
        names["client"].close()
    assert capsys.readouterr().out.startswith("1 new, 0 known, {} refused\n")


def test_what_the_server_refuses_of_the_loop_is_raised(url: str, keys: dict[Role, str]) -> None:
    with Client(url, key=keys["marketer"]) as marketer, Client(url, key=keys["service"]) as service:
        marketer.create("winter", Segmentation.from_json(EXAMPLE))
        with pytest.raises(DataError, match="there are no customers"):
            service.plan("winter", "2026-03-09")
        service.write_customers(ROWS)
        plan = service.plan("winter", "2026-03-09")
        assert service.plan("winter", "2026-03-09", period=0) == plan
        assert len(list(service.plan_rows(plan["id"], after="k-5"))) == 4  # k-6 to k-9: keys are texts
        with pytest.raises(ConflictError, match=plan["id"]):
            service.plan("winter", "2026-03-12")
        with pytest.raises(DataError, match="no column is an outcome"):
            service.record(plan["id"], [{"customer": "k-1", "time": "2026-03-10"}])
        service.withdraw_plan(plan["id"])
        assert service.plan("winter", "2026-03-12")["id"] != plan["id"]
