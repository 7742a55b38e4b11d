"""From a study to a folder that can leave it: graph, card, public key, and a manifest that is signed."""

from __future__ import annotations

import hashlib
import platform
from collections import Counter
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from evenhand.agents import LearnedPolicy
from evenhand.agents.export.graph import logits_graph, parity
from evenhand.agents.export.manifest import (
    FORMAT,
    GridFeature,
    Manifest,
    ObservationSchema,
    SimulatorRecord,
    TrainingRecord,
)
from evenhand.agents.export.seal import MANIFEST, sealed
from evenhand.customers import Customers
from evenhand.errors import ArtefactError, DataError, RuleError
from evenhand.experiments.evaluation import Evaluation
from evenhand.experiments.folder import StudyFolder
from evenhand.experiments.report.model_card import card_markdown, card_of, card_page
from evenhand.experiments.setup import constraints_of, setup_of
from evenhand.registry.keys import fingerprint, public_pem, signing_key
from evenhand.segments.canonical import read_json
from evenhand.simulator import Simulator
from evenhand.whole import whole_folder

__all__ = ["Exported", "export_step"]

VERSIONED = ("evenhand", "numpy", "sb3-contrib", "stable-baselines3", "torch")


class Exported(NamedTuple):
    """What was written, and under which key."""

    folder: Path
    manifest: Manifest
    signer: str


def export_step(
    folder: StudyFolder, out: Path | None = None, *, seed: int | None = None, key: Ed25519PrivateKey | None = None
) -> Exported:
    """Write the chosen policy, or that of training `seed`, to `out` (`export` in the study), signed with `key`.

    Without a key your own is used, and made if there is none yet. The same study and key give the same bytes.
    """
    target = out or folder.path / "export"
    _room_for(target)
    evaluation = Evaluation.from_dict(folder.read_plain("evaluation.json"))
    policies = folder.policies()
    place = _place(policies, seed)
    key = key or signing_key()
    graph = logits_graph(policies[place])
    name = [policy.name for policy in evaluation.policies if policy.kind == "learned"][place]
    customers = folder.customers()
    labels = {spec.column: spec.label for spec in customers.schema.protected}
    files = {"policy.onnx": graph, "public_key.pem": public_pem(key.public_key())}
    # The card shows the manifest, and the manifest holds the card's hash: the card is written from one without it.
    manifest = _manifest(
        folder, customers, policies, place, evaluation, name, files | {"card.md": b"", "card.html": b""}
    )
    card = card_of(
        manifest, evaluation.policies, evaluation.comparison, name=name, labels=labels, scenario=evaluation.scenario
    )
    files |= {"card.md": card_markdown(card).encode(), "card.html": card_page(card).encode()}
    manifest = manifest.model_copy(update={"files": _hashes(files)})
    _write(target, {**files, MANIFEST: sealed(manifest, key)})
    return Exported(target, manifest, fingerprint(key.public_key()))


def _place(policies: list[LearnedPolicy], seed: int | None) -> int:
    """Return which policy is meant, the chosen one first; DataError names the seeds that there are."""
    seeds = [policy.manifest.get("seed") for policy in policies]
    if seed is None:
        return 0
    if seed not in seeds:
        raise DataError(
            f"no training of this study had seed {seed}", mend=f"choose one of {', '.join(map(str, seeds))}"
        )
    return seeds.index(seed)


def _manifest(
    folder: StudyFolder,
    customers: Customers,
    policies: list[LearnedPolicy],
    place: int,
    evaluation: Evaluation,
    name: str,
    files: dict[str, bytes],
) -> Manifest:
    simulator, today, settings = folder.simulator(), folder.today(), folder.settings()
    policy, setup = policies[place], setup_of(simulator, today, settings)
    learning: dict[str, Any] = folder.read_plain("learning.json")["seeds"][place]
    row = next(one for one in evaluation.policies if one.name == name)
    comparison = evaluation.comparison if place == 0 else None
    return Manifest(
        name=policy.name,
        observation=ObservationSchema.of(
            tuple(campaign.id for campaign in simulator.catalogue.campaigns), setup.max_segments
        ),
        grid=GridFeature.all_of(setup.grid),
        constraints=tuple(_constraint(asdict(one), type(one).__name__, simulator) for one in
                          constraints_of(simulator, settings)),
        beginning=policy.manifest.get("beginning"),
        training=TrainingRecord(
            business=customers.schema.name,
            customers=customers.n,
            customers_sha256=hashlib.sha256((folder.path / "customers" / "manifest.json").read_bytes()).hexdigest(),
            simulator=SimulatorRecord(
                sha256=simulator.hash,
                parameters=dict(sorted(Counter(row.origin for row in simulator.content.parameters).items())),
                notes=simulator.notes,
            ),
            segmentation_sha256=today.hash,
            seed=policy.manifest["seed"],
            seeds=tuple(one.manifest["seed"] for one in policies),
            checkpoint=learning["chosen"],
            settings=settings.model_dump(mode="json"),
            network=asdict(policy.settings),
            hyperparameters=policy.manifest.get("hyperparameters", {}),  # earlier releases wrote none down
            record={name: value for name, value in policy.manifest.items() if name != "beginning"},
            curve=tuple(learning["points"]),
            versions={name: version(name) for name in VERSIONED} | {"python": platform.python_version()},
        ),
        metrics={
            "evidence": "simulated",
            "scenario": evaluation.scenario,
            "policy": row.model_dump(mode="json"),
            "comparison": comparison.model_dump(mode="json") if comparison else None,
        },
        parity=parity(policy, files["policy.onnx"]),
        files=_hashes(files),
    )  # fmt: skip


def _constraint(settings: dict[str, Any], kind: str, simulator: Simulator) -> dict[str, Any]:
    """Return a constraint as plain data, with the groups that it compares."""
    groups = [
        group.name
        for attribute in simulator.protected
        for group in attribute.groups
        if attribute.name == settings.get("attribute") and group.constrained
    ]
    return {"kind": kind, **settings, **({"groups": groups} if groups else {})}


def _hashes(files: dict[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in sorted(files.items())}


def _room_for(target: Path) -> None:
    """Raise ArtefactError where something other than an earlier export would be lost."""
    if not target.exists() or (target.is_dir() and (not any(target.iterdir()) or _is_ours(target))):
        return
    raise ArtefactError("exists and is no exported policy", where=str(target), mend="choose another folder with --out")


def _is_ours(target: Path) -> bool:
    try:
        document = read_json((target / MANIFEST).read_bytes(), where=str(target))
    except (OSError, RuleError):
        return False
    plain = document.get("manifest") if isinstance(document, dict) else None
    return isinstance(plain, dict) and plain.get("format") == FORMAT


def _write(target: Path, files: dict[str, bytes]) -> None:
    with whole_folder(target) as fresh:
        for name, content in files.items():
            (fresh / name).write_bytes(content)
