"""A policy with its study, trials that the gate has judged, and a request that the policy wrote, on a live server."""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import Any

from fastapi import FastAPI
from tests.experiments.gate.evidences import NOW, effect, evidence, registered
from tests.server.pages.live import NAME
from tests.server.people import OPERATOR

from evenhand.experiments.gate import gate
from evenhand.registry import audit, policies, requests, segmentations
from evenhand.registry.requests import Request
from evenhand.segments import AssignCampaign, Segmentation
from evenhand.segments.canonical import Json

__all__ = ["POLICY", "RUNNER_UP", "TWEAK", "judge", "learn", "recommend"]

POLICY = "winter-7"
TWEAK = AssignCampaign(segment="loyal", campaign="B")
RUNNER_UP = AssignCampaign(segment="loyal", campaign="none")
SAW: dict[str, Json] = {
    "gain": 0.0123,
    "gain_sd": 0.004,
    "share": 0.31,
    "fatigue": 0.92,
    "organic": 1.62,
    "slack": -0.4,
}
USUAL: dict[str, Json] = {"gain": 0.0011, "gain_sd": 0.006, "share": 0.2, "fatigue": 0.6, "slack": -0.3}
SHA = "b" * 64  # of the challenger in the trial's plan


def learn(app: FastAPI, plan: Segmentation | None = None) -> None:
    """Bring a policy with the learning curves and the rivals of its study; with a plan, one that begins with it."""
    deps = app.state.deps
    points: list[Json] = [
        {"steps": 1000 * k, "profit": 0.02 + 0.01 * (1 - math.exp(-k)), "gap": 0.03} for k in range(6)
    ]
    starts: list[Json] = [{"seed": 7 + k, "chosen": 4000, "points": points[: 6 - k]} for k in range(2)]
    way: dict[str, Json] = {"kind": "baseline", "feasible": True, "gap": {"age": {"mean": 0.03, "tolerance": 0.05}}}
    ways: list[Json] = [
        {**way, "name": "learned", "label": "learned", "kind": "learned",
         "profit": {"mean": 0.488, "low": 0.482, "high": 0.494, "n": 256}},
        {**way, "name": "greedy", "label": "greedy", "feasible": False,
         "profit": {"mean": 0.455, "low": 0.449, "high": 0.461, "n": 256}},
    ]  # fmt: skip
    comparison: dict[str, Json] = {"mean": 0.033, "low": 0.02, "high": 0.046, "n": 256, "baseline": "greedy"}
    training: dict[str, Json] = {
        "business": "Winter shop",
        "customers": 1000,
        "seed": 7,
        "checkpoint": 4000,
        "curve": points,
    }
    manifest: dict[str, Json] = {"training": training, "metrics": {"comparison": comparison}}
    manifest |= {"beginning": plan.to_dict() if plan else None}
    study: dict[str, Json] = {"format": "study of a policy", "starts": starts, "ways": ways}
    with deps.database.writing() as connection:
        policies.upload(connection, POLICY, manifest=manifest, graph=b"", files={}, actor=OPERATOR, now=deps.clock())
        policies.attach(connection, "policy", POLICY, "simulated", study, now=deps.clock())


def judge(app: FastAPI, *shares: int) -> None:
    """Put looks at a live trial of it before the gate, at so many quarters of the planned data."""
    deps, plan = app.state.deps, registered()
    for share in shares:
        se = 0.006 / math.sqrt(share)
        until = date(2026, 3, 1) + timedelta(days=7 * share)
        found = evidence(plan, policy_sha256=SHA, looks=[0.25 * (k + 1) for k in range(share)], until=until,
                         **effect("orders", 2.2 * math.sqrt(share) * se, se))  # fmt: skip
        now = max(deps.clock(), NOW)
        record = gate(plan, found, now=now).model_dump(mode="json")
        with deps.database.writing() as connection:
            known = policies.get(connection, POLICY).sha256
            _keep(connection, {**record, "policy_sha256": known}, found, now)


def _keep(connection: Any, record: dict[str, Any], found: Any, now: Any) -> None:
    from evenhand.segments import content_hash

    content = {name: value for name, value in record.items() if name != "sha256"}
    policies.decide(connection, POLICY, {**content, "sha256": content_hash(content)}, actor=OPERATOR, now=now)
    policies.attach(connection, "policy", POLICY, "live", found.model_dump(mode="json"), now=now)


def recommend(app: FastAPI) -> Request:
    """Let the policy recommend a tweak, and hand it on as a request."""
    deps = app.state.deps
    next_one: dict[str, Json] = {"tweak": RUNNER_UP.to_dict(), "behind": 0.4, "why_not": "nothing clear",
                                 "expected": {"mean": 0.0029, "low": -0.0158, "high": 0.0195, "se": 0.009}}  # fmt: skip
    with deps.database.writing() as connection:
        version = segmentations.get(connection, NAME).current_version
        details: dict[str, Json] = {
            "policy": POLICY, "version": version, "tweaks": [TWEAK.to_dict()], "usual": USUAL,
            "grounds": [{"saw": SAW, "runner_up": next_one}],
        }  # fmt: skip
        row = audit.append(connection, action="recommendation.give", subject=f"segmentations/{NAME}", details=details,
                           actor=OPERATOR, now=deps.clock())  # fmt: skip
        return requests.propose_recommended(connection, NAME, TWEAK, recommendation=row.sequence, actor=OPERATOR,
                                            now=deps.clock())  # fmt: skip
