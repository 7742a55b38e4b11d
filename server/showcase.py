"""A study made ready to look at: its validated policy advises, three changes wait for a review, two people can log in.

Each part is made where it is missing, so that a second call changes nothing, and one that was cut short is completed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Set
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection

from evenhand.agents.export.manifest import Manifest
from evenhand.agents.export.served import OnnxPolicy
from evenhand.errors import MissingError
from evenhand.experiments.advising.counting import count_change
from evenhand.experiments.grounds import Looked, look_behind
from evenhand.experiments.recommend import recommend
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import setup_of
from evenhand.registry import audit, policies, requests, segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.database import Database
from evenhand.registry.identity import Passwords, Role, add_user, find_user
from evenhand.registry.policies import State, state_of
from evenhand.segments import AssignCampaign, Segmentation, Tweak, tweak_from_json
from evenhand.segments.canonical import Json
from evenhand.server.importing import load_study
from evenhand.server.serving.business import Business, load_business
from evenhand.server.serving.evidence import work_once
from evenhand.server.serving.recommending import grounds_kept
from evenhand.server.settings import ServerSettings

__all__ = ["LOG_INS", "REQUESTS", "Showcase", "log_ins", "quiet_tweaks", "show_study"]

# Whoever writes requests reviews as well: what a policy recommends has two people to approve it, where it needs two.
LOG_INS: dict[str, tuple[Role, ...]] = {"author": ("data_scientist", "marketer", "reviewer"), "reviewer": ("reviewer",)}
PASSWORD_BYTES = 15  # 120 random bits, 20 characters
AUTHOR = Actor("user", "author")
BY_HAND = "Made by hand, so that there are three changes to look at: no policy recommends it."
REQUESTS = 3
DRAWS = 64  # simulated futures behind what is recommended


class Showcase(NamedTuple):
    """What is there to look at."""

    segmentation: str
    state: State
    by_policy: int  # requests that the policy has made
    by_hand: int  # requests that were made in the author's name, where the policy had too few to show
    passwords: dict[str, str]  # of the people that were made by this call


class Found(NamedTuple):
    """What the champion recommends of the version in force; maybe nothing."""

    tweaks: list[Tweak]
    looked: Looked
    plan_first: bool = False  # whether it recommends the plan that it begins with, and no tweaks


NOTHING = Found([], Looked({}, ()))


def show_study(
    study: Path, name: str, *, database: Database, settings: ServerSettings, key: Ed25519PublicKey, actor: Actor,
    clock: Callable[[], datetime],
) -> Showcase:  # fmt: skip
    """Load a study as `name`, ask for three changes with simulated evidence, and make the log-ins.

    The changes touch different segments. They are the policy's best tweaks; where it has fewer, or where the gate did
    not let it through so that it recommends nothing, changes made by hand stand in the author's name, and say so. A
    policy that begins with a plan asks for the whole plan in place of tweaks, which touches what the others do.
    """
    if not _is_there(database, name):
        load_study(
            study, name, database=database, data_dir=settings.data_dir, key=key, actor=actor, now=clock()
        )  # fmt: skip
    with database.reading() as connection:
        state = state_of(connection, name)
        made = requests.count(connection, requests.Filter(segmentation=name), now=clock())
    if not made:
        found = _recommended(database, settings.data_dir, name, state)
        with database.reading() as connection:
            today = segmentations.version(connection, name, state.version).content
        business = load_business(settings.data_dir, name)
        mine, by_hand = _wishes(business, today, found.tweaks)
        by_hand = by_hand[: REQUESTS - found.plan_first]
        rules = settings.review_rules
        with database.writing() as connection:
            if mine:
                row = _recommend(connection, name, state, found, business, actor=actor, now=clock())
            if found.plan_first:
                requests.propose_plan(connection, name, rules=rules, actor=actor, now=clock())
            for tweak in mine:
                requests.propose_recommended(
                    connection, name, tweak, recommendation=row, rules=rules, actor=actor, now=clock()
                )  # fmt: skip
            for tweak in by_hand:
                proposal = requests.Proposal(change=tweak, title=tweak.explain(today), reason=BY_HAND)
                requests.propose(
                    connection, name, proposal, base_version=state.version, rules=rules, actor=AUTHOR, now=clock()
                )  # fmt: skip
    while work_once(database, settings, clock=clock):  # the evidence that was asked for
        pass
    passwords = Passwords(settings.password_memory, settings.password_passes)
    return Showcase(
        name, state, *_made(database, name, state, now=clock()), log_ins(database, passwords, actor=actor, now=clock())
    )


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


def _made(database: Database, name: str, state: State, *, now: datetime) -> tuple[int, int]:
    """Return how many requests the policy has made, and how many were made by hand."""
    with database.reading() as connection:
        by_hand = requests.count(connection, requests.Filter(segmentation=name, author=AUTHOR.name), now=now)
        if state.policy is None:
            return 0, by_hand
        return requests.count(connection, requests.Filter(segmentation=name, author=state.policy), now=now), by_hand


def _recommended(database: Database, data_dir: Path, name: str, state: State) -> Found:
    """Return what the champion would change of the version in force, each simulated over the horizon."""
    if state.policy is None or state.level == "candidate" or state.frozen:
        return NOTHING
    with database.reading() as connection:
        version, policy = segmentations.version(connection, name, state.version), policies.get(connection, state.policy)
        beginning = policies.beginning_of(connection, policy, version)
        graph = policies.graph_of(connection, state.policy)
    if beginning is not None and not beginning.begun:
        return NOTHING._replace(plan_first=not beginning.others)
    today, manifest = version.content, Manifest.model_validate(policy.manifest)
    business, settings = load_business(data_dir, name), StudySettings.model_validate(manifest.training.settings)
    asked = (
        OnnxPolicy(manifest, graph), business.customers, today, business.simulator,
        setup_of(business.simulator, today, settings),
    )  # fmt: skip
    tweaks = [tweak_from_json(one.tweak) for one in recommend(*asked, count=REQUESTS, draws=DRAWS, seed=settings.seed)]
    return Found(tweaks, look_behind(*asked, tweaks, count=REQUESTS, seed=settings.seed))


def _recommend(
    connection: Connection, name: str, state: State, found: Found, business: Business, *, actor: Actor, now: datetime
) -> int:
    """Write down what is recommended and on what grounds, as an answer to a program is; return the row's number."""
    details: dict[str, Json] = {
        "version": state.version, "policy": state.policy, "policy_sha256": state.sha256, "level": state.level,
        "simulator_sha256": business.simulator.hash,  # it looked at a simulated week, not at statistics
        "tweaks": [one.to_dict() for one in found.tweaks], "usual": dict(found.looked.usual),
        "grounds": [grounds_kept(one) for one in found.looked.grounds], "hold": None,
    }  # fmt: skip
    entry = audit.append(connection, action=requests.RECOMMENDED, subject=f"segmentations/{name}", details=details,
                         actor=actor, now=now)  # fmt: skip
    return entry.sequence


def _wishes(business: Business, today: Segmentation, found: list[Tweak]) -> tuple[list[Tweak], list[AssignCampaign]]:
    """Return what is asked for: as much as possible of what was found, and by hand what is missing."""
    for kept in range(len(found), -1, -1):  # a tweak that leaves no segment for others gives way
        touched = frozenset[str]().union(*(tweak.touches(today) for tweak in found[:kept]))
        quiet = quiet_tweaks(business, today, apart_from=touched)[: REQUESTS - kept]
        if kept + len(quiet) == REQUESTS:
            return found[:kept], quiet
    return found, []


def quiet_tweaks(business: Business, today: Segmentation, *, apart_from: Set[str]) -> list[AssignCampaign]:
    """Return another campaign for each segment outside of `apart_from`: of each the one that uses up least fairness.

    Those that touch few customers come first, since two people can review only a low risk that one of them wrote.
    """
    setup = setup_of(business.simulator, today, business.settings)
    found: list[tuple[float, float, AssignCampaign]] = []
    for segment in today.every:
        tweaks = [
            AssignCampaign(segment=segment.id, campaign=campaign.id)
            for campaign in today.catalogue.campaigns
            if campaign.id != segment.campaign
        ]
        counted = [
            (one, count_change(business.customers, today, one.apply(today).segmentation, setup))
            for one in tweaks
            if not one.touches(today) & apart_from
        ]
        if counted:
            tweak, counts = min(counted, key=lambda pair: pair[1].margin_used)
            found.append((counts.customers_share, counts.margin_used, tweak))
    return [tweak for *_, tweak in sorted(found, key=lambda one: one[:2])]
