"""One row per customer of a roll-out, from the logs of all campaign plans that were sent while it ran."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pandas as pd

from evenhand.customers.campaign_log import CampaignLog

__all__ = ["COMING", "CURRENT", "GROUP", "PROFIT", "REDEEMED", "UNSUBSCRIBED", "settled", "units_of"]

COMING, CURRENT = "coming", "current"  # the arms: customers of the roll-out's share, and the others
PROFIT, REDEEMED, UNSUBSCRIBED = "profit", "redeemed", "unsubscribed"
GROUP = "group of "  # how columns of protected attributes begin: an attribute may be called "arm"


def settled(log: CampaignLog) -> bool:
    """Whether something is known of every customer, so that arms can be compared although answers come in over days."""
    return log.complete or bool((log.frame["results"] > 0).all())


def units_of(logs: Sequence[CampaignLog], *, until: date) -> pd.DataFrame:
    """Return a row per customer of the logs, all of them `settled`: arm, periods, outcomes and protected groups.

    `periods` counts those that had begun by `until`. `profit` is money per period; `redeemed` and `unsubscribed` are 1
    where it happened in any plan, `benefit` where one gave a campaign that is good for the customer. An outcome that
    some log does not tell of everybody is left out. Groups are those of the customer's last plan.
    """
    parts = [_part(log, until) for log in logs]
    told = [name for name in (PROFIT, REDEEMED, UNSUBSCRIBED) if all(name in part for part in parts)]
    every = pd.concat(parts, ignore_index=True)
    groups = every.groupby("customer", sort=True)
    units = groups[["arm", *(name for name in every if str(name).startswith(GROUP))]].last()
    units["periods"] = groups["periods"].sum()
    for name in ("benefit", *(name for name in told if name != PROFIT)):
        units[name] = groups[name].max().astype(np.float64)
    if PROFIT in told:
        units[PROFIT] = groups[PROFIT].sum() / units["periods"].clip(lower=1)
    return units.reset_index()


def _part(log: CampaignLog, until: date) -> pd.DataFrame:
    frame, about = log.frame, log.plan.about
    good = {campaign.id for campaign in about.campaigns if campaign.beneficial}
    part = frame[["customer", "arm"]].assign(periods=about.begun(until), benefit=frame["campaign"].isin(good))
    for name in about.protected:
        part[GROUP + name] = log.plan.baseline[name].to_numpy()
    for name in (REDEEMED, UNSUBSCRIBED):
        if frame[name].notna().all():
            part[name] = frame[name].to_numpy()
    if frame["margin"].notna().all():
        part[PROFIT] = log.outcome(PROFIT, until=until)
    return part
