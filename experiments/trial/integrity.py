"""Can a trial's data be trusted? Every check in one place; a failed one makes the trial invalid at the gate."""

from __future__ import annotations

from collections.abc import Sequence

from evenhand.errors import DataError
from evenhand.experiments.inference.estimate import Estimate
from evenhand.experiments.inference.multiple import holm
from evenhand.experiments.trial.aa import aa_test
from evenhand.experiments.trial.balance import CovariateMoments, balance, missing_data
from evenhand.experiments.trial.check import FAILS_AT, Check
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.sample_ratio import sample_ratio, sequential_sample_ratio

__all__ = [
    "FAILS_AT",
    "Check",
    "CovariateMoments",
    "aa_test",
    "balance",
    "carry_over",
    "missing_data",
    "sample_ratio",
    "sequential_sample_ratio",
    "shared_budget",
]

NOTICEABLE = 0.01  # of carry-over: a warning, so that less evidence is asked for


def carry_over(weeks: Sequence[Estimate], *, washout_weeks: int) -> Check:
    """Look for differences between arms in weeks in which both were treated alike, the washout first.

    `weeks` are each week's difference between the arms. Weeks of the same units are correlated, so Holm over the weeks
    after the washout. It warns: a carried-over effect biases what follows, not the trial that left it behind.
    """
    if washout_weeks < 0:
        raise DataError(f"a washout of {washout_weeks} weeks", rule="0 weeks or more")
    after = weeks[washout_weeks:]
    if not after:
        return Check(
            name="carry-over", status="not enough data",
            what=f"No week after the washout of {washout_weeks} was measured.",
            mend="measure a week or more in which all arms are treated alike",
        )  # fmt: skip
    p = holm([week.p_value() for week in after])
    loud = [k for k, value in enumerate(p) if value < NOTICEABLE]
    if not loud:
        return Check(
            name="carry-over", status="ok", p_value=min(p),
            what=f"After a washout of {washout_weeks} weeks the arms no longer differ (p = {min(p):.2g}).",
        )  # fmt: skip
    last = washout_weeks + loud[-1] + 1
    return Check(
        name="carry-over", status="warning", p_value=min(p),
        what=f"The arms still differ in week {last} after both were treated alike (p = {min(p):.1g}).",
        mend=f"plan a washout of more than {last} weeks, or draw new units",
    )  # fmt: skip


def shared_budget(plan: ExperimentPlan) -> Check:
    """Warn where arms spend from one purse: what one arm wins there, the other loses, and the effect is overstated."""
    if not plan.shared_budget:
        return Check(name="interference", status="ok", what="No arm spends from another one's budget.")
    shares = ", ".join(f"{arm.name} {arm.share:.0%}" for arm in plan.arms)
    return Check(
        name="interference", status="warning",
        what="The arms share a budget, so that one arm's contacts cost the other arm's.",
        mend=f"split the budget by the arms' shares before the start ({shares}), or randomise regions or weeks "
        "that have budgets of their own",
    )  # fmt: skip
