"""From a campaign log to the data of an experiment, whose arms are those of the campaign plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from evenhand.customers.campaign_log import PROFIT, CampaignLog
from evenhand.customers.campaign_plan import HELD_BACK, OUTSIDE
from evenhand.customers.results import OUTCOMES
from evenhand.errors import DataError
from evenhand.experiments.trial.analysis.layout import Layout
from evenhand.experiments.trial.check import Check
from evenhand.experiments.trial.plan import ExperimentPlan

__all__ = ["LogData", "data_of"]


@dataclass(frozen=True, slots=True, eq=False)
class LogData:
    """What `analyze` takes from a log: its arguments of the same names."""

    data: pd.DataFrame
    layout: Layout
    start: date
    until: date
    delivered: dict[str, str]
    checks: tuple[Check, ...]


def data_of(
    log: CampaignLog, plan: ExperimentPlan, *, layout: Layout | None = None, until: date | None = None
) -> LogData:
    """Return the rows of a log's customers in the trial's arms, those held back or not reached yet left out.

    Columns are the unit (and cluster), the arm, the baseline with its groups, the outcomes and "profit" as far as they
    are known, "benefit" (given a campaign that is good for the customer), "entitled" (eligible for one), "harm"
    (unsubscribed) and "last", the day of the last result. Segments of an arm are results of its segmentation, so they
    are no baseline: give features or groups as segments. `until` is the last day of the data, that of the last result
    where it is not said; "profit" is charged with the periods that had begun by then. Raises DataError where arms or
    unit are not those of the plan.
    """
    about = log.plan.about
    _refuse_other_arms(log, plan)
    if (plan.cluster is None) != (about.unit == "customer"):
        raise DataError(
            f"the campaign plan assigned by {about.unit}", where=f"log of plan {log.plan.id}",
            rule=f"the experiment randomises {'clusters' if plan.cluster else 'units'}",
        )  # fmt: skip
    names = {"customer": plan.unit, **({"cluster": plan.cluster} if plan.cluster else {})}
    frame = log.frame
    good = {campaign.id for campaign in about.campaigns if campaign.beneficial}
    open_to = np.array([bool(good.intersection(offered)) for offered in about.eligible])
    data = pd.concat(
        [log.plan.baseline, frame[["arm", *OUTCOMES]], frame["last"].astype(str).str[:10].rename("last")], axis=1
    ).assign(
        benefit=frame["campaign"].isin(good).to_numpy(), entitled=open_to[frame["eligible"].to_numpy()],
        harm=frame["unsubscribed"].to_numpy(),
    )  # fmt: skip
    inside = (~frame["arm"].isin([HELD_BACK, OUTSIDE])).to_numpy()
    seen = [day for day in data.loc[inside, "last"] if day]
    until = until or max(map(date.fromisoformat, seen), default=about.starts)
    # Where the margin is not known of everybody, neither is the profit: whoever asks for it is told that it is missing.
    data[PROFIT] = log.outcome(PROFIT, until=until) if frame["margin"].notna().all() else np.nan
    return LogData(
        data[inside].rename(columns=names).reset_index(drop=True),
        replace(layout or Layout(), last="last"),
        about.starts,
        until,
        {arm.name: arm.segmentation for arm in about.arms if arm.name != plan.control},
        _checks(log, plan),
    )


def _refuse_other_arms(log: CampaignLog, plan: ExperimentPlan) -> None:
    there, planned = {arm.name for arm in log.plan.about.arms}, {arm.name for arm in plan.arms}
    if there != planned:
        raise DataError(
            f"the campaign plan has arm {', '.join(sorted(there))}", where=f"log of plan {log.plan.id}",
            rule=f"the experiment has {', '.join(sorted(planned))}", mend="is it the log of this experiment?",
        )  # fmt: skip


def _checks(log: CampaignLog, plan: ExperimentPlan) -> tuple[Check, ...]:
    salt = log.plan.about.salt
    found = [
        Check(name="assignment", status="ok", what="Arms were assigned by the plan's salt.")
        if salt == plan.salt
        else Check(
            name="assignment", status="failed", what=f"Arms were assigned by salt {salt!r}, not by {plan.salt!r}.",
            mend="plan campaigns with the experiment's salt, so that no other trial has the same arms",
        )
    ]  # fmt: skip
    if log.sent_other:
        found.append(Check(
            name="sent as planned", status="warning",
            what=f"{log.sent_other:,} customers were sent another campaign than planned; they stay in their arm.",
            mend="the effect of planning is estimated, which is less than that of sending",
        ))  # fmt: skip
    return tuple(found)
