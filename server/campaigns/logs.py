"""A kept plan as what it was when it was made, joined with what came back."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import Connection

from evenhand.customers.campaign_log import CampaignLog, joined
from evenhand.customers.campaign_plan import COLUMNS, CampaignPlan, PlanAbout
from evenhand.customers.results import OUTCOMES
from evenhand.registry import campaigns
from evenhand.registry.campaigns import Plan, Result

__all__ = ["log_of", "plan_of"]


def plan_of(connection: Connection, plan: Plan) -> CampaignPlan | None:
    """Return the plan with the customers that are still there; None where all of them were erased, or its rows too old.

    It has no id of its own: that is a hash of all rows, erased ones too.
    """
    rows = campaigns.rows_of(connection, plan.id)
    if not rows:
        return None
    about = PlanAbout.model_validate({**plan.document["about"], "id": ""})
    frame = pd.DataFrame([row[:-1] for row in rows], columns=list(campaigns.Row._fields[:-1]))
    frame = frame.assign(plan="", period=about.period, block=about.block)[list(COLUMNS)]
    baseline = pd.DataFrame(
        [{**row.baseline["features"], **row.baseline["protected"]} for row in rows],
        columns=[*about.features, *about.protected],
    )
    baseline.insert(0, "customer", frame["customer"])
    return CampaignPlan(frame, about, baseline)


def log_of(connection: Connection, plan: Plan) -> CampaignLog | None:
    """Return the plan joined with its results; None where all customers were erased."""
    found = plan_of(connection, plan)
    if found is None:
        return None
    return joined(found, _ledger(campaigns.believed(connection, plan.id)), complete=plan.completed_at is not None)


def _ledger(rows: list[Result]) -> pd.DataFrame:
    ledger = pd.DataFrame(rows, columns=list(Result._fields))
    texts = [name for name in ledger if name not in OUTCOMES]
    return ledger.astype(dict.fromkeys(OUTCOMES, "float64") | dict.fromkeys(texts, "str"))
