"""The segmentations of a plan's arms, found by their content hash, and the same plan as an A/A test."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.errors import ArtefactError, DataError, EvenhandError, nearest
from evenhand.experiments.trial import shares
from evenhand.experiments.trial.assignment import Assignment, Holdback
from evenhand.experiments.trial.parts import Arm
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan
from evenhand.segments import Segmentation

if TYPE_CHECKING:
    from evenhand.experiments.folder import StudyFolder

__all__ = ["as_aa", "as_run", "assignment_of", "checked_arms", "find_arms"]

HOLDBACK_SALT = "holdback"


def checked_arms(plan: ExperimentPlan, given: Mapping[str, Segmentation]) -> dict[str, Segmentation]:
    """Return the segmentation of every arm, in the plan's order; DataError where one is missing, strange or another.

    A policy's arm is one realised path of it, which has a hash of its own: any segmentation is taken for it.
    """
    names = [arm.name for arm in plan.arms]
    if strange := [name for name in given if name not in names]:
        close = nearest(strange[0], names)
        raise DataError(f"the plan has no arm {strange[0]!r}", mend=f"did you mean {close!r}?" if close else None)
    for arm in plan.arms:
        if arm.name not in given:
            raise DataError(f"what arm {arm.name!r} runs is not known", rule="a segmentation for every arm",
                            mend=f"give --arm {arm.name}=FILE")  # fmt: skip
        if arm.kind == "segmentation" and given[arm.name].hash != arm.sha256:
            raise DataError(
                f"is not what the plan says: its hash is {given[arm.name].hash[:12]}…, not {arm.sha256[:12]}…",
                where=f"arm {arm.name!r}", rule="a rehearsal runs what the plan names",
                mend="take the file that the plan was made with, or make a new plan",
            )  # fmt: skip
    return {name: given[name] for name in names}


def find_arms(
    plan: ExperimentPlan, study: StudyFolder, *, beside: Path, named: Mapping[str, Path]
) -> dict[str, Segmentation]:
    """Return what every arm runs: `named` files, else JSON files of the study or beside the plan with the arm's hash.

    A policy of the study becomes what it makes of today's segmentation in one simulated future.
    """
    around = {found.hash: found for found in _segmentations([*study.path.glob("*.json"), *beside.glob("*.json")])}
    arms = {}
    for arm in plan.arms:
        if arm.name in named:
            arms[arm.name] = _read(named[arm.name])
        elif arm.sha256 in around:
            arms[arm.name] = around[arm.sha256]
        elif arm.kind == "policy":
            arms[arm.name] = _path_of(arm, study)
    return checked_arms(plan, {**{name: _read(file) for name, file in named.items()}, **arms})


def as_aa(plan: ExperimentPlan, arms: Mapping[str, Segmentation]) -> tuple[ExperimentPlan, dict[str, Segmentation]]:
    """Return the plan and its arms as an A/A test: everybody gets what the control gets."""
    control = plan.arm(plan.control)
    same = [{**control.model_dump(mode="json"), "name": arm.name, "share": arm.share} for arm in plan.arms]
    return plan.changed(arms=same), dict.fromkeys(arms, arms[plan.control])


def as_run(registered: RegisteredPlan, arms: Mapping[str, Segmentation], number: int) -> RegisteredPlan:
    """Return the plan of rehearsal `number`: a salt of its own, and a policy's arm named by the path that it runs."""
    plan = registered.plan
    run = [{**arm.model_dump(mode="json"), "kind": "segmentation", "sha256": arms[arm.name].hash} for arm in plan.arms]
    plan = plan.changed(arms=run, salt=f"{plan.salt} rehearsal {number}")
    return RegisteredPlan(plan, plan.sha256, registered.registered)


def assignment_of(plan: ExperimentPlan) -> Assignment:
    """Return who is in which arm by the plan's shares and salt, with a holdback by a salt made of it."""
    held = Holdback.of(plan.holdback, salt=f"{HOLDBACK_SALT} of {plan.salt}") if plan.holdback else None
    return shares.assignment_of(plan, holdback=held)


def _segmentations(files: Iterable[Path]) -> Iterable[Segmentation]:
    for file in sorted(files):
        try:
            yield Segmentation.from_json(file.read_bytes())
        except (EvenhandError, OSError):
            continue  # another kind of file


def _read(file: Path) -> Segmentation:
    if not file.is_file():
        raise ArtefactError("there is no such file", where=str(file), rule="an arm is a segmentation's JSON file")
    return Segmentation.from_json(file.read_bytes())


def _path_of(arm: Arm, study: StudyFolder) -> Segmentation:
    """Return one realised path of a policy of the study."""
    from evenhand.agents import LearnedPolicy
    from evenhand.experiments.recommend import begun, learned_segmentation
    from evenhand.experiments.setup import setup_of

    for head in sorted(study.need("policy").glob("*/policy.json")):
        if json.loads(head.read_bytes()).get("sha256") == arm.sha256:
            simulator, today = study.simulator(), study.today()
            policy = LearnedPolicy.load(head.parent)
            base, setup = begun(policy, today, setup_of(simulator, today, study.settings()))
            return learned_segmentation(policy, study.customers(), base, simulator, setup)
    raise DataError(f"policy {arm.of!r} of arm {arm.name!r} is not in the study", where=str(study.path),
                    rule="by its content hash", mend=f"give --arm {arm.name}=FILE with a path of it")  # fmt: skip
