"""How customers are divided for `evenhand plan`: one segmentation, arms named by hand, or those of an experiment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from evenhand.cli.arriving import read_running
from evenhand.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from evenhand.customers import Customers
    from evenhand.experiments.trial.assignment import Assignment, Holdback
    from evenhand.experiments.trial.plan import ExperimentPlan
    from evenhand.segments import Segmentation

__all__ = ["SALT", "Asked", "Divided", "by_experiment", "by_hand"]

SALT = "loop"  # of a plan without a trial: draws must be the same in every plan of a block


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of arms and shares, as texts."""

    arms: tuple[str, ...]
    salt: str | None
    rollout: str | None
    holdback: str


@dataclass(frozen=True, slots=True)
class Divided:
    """The arms by name, who is in which, the customers' clusters if these were assigned, and the weeks of a trial."""

    arms: dict[str, Segmentation]
    assignment: Assignment
    clusters: pd.Series | None = None
    weeks: int | None = None


def by_hand(today: Segmentation, table: Customers, asked: Asked) -> Divided:
    """Return `today` and the arms that were named; it has the share that the others leave."""
    from evenhand.experiments.trial.assignment import Arm, Assignment, exact_share

    if asked.arms and asked.salt is None:
        raise DataError("--salt is missing", rule="a trial has a salt of its own, else its arms are the last one's",
                        mend="such as --salt spring-2026")  # fmt: skip
    if asked.rollout is not None and not asked.arms:
        raise DataError("--rollout is given without --arm", rule="a trial is rolled out, and there is none",
                        mend="name an arm, or leave --rollout out")  # fmt: skip
    arms, shares = {"today": today}, dict[str, str]()
    for text in asked.arms:
        name, equals, rest = text.partition("=")
        file, colon, share = rest.rpartition(":")
        if not (name and equals and file and colon and share) or name in arms:
            raise DataError(f"--arm {text}", rule="NAME=SEGMENTATION:SHARE, each name once; `today` is what runs",
                            mend="such as learned=study/learned.json:1/2")  # fmt: skip
        arms[name], shares[name] = read_running(Path(file), table), share
    parts = [Arm.of(name, share) for name, share in shares.items()]
    first = Arm("today", 1 - sum((part.share for part in parts), Fraction(0)))
    rollout = exact_share(asked.rollout or "1")
    return Divided(arms, Assignment(asked.salt or SALT, (first, *parts), rollout, _held(asked.holdback)))


def by_experiment(file: Path, study: Path, table: Customers, asked: Asked, *, starts: date) -> Divided:
    """Return arms, shares and salt of a registered plan; `asked` may name an arm's file as NAME=SEGMENTATION.

    Raises DataError where something is asked for that the plan says, for a start before the plan was registered, and
    for a policy's arm: what is sent must be known before, so a trial's arms are segmentations.
    """
    from evenhand.experiments.folder import StudyFolder
    from evenhand.experiments.rehearsal import find_arms
    from evenhand.experiments.trial.assignment import exact_share
    from evenhand.experiments.trial.register import load_registered
    from evenhand.experiments.trial.shares import assignment_of

    registered = load_registered(file)
    plan = registered.plan
    if asked.salt is not None:
        raise DataError("--salt is given with --experiment", rule="the plan has its own", mend="leave it out")
    if not study.is_dir():
        raise DataError("--experiment with a segmentation", rule="a study's folder holds what the arms run",
                        mend="give the study's folder")  # fmt: skip
    if starts < registered.registered.date():
        raise DataError(f"starts on {starts}, before the plan was registered on {registered.registered:%Y-%m-%d}",
                        where=str(file), rule="a plan is fixed before its data", mend="start later")  # fmt: skip
    for arm in plan.arms:
        if arm.kind == "policy":
            raise DataError(f"arm {arm.name!r} is a policy", where=str(file), rule="what a trial sends is fixed before",
                            mend="plan it with what the policy makes of today: learned.json of a study")  # fmt: skip
    arms = find_arms(plan, StudyFolder(study), beside=file.parent, named=_files(asked.arms))
    assignment = assignment_of(plan, rollout=exact_share(asked.rollout or "1"), holdback=_held(asked.holdback))
    return Divided(arms, assignment, _clusters(plan, table), plan.weeks)


def _files(given: tuple[str, ...]) -> dict[str, Path]:
    found = {}
    for text in given:
        name, equals, file = text.partition("=")
        if not (name and equals and file) or name in found:
            raise DataError(f"--arm {text}", rule="with --experiment NAME=SEGMENTATION: the plan has the shares",
                            mend="such as new=learned.json")  # fmt: skip
        found[name] = Path(file)
    return found


def _clusters(plan: ExperimentPlan, table: Customers) -> pd.Series | None:
    if plan.cluster is None:
        return None
    if plan.cluster not in table.frame:
        raise DataError(f"the customers have no column {plan.cluster!r}", where=f"plan {plan.name!r}",
                        rule="the experiment randomises these clusters",
                        mend="name the column in the schema, or use plan_campaigns(clusters=...)")  # fmt: skip
    return table.frame[plan.cluster]


def _held(text: str) -> Holdback | None:
    from evenhand.experiments.trial.assignment import Holdback

    if not text:
        return None
    share, colon, salt = text.partition(":")
    if not (colon and salt):
        raise DataError(f"--holdback {text}", rule="SHARE:SALT, the salt its own", mend="such as 0.05:holdback-2026")
    return Holdback.of(share, salt=salt)
