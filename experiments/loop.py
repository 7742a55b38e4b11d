"""The loop that makes it real: an approved segmentation becomes a campaign plan, results come back and join it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from evenhand.customers import Customers
from evenhand.customers.campaign_plan import CampaignPlan
from evenhand.customers.log_storage import Recorded, record_results
from evenhand.experiments.exploration import Exploration
from evenhand.experiments.planning import Schedule, planned_campaigns
from evenhand.experiments.trial.assignment import Assignment
from evenhand.segments import Segmentation

__all__ = ["Schedule", "plan_campaigns", "record"]


def plan_campaigns(
    customers: Customers,
    segmentations: Segmentation | Mapping[str, Segmentation],
    *,
    salt: str,
    schedule: Schedule,
    exploration: Exploration | None = None,
    assignment: Assignment | None = None,
    clusters: pd.Series | None = None,
) -> CampaignPlan:
    """Return who gets what by one segmentation, or by several, which are arms of a trial by name.

    Everything random follows from `salt` and the customers' ids: same input, same plan. `assignment` gives the arms'
    shares (equal ones without it); customers outside its roll-out get the first arm's segmentation, those held back
    get nothing. `clusters`, by customer id, are assigned to arms as wholes. Who is not eligible for a segment's
    campaign (no consent for its channel) is not contacted. Raises EvenhandError when arms and shares do not fit,
    CampaignError when two arms describe a campaign differently.
    """
    arms = {"everyone": segmentations} if isinstance(segmentations, Segmentation) else segmentations
    return planned_campaigns(
        customers,
        arms,
        salt=salt,
        schedule=schedule,
        exploration=exploration or Exploration(),
        assignment=assignment,
        clusters=clusters,
    )


def record(
    plan: CampaignPlan, results: str | Path | pd.DataFrame, *, out: str | Path, complete: bool = False
) -> Recorded:
    """Join what came back with the plan, keep it in the folder `out`, and return what was taken and what refused.

    Recording the same results twice changes nothing. What cannot be believed is refused, counted and kept with its
    reason. With `complete`, silence of a customer means that nothing happened; without, that nothing is known.
    """
    return record_results(plan, results, Path(out), complete=complete)
