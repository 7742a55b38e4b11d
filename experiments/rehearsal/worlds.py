"""The campaign plan of a trial, and the plan of each world in which all of its customers are in one arm.

In the world of an arm everyone is explored with the share that the arm's segments have in the trial, by the same draws:
a customer of that arm gets the very campaign that the trial gives them. So each customer's outcome in the trial is one
of their potential outcomes, and the trial's estimand is the difference between the worlds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import numpy as np

from evenhand.customers import Customers
from evenhand.customers.campaign_plan import HELD_BACK, OUTSIDE, CampaignPlan
from evenhand.experiments.exploration import Exploration, draw
from evenhand.experiments.loop import Schedule, plan_campaigns
from evenhand.experiments.placing import placed, reachable
from evenhand.experiments.rehearsal.arms import assignment_of
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.segments import Segmentation

__all__ = ["trial_plan", "world_of"]


def trial_plan(
    plan: ExperimentPlan, customers: Customers, arms: Mapping[str, Segmentation], *, starts: date,
    exploration: Exploration,
) -> CampaignPlan:  # fmt: skip
    """Return who gets what in the trial: one block of periods, by the experiment's salt and shares."""
    schedule = Schedule(starts, block_periods=plan.weeks)
    return plan_campaigns(
        customers, arms, salt=plan.salt, schedule=schedule, exploration=exploration, assignment=assignment_of(plan)
    )


def world_of(
    arm: str, trial: CampaignPlan, customers: Customers, arms: Mapping[str, Segmentation]
) -> CampaignPlan:  # fmt: skip
    """Return the plan in which everyone is in `arm`, but who is outside the trial or held back."""
    about, segmentation = trial.about, arms[arm]
    reach = reachable(customers, about.campaigns)
    everyone = np.full(customers.n, [*arms].index(arm), np.int16)
    rows, _ = placed(customers, arms, everyone, about.campaigns, reach, Exploration(0.0))
    share_of = {segment: pool.share for pool in about.pools if pool.arm == arm for segment in pool.segments}
    by_segment = np.array([share_of.get(segment, 0.0) for segment in segmentation.ids])
    shares = np.where(reach.sum(axis=1) > 1, by_segment[rows.positions], 0.0)
    ids = trial.frame["customer"].to_numpy(dtype=object)
    given, explored = draw(ids, rows.planned, reach, shares, names=about.names, salt=about.salt, block=about.block)
    names = np.array(about.names, dtype=object)
    inside = (~trial.frame["arm"].isin([HELD_BACK, OUTSIDE])).to_numpy()
    columns = {
        "arm": np.full(customers.n, arm, dtype=object),
        "segment": np.array(segmentation.ids, dtype=object)[rows.positions],
        "planned": names[rows.planned],
        "campaign": names[given],
        "explored": explored,
        "exploration": shares,
    }
    frame = trial.frame.assign(
        **{name: np.where(inside, values, trial.frame[name].to_numpy()) for name, values in columns.items()}
    )
    frame = frame.astype(trial.frame.dtypes.to_dict())
    return CampaignPlan.drawn(frame, about, trial.baseline)
