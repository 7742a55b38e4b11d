"""Who takes part in a planned experiment: its shares and its salt, the roll-out and the holdback, as an assignment."""

from __future__ import annotations

from fractions import Fraction

from evenhand.errors import DataError
from evenhand.experiments.trial.assignment import Arm, Assignment, Holdback, exact_share
from evenhand.experiments.trial.plan import ExperimentPlan

__all__ = ["assignment_of"]


def assignment_of(
    plan: ExperimentPlan, *, rollout: Fraction = Fraction(1), holdback: Holdback | None = None
) -> Assignment:
    """Return who is in which arm, in the plan's order.

    `holdback` says by which salt the plan's share of units is held back: it outlives the trial, so no plan names it.
    DataError where its share is not the plan's, and for a part roll-out of a plan whose first arm is not its control:
    customers whom it has not reached get what the first arm gets.
    """
    share = holdback.share if holdback else Fraction(0)
    if share != exact_share(plan.holdback):
        raise DataError(
            f"a holdback of {float(share):g}", where=f"plan {plan.name!r}",
            rule=f"the plan holds {plan.holdback:g} back",
            mend=f"--holdback {plan.holdback:g}:SALT, by a salt that outlives this trial" if plan.holdback
            else "leave --holdback out, or plan it",
        )  # fmt: skip
    if rollout < 1 and plan.arms[0].name != plan.control:
        raise DataError(
            f"the first arm is {plan.arms[0].name!r}", where=f"plan {plan.name!r}",
            rule="customers whom a roll-out has not reached get what the first arm gets",
            mend=f"put the control, {plan.control!r}, first in a new plan, or roll out to everyone",
        )  # fmt: skip
    arms = tuple(Arm.of(arm.name, arm.share) for arm in plan.arms)
    return Assignment(plan.salt, arms, rollout, holdback)
