"""A business that came in over the pages gets its simulator when evidence first needs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from tests.server.arriving.tables import answers_to, arrived, shop_csv
from tests.server.people import OPERATOR
from tests.server.serving.test_evidence import asked, found, tweak, work

from evenhand.errors import DataError
from evenhand.server.arriving import child
from evenhand.server.importing import take_over
from evenhand.server.serving.business import folder_of
from evenhand.server.serving.calibrating import calibrated_business


def begin(app: FastAPI, n: int) -> Path:
    deps = app.state.deps
    arrival = arrived(deps.settings.data_dir, shop_csv(n))
    child.do("divide", arrival, answers_to(arrival.look))
    with deps.database.writing() as connection:
        take_over(connection, arrival.study, "winter", data_dir=deps.settings.data_dir, source=arrival.look.sha256,
                  actor=OPERATOR, now=deps.clock())  # fmt: skip
    return folder_of(deps.settings.data_dir, "winter")


def test_evidence_comes_without_a_study(app: FastAPI) -> None:
    folder = begin(app, 250)
    request = asked(app, tweak(app, "none"))
    assert work(app)
    (evidence,) = found(app, request)
    profit = evidence.document["expected"]["profit"]
    assert profit["low"] <= profit["mean"] <= profit["high"]
    kept = sorted(path.name for path in folder.iterdir())
    assert kept == ["customers", "simulator.json"]
    assert evidence.document["simulator_sha256"] == calibrated_business(folder.parents[1], "winter").simulator.hash


def test_too_few_customers_are_told(app: FastAPI) -> None:
    folder = begin(app, 40)
    with pytest.raises(DataError, match="too few to learn from"):
        calibrated_business(folder.parents[1], "winter")
    assert [path.name for path in folder.iterdir()] == ["customers"]
