"""A policy with every weight away from zero, what it would be exported with, and an export of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import torch as th
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.agents.conftest import Seen
from tests.agents.toy import toy_net

from evenhand.agents import GreedyTuning, LearnedPolicy
from evenhand.agents.export.graph import logits_graph, parity
from evenhand.agents.export.manifest import (
    GridFeature,
    Manifest,
    ObservationSchema,
    SimulatorRecord,
    TrainingRecord,
)
from evenhand.agents.export.seal import MANIFEST, sealed
from evenhand.agents.learning.network import CandidateNet
from evenhand.envs import Setup
from evenhand.registry.keys import public_pem


def learned(setup: Setup, *, residual: bool = True, uncertainty: bool = True, seed: int = 4) -> LearnedPolicy:
    """Return a network that no training made, but whose residual is as large as what greedy says."""
    tuning = GreedyTuning(periods=2.0, caution=0.1, contact_charge=0.003, worth_charge=0.002)
    settings = toy_net(setup, tuning=tuning, residual=residual, uncertainty=uncertainty)
    th.manual_seed(seed)
    net = CandidateNet(**settings.kwargs())
    th.nn.init.normal_(net.score.weight, std=0.5)
    weights = {name: value.detach().numpy().copy() for name, value in net.state_dict().items()}
    return LearnedPolicy(settings, weights, manifest={"steps": 12_000, "seed": 7})


@pytest.fixture(scope="session")
def policy(seen: Seen) -> LearnedPolicy:
    return learned(seen.setup)


@pytest.fixture(scope="session")
def key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def manifest_of(policy: LearnedPolicy, setup: Setup, files: dict[str, bytes]) -> Manifest:
    return Manifest(
        name="learned",
        observation=ObservationSchema.of(("none", "A"), setup.max_segments),
        grid=GridFeature.all_of(setup.grid),
        constraints=({"kind": "DemographicParity", "attribute": "side", "tolerance": 0.1},),
        training=TrainingRecord(
            business="Toy", customers=80, customers_sha256="a" * 64,
            simulator=SimulatorRecord(sha256="toy", parameters={"prior": 3}, notes=()),
            segmentation_sha256="b" * 64, seed=7, seeds=(7, 8), checkpoint=12_000, settings={}, network={},
            hyperparameters={}, record=policy.manifest, curve=(), versions={"evenhand": "0.1.0"},
        ),
        metrics={},
        parity=parity(policy, files["policy.onnx"]),
        files={name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    )  # fmt: skip


@pytest.fixture
def export(policy: LearnedPolicy, key: Ed25519PrivateKey, seen: Seen, tmp_path: Path) -> Path:
    """A sealed folder, to be tampered with."""
    folder = tmp_path / "export"
    folder.mkdir()
    files = {
        "policy.onnx": logits_graph(policy),
        "card.md": b"# Card\n",
        "card.html": b"<h1>Card</h1>\n",
        "public_key.pem": public_pem(key.public_key()),
    }
    for name, content in {**files, MANIFEST: sealed(manifest_of(policy, seen.setup, files), key)}.items():
        (folder / name).write_bytes(content)
    return folder
