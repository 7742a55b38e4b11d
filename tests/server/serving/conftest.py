"""A server that has loaded the study of the small business, whose policy the gate has let through."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from tests.experiments.conftest import shop_study
from tests.server.client import Client
from tests.server.conftest import Connect
from tests.server.people import OPERATOR

from evenhand.experiments.exporting import export_step
from evenhand.experiments.folder import StudyFolder
from evenhand.registry import policies
from evenhand.registry.identity import Role
from evenhand.segments import content_hash
from evenhand.server.importing import Loaded, load_study
from evenhand.server.serving.business import load_business

__all__ = ["shop_study"]

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def record_of(policy: policies.Policy, verdict: str = "SHIP", level: str = "validated", n: int = 0) -> dict[str, Any]:
    content: dict[str, Any] = {"policy_sha256": policy.sha256, "decision": {"verdict": verdict, "level": level}, "n": n}
    return {**content, "sha256": content_hash(content)}


@pytest.fixture(scope="session")
def exported(shop_study: StudyFolder) -> Path:
    export_step(shop_study, key=KEY)
    return shop_study.path


@pytest.fixture
def loaded(app: FastAPI, exported: Path) -> Loaded:
    deps = app.state.deps
    return load_study(
        exported, "winter", database=deps.database, data_dir=deps.settings.data_dir, key=KEY.public_key(),
        actor=OPERATOR, now=deps.clock(),
    )  # fmt: skip


def decide(app: FastAPI, loaded: Loaded, verdict: str, level: str, n: int = 0, *, crown: bool = True) -> None:
    deps, policy = app.state.deps, loaded.policy
    assert policy is not None
    with deps.database.writing() as connection:
        policies.decide(connection, policy.id, record_of(policy, verdict, level, n), actor=OPERATOR, now=deps.clock())
        if crown:
            policies.crown(connection, "winter", policy.id, actor=OPERATOR, now=deps.clock())


@pytest.fixture
def validated(app: FastAPI, loaded: Loaded) -> Loaded:
    decide(app, loaded, "SHIP", "validated")
    return loaded


@pytest.fixture
def scientist(connect: Connect, keys: dict[Role, str]) -> Client:
    return connect(keys["data_scientist"])


@pytest.fixture
def statistics(app: FastAPI, loaded: Loaded) -> dict[str, Any]:
    """Plenty of contacts, answered as often as anybody would guess."""
    from evenhand.registry import segmentations

    deps = app.state.deps
    with deps.database.reading() as connection:
        today = segmentations.version(connection, "winter", 1).content
    customers = load_business(deps.settings.data_dir, "winter").customers
    sizes = [int((today.assign(customers.frame) == s).sum()) for s in range(len(today.every))]
    segments = [
        {
            "segment": segment.id,
            "customers": n,
            "campaigns": [
                {"campaign": c.id, "sends": 40 * n, "opens": 8 * n, "redemptions": n // 4}
                for c in today.catalogue.campaigns
                if c.channel
            ],
        }
        for segment, n in zip(today.every, sizes, strict=True)
    ]
    return {"version": 1, "segments": segments}
