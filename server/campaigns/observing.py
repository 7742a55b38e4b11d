"""Segment statistics counted from what came back of a plan."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection

from evenhand.customers.campaign_log import CampaignLog
from evenhand.errors import ConflictError, DataError
from evenhand.experiments.watching import settled
from evenhand.registry import campaigns
from evenhand.registry.campaigns import Plan
from evenhand.segments import NO_CONTACT
from evenhand.segments.canonical import Json
from evenhand.server.campaigns.logs import log_of

__all__ = ["counted"]


def counted(connection: Connection, plan: Plan, segmentation: str, version: int) -> list[Json]:
    """Return the statistics of every segment of a version, counted over its arm's customers, exploration included.

    A campaign is sent once to each customer whom the plan gives it, however many periods the plan has: results tell
    whether somebody opened, not how often. ConflictError while answers are still coming in, and where its rows are kept
    no longer; DataError where the plan did not send that version, or where nobody told who opened and who redeemed.
    """
    campaigns.check_rows(plan)
    log = log_of(connection, plan)
    arm = next((arm for arm, number in plan.document["versions"].items() if number == version), None)
    if log is None or arm is None or plan.segmentation != segmentation:
        raise DataError(f"plan {plan.id} did not send version {version} of {segmentation!r}", where="plan",
                        rule="an observation is of a version that its plan sent")  # fmt: skip
    if not settled(log):
        raise ConflictError(
            "answers of some customers are missing", where=plan.subject,
            mend="send the last results with complete=true: whoever is not among them did nothing",
        )  # fmt: skip
    for name in ("opened", "redeemed"):
        if log.frame[name].isna().any():
            raise DataError(f"no result tells who {name}", where=plan.subject, mend="send results that tell it")
    about = next(one for one in log.plan.about.arms if one.name == arm)
    here = log.frame[log.frame["arm"] == arm]
    return [_segment(here[here["segment"] == segment], segment, log) for segment in about.segments]


def _segment(rows: pd.DataFrame, segment: str, log: CampaignLog) -> dict[str, Json]:
    sent = [name for name in log.plan.about.names if name != NO_CONTACT.id]
    told: list[Json] = []
    for name in sent:
        given = rows[rows["campaign"] == name]
        if given.empty:
            continue
        opened = given["opened"] > 0
        campaign: dict[str, Json] = {
            "campaign": name, "sends": len(given), "opens": int(opened.sum()),
            "redemptions": int((opened & (given["redeemed"] > 0)).sum()),
        }  # fmt: skip
        if given["unsubscribed"].notna().all():
            campaign["unsubscribes"] = int(given["unsubscribed"].sum())
        if given["spend"].notna().all():
            campaign["spend"] = float(given["spend"].sum())
        told.append(campaign)
    return {"segment": segment, "customers": len(rows), "campaigns": told}
