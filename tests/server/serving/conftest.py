"""A server that has loaded the study of the small business, whose policy the gate has let through."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from fastapi import FastAPI
from tests.experiments.conftest import shop_study
from tests.experiments.validating.made_up import twins
from tests.server.client import Client
from tests.server.conftest import Connect
from tests.server.people import OPERATOR

from evenhand.agents.export.seal import open_sealed
from evenhand.experiments.exporting import export_step
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.gate import gate, save_record
from evenhand.experiments.trial.register import register
from evenhand.experiments.validating.finding import evidence_of
from evenhand.experiments.validating.planning import draft_plan
from evenhand.experiments.validating.record import place_of
from evenhand.experiments.validating.validate import arena_of
from evenhand.registry import policies
from evenhand.registry.identity import Role
from evenhand.segments import content_hash
from evenhand.server.deps import utc_now
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


@pytest.fixture(scope="session")
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
