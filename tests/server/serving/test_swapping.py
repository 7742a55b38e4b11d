"""Another champion comes into service while requests run: all are answered, by the one or the other."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from tests.experiments.conftest import shop_study as shop_study
from tests.server.client import Client
from tests.server.people import OPERATOR
from tests.server.serving.conftest import KEY, record_of

from evenhand.agents.export.seal import open_sealed
from evenhand.experiments.exporting import export_step
from evenhand.experiments.folder import StudyFolder
from evenhand.registry import policies
from evenhand.server.importing import Loaded
from evenhand.server.serving import champion

URL = "/v1/segmentations/winter/recommendations"
REQUESTS, AT_ONCE, SWAP_AFTER = 200, 8, 50


@pytest.fixture
def other(app: FastAPI, validated: Loaded, shop_study: StudyFolder, tmp_path: Path) -> str:
    """A second validated policy, from another training seed."""
    seed = shop_study.policies()[1].manifest["seed"]
    opened = open_sealed(export_step(shop_study, tmp_path / "other", seed=seed, key=KEY).folder, KEY.public_key())
    deps = app.state.deps
    with deps.database.writing() as connection:
        policy = policies.upload(
            connection, "other", manifest=opened.manifest.model_dump(mode="json"), graph=opened.files["policy.onnx"],
            files=opened.manifest.files, actor=OPERATOR, now=deps.clock(),
        )  # fmt: skip
        policies.decide(connection, policy.id, record_of(policy), actor=OPERATOR, now=deps.clock())
    return policy.id


def test_no_request_is_dropped_while_the_champion_changes(
    app: FastAPI,
    scientist: Client,
    validated: Loaded,
    other: str,
    statistics: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(champion, "FRESH", 0.0)
    assert validated.policy is not None
    answered: list[tuple[int, str]] = []

    async def ask() -> None:
        response = await scientist.http.post(URL, json=statistics)
        answered.append((response.status_code, response.json().get("policy")))

    async def work() -> None:
        for _ in range(REQUESTS // AT_ONCE):
            await ask()

    async def swap() -> None:
        while len(answered) < SWAP_AFTER:
            await asyncio.sleep(0)
        with app.state.deps.database.writing() as connection:
            policies.crown(connection, "winter", other, actor=OPERATOR, now=app.state.deps.clock())

    async def everything() -> None:
        await ask()
        await asyncio.gather(swap(), *(work() for _ in range(AT_ONCE)))
        async with asyncio.timeout(60):
            while answered[-1][1] != other:
                await ask()

    scientist.run(everything())
    assert len(answered) > REQUESTS
    assert {status for status, _ in answered} == {200}
    assert {policy for _, policy in answered} == {validated.policy.id, other}
    said = [policy for _, policy in answered]
    assert said[:SWAP_AFTER] == [validated.policy.id] * SWAP_AFTER
