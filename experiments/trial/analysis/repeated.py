"""Is every unit in the arm that the plan's salt says? The hash of the assignment is computed again and compared."""

from __future__ import annotations

from typing import Any

import numpy as np

from evenhand.experiments.moments.labels import encode
from evenhand.experiments.moments.sources import batches
from evenhand.experiments.trial.assignment import Arm, Assignment
from evenhand.experiments.trial.check import Check
from evenhand.experiments.trial.plan import ExperimentPlan

__all__ = ["assignment_check"]


def assignment_check(plan: ExperimentPlan, data: Any, *, arm: str = "arm") -> Check:
    """Compare each unit's (or cluster's) arm with that of `trial.assignment`; one that differs fails the check.

    For trials that were assigned by this package, or by the same rule in another language. Whether units are missing is
    not seen here: the sample ratio tells that. Raises DataError for ids that are missing, EvenhandError where the
    plan's shares are no exact fractions of 1.
    """
    assignment = Assignment(plan.salt, tuple(Arm.of(one.name, one.share) for one in plan.arms))
    names = [one.name for one in plan.arms]
    column = plan.cluster or plan.unit
    total, wrong, example = 0, 0, ""
    for batch in batches(data, [], [column, arm]):
        ids, texts = encode(batch[column], column)
        arms, labels = encode(batch[arm], arm)
        used = np.unique(ids)  # of whole numbers only some of the labels occur
        units = np.array([*texts, None], dtype=object)[used]
        said = np.full(len(texts) + 1, -1)
        said[used] = assignment.assign(units)
        there = np.array([names.index(label) if label in names else -2 for label in [*labels, ""]])[arms]
        off = said[ids] != there
        total, wrong = total + len(off), wrong + int(off.sum())
        if off.any() and not example:
            example = str(texts[ids[off.argmax()]])
    if not wrong:
        return Check(name="assignment", status="ok", what="Every unit is in the arm that the plan's salt says.")
    return Check(
        name="assignment", status="failed",
        what=f"{wrong:,} of {total:,} units are not in the arm that the plan's salt says, such as {example}.",
        mend="find who moved them; was another salt, another id or another order of arms used?",
    )  # fmt: skip
