"""How a segmentation, or several as arms of a trial, becomes a campaign plan; `experiments.loop` is the way in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from evenhand.customers import Customers
from evenhand.customers.campaign_plan import HELD_BACK, OUTSIDE, CampaignPlan, PlanAbout, PlannedArm
from evenhand.errors import DataError, EvenhandError
from evenhand.experiments.exploration import Exploration, draw
from evenhand.experiments.placing import campaigns_of, placed, reachable
from evenhand.experiments.trial.assignment import Arm, Assignment
from evenhand.segments import Segmentation

__all__ = ["Schedule", "planned_campaigns"]


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a plan is sent: from `starts`, in which period since the loop began, and for how long draws hold."""

    starts: date
    period: int = 0
    block_periods: int = 4
    period_days: int = 7
    periods: int | None = None  # None: up to the end of the block

    @property
    def length(self) -> int:
        """How many periods the plan is sent for."""
        return self.block_periods - self.period % max(self.block_periods, 1) if self.periods is None else self.periods


def planned_campaigns(
    customers: Customers,
    arms: Mapping[str, Segmentation],
    *,
    salt: str,
    schedule: Schedule,
    exploration: Exploration,
    assignment: Assignment | None = None,
    clusters: pd.Series | None = None,
) -> CampaignPlan:
    """Return who gets what; see `experiments.loop.plan_campaigns`."""
    assignment = assignment or equal_arms(arms, salt)
    _check_arms(arms, assignment)
    campaigns = campaigns_of(arms)
    reach = reachable(customers, campaigns)
    ids = _ids(customers)
    together = None if clusters is None else _clusters(clusters, customers)
    codes = assignment.assign(ids if together is None else together)
    rows, pools = placed(customers, arms, codes, campaigns, reach, exploration)
    sets, eligible = np.unique(reach, axis=0, return_inverse=True)
    names = [campaign.id for campaign in campaigns]
    about = PlanAbout(
        salt=salt,
        starts=schedule.starts,
        period=schedule.period,
        periods=schedule.length,
        block_periods=schedule.block_periods,
        period_days=schedule.period_days,
        exploration=exploration.share,
        floor=exploration.floor,
        campaigns=campaigns,
        eligible=tuple(tuple(name for name, open_to in zip(names, row, strict=True) if open_to) for row in sets),
        arms=tuple(_arm(arm, arms[arm.name]) for arm in assignment.arms),
        unit="customer" if together is None else "cluster",
        rollout=str(assignment.rollout),
        holdback=str(assignment.holdback.share) if assignment.holdback else "0",
        holdback_salt=assignment.holdback.salt if assignment.holdback else "",
        pools=pools,
        features=tuple(spec.column for spec in customers.schema.features),
        protected=tuple(spec.column for spec in customers.schema.protected),
    )
    given, explored = draw(
        ids.to_numpy(dtype=object), rows.planned, reach, rows.exploration, names=names, salt=salt, block=about.block
    )
    segments = [np.array(segmentation.ids, dtype=object) for segmentation in arms.values()]
    frame = pd.DataFrame(
        {
            "plan": "",
            "customer": ids,
            "arm": rows.arm,
            "segment": np.select(
                [rows.runs == k for k in range(len(arms))],
                [s[np.minimum(rows.positions, len(s) - 1)] for s in segments],
            ),
            "planned": np.array(names, dtype=object)[rows.planned],
            "campaign": np.array(names, dtype=object)[given],
            "eligible": eligible.reshape(-1).astype(np.int64),
            "explored": explored,
            "exploration": rows.exploration,
            "propensity": 1.0,
            "period": about.period,
            "block": about.block,
        }
    )
    return CampaignPlan.drawn(frame, about, _baseline(customers, ids, together))


def equal_arms(arms: Mapping[str, Segmentation], salt: str) -> Assignment:
    """Return an assignment in which every arm has the same share."""
    if not arms:
        raise EvenhandError("a plan without a segmentation", rule="at least one")
    return Assignment(salt, tuple(Arm.of(name, f"1/{len(arms)}") for name in arms))


def _check_arms(arms: Mapping[str, Segmentation], assignment: Assignment) -> None:
    shares = [arm.name for arm in assignment.arms]
    if shares != list(arms):
        raise EvenhandError(
            f"segmentations of {', '.join(arms)}, shares of {', '.join(shares)}", rule="the same arms in the same order"
        )
    if taken := {HELD_BACK, OUTSIDE} & {*shares}:
        raise EvenhandError(f"an arm is called {min(taken)!r}", rule="that is a word of the plan", mend="rename it")


def _arm(arm: Arm, segmentation: Segmentation) -> PlannedArm:
    return PlannedArm(name=arm.name, share=str(arm.share), segmentation=segmentation.hash, segments=segmentation.ids)


def _ids(customers: Customers) -> pd.Index:
    ids: pd.Index = pd.Index(customers.frame.index.astype("str"), dtype="str")
    if ids.has_duplicates:
        raise DataError("two customers have one id", rule="one row per customer")
    return ids


def _clusters(clusters: pd.Series, customers: Customers) -> pd.Index:
    """Return the id of each customer's cluster, in the customers' order, as text."""
    found = clusters.reindex(customers.frame.index)
    if found.isna().any():
        raise DataError(
            f"customer {str(found.index[found.isna()][0])!r:.40} is in no cluster",
            rule="a cluster for every customer, by id",
            mend="give customers who live alone a cluster of their own",
        )
    return pd.Index([str(cluster) for cluster in found.tolist()])


def _baseline(customers: Customers, ids: pd.Index, clusters: pd.Index | None) -> pd.DataFrame:
    """Return what rules and audits may ask of the customers as they were: features and protected groups."""
    schema = customers.schema
    columns = [*(spec.column for spec in schema.features), *(spec.column for spec in schema.protected)]
    if taken := {"customer", "cluster"} & {*columns}:
        raise DataError(
            f"a column is called {min(taken)!r}", rule="that is a word of the plan", mend="rename the column"
        )
    baseline = customers.frame[columns].reset_index(drop=True)
    baseline.insert(0, "customer", ids)
    if clusters is not None:
        baseline.insert(1, "cluster", clusters)
    return baseline
