"""From a campaign log to rounds: what a fixed segmentation would have sent over the plan's block.

Each customer is a round. Their features are those of the day on which the plan was made, as they stand in the log. A
customer who was not eligible for the campaign of their new segment is not contacted, as a plan would do it. Customers
of the long-term holdback are left out: they were chosen by a hash of their id alone, so the others still speak for all.

Chances are those within the arm that the customer was in. A sequence of tweaks has no chances in a log, since people
chose the tweaks: it cannot be evaluated here, only in a simulated or a live trial.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.customers.campaign_log import CampaignLog
from evenhand.customers.campaign_plan import HELD_BACK, CampaignPlan
from evenhand.customers.plan_checks import positions_of
from evenhand.errors import DataError, RuleError
from evenhand.experiments.offpolicy.evaluate import Answer, evaluate_rounds
from evenhand.experiments.offpolicy.rounds import Rounds
from evenhand.segments import NO_CONTACT, Segmentation

__all__ = ["evaluate_segmentation", "rounds_of"]

IntArray = NDArray[np.int64]


def evaluate_segmentation(
    log: CampaignLog, segmentation: Segmentation, *, outcome: str = "margin", level: float = 0.95, seed: int = 0
) -> Answer:
    """Return what a segmentation would have brought per customer over the block, in terms of `outcome`.

    The answer has no number where the log does not support one. DataError when the outcome is not known of everyone,
    RuleError when the segmentation stands on features or protected attributes that the log's plan does not allow.
    """
    rounds = rounds_of(log, segmentation, outcome=outcome)
    answer = evaluate_rounds(rounds, level=level, seed=seed)
    return replace(answer, remarks=(*answer.remarks, *_remarks(log, rounds)))


def rounds_of(log: CampaignLog, segmentation: Segmentation, *, outcome: str = "margin") -> Rounds:
    """Return the log's rounds and what the segmentation would have sent; see `evaluate_segmentation`."""
    plan = log.plan
    _check_rules(segmentation, plan)
    taking = (plan.frame["arm"] != HELD_BACK).to_numpy()
    target = _target(segmentation, plan)
    planned = positions_of(plan.frame["planned"], plan.about)
    strata = pd.DataFrame(
        {"arm": plan.frame["arm"], "planned": planned, "exploration": plan.frame["exploration"],
         "eligible": plan.frame["eligible"]}
    )[taking]  # fmt: skip
    return Rounds.of(
        plan.actions[taking],
        log.outcome(outcome)[taking],
        plan.propensities[taking],
        target[taking],
        strata=strata.groupby(list(strata), sort=True).ngroup().to_numpy(dtype=np.int64),
        planned=planned[taking],
        names=plan.about.names,
    )


def _target(segmentation: Segmentation, plan: CampaignPlan) -> IntArray:
    """Return the campaign that each customer would have got, (n,): no contact for those not eligible for it."""
    wanted = [segment.campaign for segment in segmentation.every]
    strange = sorted({*wanted} - {*plan.about.names})
    if strange:
        raise DataError(
            f"campaign {strange[0]!r} was not among those of plan {plan.id}",
            where="segmentation",
            rule="a log tells only of campaigns that it could draw: no support for any other",
            mend="declare the campaign, plan again with an exploration share, and evaluate on that log",
        )
    positions = segmentation.assign(plan.baseline)
    found = np.array([plan.about.names.index(campaign) for campaign in wanted], dtype=np.int64)[positions]
    sets = np.array([[name in offered for name in plan.about.names] for offered in plan.about.eligible])
    open_to = sets[plan.frame["eligible"].to_numpy(), found]
    return np.where(open_to, found, plan.about.names.index(NO_CONTACT.id))


def _check_rules(segmentation: Segmentation, plan: CampaignPlan) -> None:
    used = {condition.field for segment in segmentation.segments for condition in segment.rule.conditions()}
    if taken := sorted(used & {*plan.about.protected}):
        raise RuleError(f"{taken[0]!r} is a protected attribute", where="segmentation",
                        rule="no rule may use a protected attribute")  # fmt: skip
    if unknown := sorted(used - {*plan.about.features}):
        raise RuleError(
            f"feature {unknown[0]!r} is not in the log",
            where="segmentation",
            rule=f"rules use the features of the plan: {', '.join(plan.about.features)}",
        )


def _remarks(log: CampaignLog, rounds: Rounds) -> tuple[str, ...]:
    about, remarks = log.plan.about, tuple[str, ...]()
    if about.periods < about.block_periods:
        remarks += (f"the plan covers {about.periods} of the {about.block_periods} periods of its block, so what the "
                    "periods before left behind is in the rewards",)  # fmt: skip
    if held := len(log) - len(rounds):
        remarks += (f"{held:,} customers of the holdback are left out",)
    if about.unit == "cluster":
        remarks += ("clusters were assigned to arms, and the intervals take customers for independent",)
    if log.sent_other:
        remarks += (f"{log.sent_other:,} customers were sent another campaign than planned: what is estimated is the "
                    "effect of planning it",)  # fmt: skip
    return remarks
