"""The live analysis at one look of a rehearsed trial, told that its data are simulated."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from evenhand.customers.campaign_log import CampaignLog
from evenhand.experiments.rehearsal.course import Found
from evenhand.experiments.trial.analysis import analyze, data_of
from evenhand.experiments.trial.register import RegisteredPlan

__all__ = ["judge"]


def judge(registered: RegisteredPlan, log: CampaignLog, share: float, until: date, previous: Sequence[Found]) -> Found:
    """Return the evidence on every challenger, as if the analysis were made on the day after `until`."""
    plan = registered.plan
    taken = data_of(log, plan, until=until)
    analysis = analyze(
        registered, taken.data, origin="simulated", layout=taken.layout, start=taken.start, until=taken.until,
        previous=[found[plan.challengers[0]] for found in previous], share=share, delivered=taken.delivered,
        checks=taken.checks, now=datetime.combine(until + timedelta(days=1), time(), UTC),
    )  # fmt: skip
    return {arm: analysis.evidence(arm) for arm in plan.challengers}
