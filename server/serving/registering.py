"""The one door by which plans of trials are registered, whether a program or a person brings them."""

from __future__ import annotations

import json
import tomllib
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from evenhand.errors import ArtefactError, ConflictError, DataError
from evenhand.registry import policies
from evenhand.registry.actor import Actor
from evenhand.server.problems import Problem
from evenhand.server.strictjson import check_json

if TYPE_CHECKING:
    from evenhand.experiments.trial.plan import ExperimentPlan
    from evenhand.registry.policies import Registered

__all__ = ["DEPTH", "MOST_BYTES", "plan_from", "register_plan"]

MOST_BYTES = 200_000  # of a plan: a thousand times what one needs
DEPTH = 12


def plan_from(content: bytes) -> ExperimentPlan:
    """Return the plan that a file holds: TOML as people write it, or JSON, registered or not, with its testable groups.

    It has the hash that `evenhand ab plan` prints for the same file. ArtefactError and DataError say what is wrong.
    """
    from evenhand.experiments.trial.needs import with_groups
    from evenhand.experiments.trial.plan import ExperimentPlan
    from evenhand.experiments.trial.register import FORMAT, registered_from

    if len(content) > MOST_BYTES:
        raise DataError(f"{len(content):,} bytes", where="plan", rule=f"at most {MOST_BYTES:,}")
    values = _json(content) if content.lstrip().startswith(b"{") else _toml(content)
    if values.get("format") == FORMAT:
        return registered_from(values, where="plan").plan
    arms = values.get("arms", [])
    if isinstance(arms, list) and any(isinstance(arm, dict) and "file" in arm for arm in arms):
        raise DataError(
            "an arm names a file of your machine", where="plan, arms", rule="an arm says of, kind and sha256",
            mend="run `evenhand ab plan FILE --out plan.json` where that file is, and send plan.json",
        )  # fmt: skip
    return with_groups(ExperimentPlan.from_dict(values, where="plan"))


def register_plan(
    connection: Connection, policy: str, plan: ExperimentPlan, *, actor: Actor, now: datetime
) -> Registered:
    """Register the plan of a trial of a policy; the same plan again changes nothing.

    MissingError when there is no such policy; ConflictError where no arm of the plan is that policy.
    """
    if policies.get(connection, policy).sha256 not in {arm.sha256 for arm in plan.arms}:
        raise ConflictError("no arm of the plan is this policy", where=f"policy {policy!r}",
                            rule="an arm's sha256 is that of the policy")  # fmt: skip
    return policies.register_trial(connection, policy, plan.sha256, actor=actor, now=now)


def _json(content: bytes) -> dict[str, Any]:
    try:
        check_json(content, depth=DEPTH)
    except Problem as problem:
        raise ArtefactError(f"is no JSON: {problem.detail}", where="plan", rule=problem.members["rule"]) from None
    values: dict[str, Any] = json.loads(content)
    return values


def _toml(content: bytes) -> dict[str, Any]:
    try:
        return tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n"))
    except UnicodeDecodeError:
        raise ArtefactError("is neither TOML nor JSON", where="plan", rule="both are UTF-8") from None
    except RecursionError:
        raise ArtefactError("is nested too deeply", where="plan", rule=f"at most {DEPTH} levels") from None
    except tomllib.TOMLDecodeError as error:
        raise ArtefactError(f"is no TOML: {error}", where="plan") from None
