"""From a study's folder to a server that can advise: segmentation, customers, simulator and exported policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from evenhand.agents.export.seal import Opened, open_sealed
from evenhand.customers import Customers
from evenhand.errors import ArtefactError
from evenhand.experiments.validating.record import record_of
from evenhand.registry import audit, policies, segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.customers import Known, write_all
from evenhand.registry.database import Database
from evenhand.segments import CHANNELS, Segmentation, content_hash
from evenhand.segments.canonical import Json
from evenhand.server.serving.business import Business, keep_business, load_business, read_business
from evenhand.server.serving.promoting import promote
from evenhand.server.serving.studied import studied
from evenhand.server.serving.uploading import trust
from evenhand.simulator import Simulator

__all__ = ["Loaded", "load_study", "take_over"]


class Loaded(NamedTuple):
    """What a study brought."""

    segmentation: str
    customers: int
    policy: policies.Policy | None  # none without an export


def load_study(
    study: Path, name: str, *, database: Database, data_dir: Path, key: Ed25519PublicKey, actor: Actor, now: datetime
) -> Loaded:
    """Take a study over as segmentation `name`, its version 1 in force; nothing is kept where anything is wrong.

    ConflictError where there is such a segmentation; ArtefactError where the export was signed by another key, or
    belongs to another simulator or segmentation. `key` is trusted from now on. What the gate decided on the policy
    comes along, and a policy that it validated is the segmentation's champion.
    """
    today, business = _read(study)
    opened = open_sealed(study / "export", key) if (study / "export").is_dir() else None
    if opened is not None:
        _belongs(opened, today, business.simulator, study)
    with database.writing() as connection:
        details: dict[str, Json] = {"simulator_sha256": business.simulator.hash}
        _begin(connection, name, today, business.customers, details, actor=actor, now=now)
        policy = None if opened is None else _keep_policy(connection, opened, study, name, actor=actor, now=now)
        keep_business(study, data_dir, name)  # last: a failure here undoes the rest
        trust(data_dir, key)
    load_business(data_dir, name)
    return Loaded(name, business.customers.n, policy)


def take_over(
    connection: Connection, study: Path, name: str, *, data_dir: Path, source: str, actor: Actor, now: datetime
) -> Customers:
    """Take over customers and their first segmentation that nobody has calibrated yet, as segmentation `name`.

    `source` is the SHA-256 of the table that they came in. ConflictError where there is such a segmentation; whoever
    undoes the transaction undoes all but the copied files, which the next taking over replaces.
    """
    today = Segmentation.from_json((study / "today.json").read_text(encoding="utf-8"))
    customers = Customers.load(study / "customers")
    _begin(connection, name, today, customers, {"table_sha256": source}, actor=actor, now=now)
    keep_business(study, data_dir, name)  # last: a failure here undoes the rest
    return customers


def _begin(
    connection: Connection, name: str, today: Segmentation, customers: Customers, details: dict[str, Json], *,
    actor: Actor, now: datetime,
) -> None:  # fmt: skip
    segmentations.create(connection, name, today, title=customers.schema.name, actor=actor, now=now)
    write_all(connection, list(_known(customers)), actor=actor, now=now)
    details, subject = {"customers": customers.n, **details}, f"segmentations/{name}"
    audit.append(connection, action="study.load", subject=subject, details=details, actor=actor, now=now)


def _read(study: Path) -> tuple[Segmentation, Business]:
    for needed in ("today.json", "customers", "simulator.json"):
        if not (study / needed).exists():
            raise ArtefactError(f"there is no {needed}", where=str(study), rule="a study that is at least calibrated",
                                mend="evenhand ingest, then evenhand calibrate")  # fmt: skip
    today = Segmentation.from_json((study / "today.json").read_text(encoding="utf-8"))
    return today, read_business(study)


def _belongs(opened: Opened, today: Segmentation, simulator: Simulator, study: Path) -> None:
    made_from = opened.manifest.training
    if (made_from.simulator.sha256, made_from.segmentation_sha256) != (simulator.hash, today.hash):
        raise ArtefactError(
            "the export was made from another simulator or segmentation", where=str(study / "export"),
            rule="a policy advises where it was proven", mend="evenhand export the study again",
        )  # fmt: skip


def _keep_policy(
    connection: Connection, opened: Opened, study: Path, segmentation: str, *, actor: Actor, now: datetime
) -> policies.Policy:
    manifest = opened.manifest
    plain = manifest.model_dump(mode="json")
    id_ = re.sub(r"[^a-z0-9]+", "-", f"{manifest.training.business}-{manifest.training.seed}".lower()).strip("-")
    policy = policies.upload(
        connection, id_[:60].strip("-"), manifest=plain, graph=opened.files["policy.onnx"], files=manifest.files,
        actor=actor, now=now,
    )  # fmt: skip
    told = studied(study)
    if told is not None and not policies.evidence_of(connection, "policy", policy.id):
        policies.attach(connection, "policy", policy.id, "simulated", told.model_dump(mode="json"), now=now)
    record = record_of(study, content_hash(plain))
    if record is not None:
        policy = promote(connection, policy, record, actor=actor, now=now)
    if policy.level != "candidate":
        policy = policies.crown(connection, segmentation, policy.id, actor=actor, now=now)
    return policy


def _known(customers: Customers) -> Iterator[Known]:
    """Yield each customer as the registry knows them."""
    features = [one.column for one in customers.schema.features]
    protected = [one.column for one in customers.schema.protected]
    table = customers.frame[[*features, *protected]].astype(object)
    for key, values, consents in zip(table.index, table.to_dict("records"), customers.consents, strict=True):
        told = {name: None if value != value else value for name, value in values.items()}  # NaN is no JSON
        yield Known(
            key=str(key),
            features={name: told[name] for name in features},
            protected={name: told[name] for name in protected},
            consent=dict(zip(CHANNELS, map(bool, consents), strict=True)),
        )
