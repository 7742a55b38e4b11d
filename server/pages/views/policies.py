"""Policies, filled: what recommends, from its signed manifest, and what was decided on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from evenhand.registry import policies, requests, segmentations
from evenhand.registry.policies import Policy, state_of
from evenhand.registry.requests import Filter
from evenhand.server.auth import Caller
from evenhand.server.deps import Deps
from evenhand.server.pages.models import PoliciesPage, PolicyPage
from evenhand.server.pages.models.policies import PolicyRow
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.beginning import beginning_said
from evenhand.server.pages.views.calibrated import calibrated
from evenhand.server.pages.views.evidence import gate_of
from evenhand.server.pages.views.people import People
from evenhand.server.pages.views.studied import curves_of, outcome_of, piece_of, rivals_of
from evenhand.server.pages.words import N_

__all__ = ["policies_page", "policy_page"]

TAKEN = ("approved", "scheduled", "rolling_out", "paused", "applied", "rolled_back", "stopped")  # people approved it
_BUSINESS, _CUSTOMERS = N_("Trained on"), N_("Customers")
_STEPS, _SEED = N_("Steps of training"), N_("Seed")
_LIMITS = N_("Limits kept")
_SIMULATED = N_("It learned in a simulation. What real customers do is shown by live trials alone.")
_ASSUMED = N_("What contact does to fatigue and leaving is an assumption, not a measurement.")
_SINGLE = N_("It compares groups one attribute at a time, not in combination.")


def policies_page(connection: Connection, deps: Deps) -> PoliciesPage:
    """Return all policies."""
    people, champions = People.of(connection), _champions(connection)
    return PoliciesPage(rows=tuple(_row(connection, one, champions, people, deps) for one in _every(connection)))


def _every(connection: Connection) -> Iterator[Policy]:
    after = ""
    while found := policies.every(connection, after=after):
        yield from found
        after = found[-1].id


def _champions(connection: Connection) -> dict[str, str]:
    """Return the champion of each segmentation that has one."""
    names = [record.name for record in segmentations.every(connection)]
    return {name: id for name in names if (id := state_of(connection, name).policy) is not None}


def _row(connection: Connection, policy: Policy, champions: dict[str, str], people: People, deps: Deps) -> PolicyRow:
    counts = requests.counts(connection, Filter(author=policy.id), now=deps.clock())
    return PolicyRow(
        id=policy.id, level=policy.level, uploaded_at=policy.uploaded_at,
        uploaded_by=people.person(policy.uploaded_by).display,
        champion_of=tuple(name for name, id in champions.items() if id == policy.id),
        outcome=outcome_of(policy),
        accepted=sum(n for state, n in counts.items() if state in TAKEN), recommended=sum(counts.values()),
    )  # fmt: skip


def policy_page(connection: Connection, id: str, *, caller: Caller, say: Speech, key: str, now: datetime) -> PolicyPage:
    """Return one policy; MissingError when there is none."""
    policy, champions = policies.get(connection, id), _champions(connection)
    name = next((name for name, champion in champions.items() if champion == id), "") or _made_for(connection, policy)
    evidence = policies.evidence_of(connection, "policy", id)
    curves = curves_of(policy, evidence, say)
    may_write = caller.may("requests:write")
    return PolicyPage(
        id=id, level=policy.level, segmentation=name, card=tuple(_card(policy.manifest, say)),
        beginning=beginning_said(connection, policy, name, may_write=may_write, say=say, now=now),
        limits=tuple(say(text) for text in (_SIMULATED, _ASSUMED, _SINGLE)), sha256=policy.sha256,
        signed_by=policy.files.get("public_key.pem", ""),
        curves=curves, baseline=curves[0].values[0] if curves else None, rivals=rivals_of(evidence),
        gate=gate_of(connection, id, say),
        evidence=tuple(piece_of(one, say) for one in evidence),
        calibration=calibrated(requests.calibration(connection, id)), champion=id in champions.values(),
        may_promote=bool(name) and caller.may("policies:promote") and policy.level != "candidate"
        and champions.get(name) != id,
        key=key,
    )  # fmt: skip


def _made_for(connection: Connection, policy: Policy) -> str:
    """Return the segmentation that a policy learned on, "" where it is not here."""
    wanted = policy.manifest.get("training", {}).get("segmentation_sha256")
    for record in segmentations.every(connection):
        if any(one.sha256 == wanted for one in segmentations.versions_of(connection, record.name)):
            return record.name
    return ""


def _card(manifest: Any, say: Speech) -> Iterator[tuple[str, str]]:
    training = manifest.get("training", {})
    told = ((_BUSINESS, "business"), (_CUSTOMERS, "customers"), (_STEPS, "checkpoint"), (_SEED, "seed"))
    for label, name in told:
        if name in training:
            value = training[name]
            yield say(label), say.number(value) if isinstance(value, int) and name != "seed" else str(value)
    limits = [
        f"{one.get('attribute')}: {say.number(float(one['tolerance']), 3)}"
        for one in manifest.get("constraints", ())
        if one.get("tolerance") is not None
    ]
    if limits:
        yield say(_LIMITS), "; ".join(limits)
