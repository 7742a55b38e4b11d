"""A study made ready to look at: its validated policy advises, its tweaks wait for a review, two people can log in.

Each part is made where it is missing, so that a second call changes nothing, and one that was cut short is completed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from evenhand.agents.export.manifest import Manifest
from evenhand.agents.export.served import OnnxPolicy
from evenhand.errors import MissingError
from evenhand.experiments.recommend import recommend
from evenhand.experiments.report import Recommendation
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import setup_of
from evenhand.registry import policies, requests, segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.database import Database
from evenhand.registry.identity import Passwords, Role, add_user, find_user
from evenhand.registry.policies import State, state_of
from evenhand.segments import tweak_from_json
from evenhand.segments.canonical import Json
from evenhand.server.importing import load_study
from evenhand.server.serving.business import load_business
from evenhand.server.serving.evidence import ask_evidence, work_once
from evenhand.server.settings import ServerSettings

__all__ = ["LOG_INS", "Showcase", "log_ins", "show_study"]

# Whoever writes requests reviews as well: what a policy recommends has two people to approve it, where it needs two.
LOG_INS: dict[str, tuple[Role, ...]] = {"author": ("data_scientist", "marketer", "reviewer"), "reviewer": ("reviewer",)}
PASSWORD_BYTES = 15  # 120 random bits, 20 characters
TWEAKS = 3
DRAWS = 64  # simulated futures behind each


class Showcase(NamedTuple):
    """What is there to look at."""

    segmentation: str
    state: State
    requests: int  # that the policy has made
    passwords: dict[str, str]  # of the people that were made by this call


def show_study(
    study: Path, name: str, *, database: Database, settings: ServerSettings, key: Ed25519PublicKey, actor: Actor,
    clock: Callable[[], datetime],
) -> Showcase:  # fmt: skip
    """Load a study as `name`, let its policy ask for its best tweaks with simulated evidence, and make the log-ins.

    A policy that the gate did not let through recommends nothing, so nothing is asked for.
    """
    if not _is_there(database, name):
        load_study(
            study, name, database=database, data_dir=settings.data_dir, key=key, actor=actor, now=clock()
        )  # fmt: skip
    with database.reading() as connection:
        state = state_of(connection, name)
        by = requests.Filter(segmentation=name, author=state.policy)
        made = requests.count(connection, by, now=clock())
    if not made and state.policy is not None and state.level != "candidate" and not state.frozen:
        found = _recommended(database, settings.data_dir, name, state)
        with database.writing() as connection:
            for one in found:
                _propose(connection, name, state, one, n=_customers(settings.data_dir, name), now=clock())
        made = len(found)
    while work_once(database, settings.data_dir, clock=clock):  # the evidence that was asked for
        pass
    passwords = Passwords(settings.password_memory, settings.password_passes)
    return Showcase(name, state, made, log_ins(database, passwords, actor=actor, now=clock()))


def log_ins(database: Database, passwords: Passwords, *, actor: Actor, now: datetime) -> dict[str, str]:
    """Make the people of `LOG_INS` who are missing, and return their passwords, which nobody can ever read again."""
    made: dict[str, str] = {}
    with database.writing() as connection:
        for name, roles in LOG_INS.items():
            try:
                find_user(connection, name)
            except MissingError:
                made[name] = secrets.token_urlsafe(PASSWORD_BYTES)
                add_user(connection, name, roles=roles, display=name.capitalize(), password=made[name],
                         passwords=passwords, actor=actor, now=now)  # fmt: skip
    return made


def _is_there(database: Database, name: str) -> bool:
    with database.reading() as connection:
        return any(record.name == name for record in segmentations.every(connection))


def _customers(data_dir: Path, name: str) -> int:
    return load_business(data_dir, name).customers.n


def _recommended(database: Database, data_dir: Path, name: str, state: State) -> list[Recommendation]:
    """Return what the champion would change of the version in force, each simulated over the horizon."""
    with database.reading() as connection:
        today = segmentations.version(connection, name, state.version).content
        manifest = Manifest.model_validate(policies.get(connection, str(state.policy)).manifest)
        graph = policies.graph_of(connection, str(state.policy))
    business, settings = load_business(data_dir, name), StudySettings.model_validate(manifest.training.settings)
    return recommend(
        OnnxPolicy(manifest, graph), business.customers, today, business.simulator,
        setup_of(business.simulator, today, settings), count=TWEAKS, draws=DRAWS, seed=settings.seed,
    )  # fmt: skip


def _propose(
    connection: Connection, name: str, state: State, found: Recommendation, *, n: int, now: datetime
) -> None:  # fmt: skip
    proposal = requests.Proposal(
        change=tweak_from_json(found.tweak), title=found.sentence, reason=found.reason, predicted=predicted(found, n)
    )
    author = Actor("policy", str(state.policy))
    made = requests.propose(connection, name, proposal, base_version=state.version, actor=author, now=now)
    ask_evidence(connection, made, draws=DRAWS)


def predicted(found: Recommendation, customers: int) -> dict[str, Json]:
    """Return what is foretold of a tweak, with the two numbers that its risk depends on.

    Without a constraint there is no margin to use up.
    """
    limits = [one.after / one.tolerance for one in found.fairness.values() if one.tolerance]
    plain = found.model_dump(mode="json")
    return {
        "evidence": "simulated",
        "expected": plain["expected"],
        "affected_customers": found.affected_customers,
        "customers_share": found.affected_customers / customers,
        "margin_used": max(limits, default=0.0),
        "fairness": plain["fairness"],
        "groups": plain["affected_groups"],
    }
