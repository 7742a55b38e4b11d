"""Who asks while an adviser is being made gets what stands when it is made."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import Any

import pytest
from fastapi import FastAPI
from tests.server.people import OPERATOR
from tests.server.serving.conftest import decide as decide

from evenhand.experiments.advising.advise import Adviser
from evenhand.registry import freezing
from evenhand.server.importing import Loaded
from evenhand.server.serving import champion
from evenhand.server.serving.business import load_business
from evenhand.server.serving.champion import Champions
from evenhand.server.serving.forgetting import forget_in_tables


def test_what_was_frozen_or_erased_while_an_adviser_was_made_counts(
    app: FastAPI, validated: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(champion, "FRESH", 0.0)
    deps, begun, go = app.state.deps, Event(), Event()
    make = Champions._adviser

    def slowly(self: Champions, *given: Any) -> Any:
        adviser = make(self, *given)
        begun.set()
        go.wait(timeout=60)
        return adviser

    monkeypatch.setattr(Champions, "_adviser", slowly)

    async def ask() -> tuple[bool, str | None]:
        champions = Champions(deps.database, deps.settings.data_dir)
        first, second = (asyncio.create_task(champions.of("winter")) for _ in range(2))
        await asyncio.to_thread(begun.wait, 60)
        gone = str(load_business(deps.settings.data_dir, "winter").customers.frame.index[0])
        assert forget_in_tables(deps.settings.data_dir, [gone]) == 1
        go.set()
        found = (await first).adviser
        assert isinstance(found, Adviser)
        await second
        still = gone in set(found.standing.customers.frame.index.astype(str))

        begun.clear()
        go.clear()
        others = Champions(deps.database, deps.settings.data_dir)
        waiting = asyncio.create_task(others.of("winter"))
        await asyncio.to_thread(begun.wait, 60)
        with deps.database.writing() as connection:
            freezing.freeze(connection, "winter", reason="wrong prices", actor=OPERATOR, now=deps.clock())
        go.set()
        return still, (await waiting).state.frozen

    still, frozen = asyncio.run(ask())
    assert not still
    assert frozen
