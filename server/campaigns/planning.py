"""From what stands in the registry to a campaign plan: the version that runs, and during a roll-out both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from evenhand.customers.campaign_plan import CampaignPlan
from evenhand.experiments.exploration import Exploration
from evenhand.experiments.loop import Schedule, plan_campaigns
from evenhand.registry import campaigns, customers, requests, segmentations
from evenhand.registry.actor import Actor
from evenhand.registry.campaigns import Plan, Row
from evenhand.segments.canonical import Json
from evenhand.server.campaigns.people import table_of
from evenhand.server.lookups import shares_of

__all__ = ["Asked", "Prepared", "Stand", "keep", "prepare", "stand_of"]


class Asked(NamedTuple):
    """What is asked of a plan."""

    segmentation: str
    starts: date
    period: int | None  # since the loop began; None: behind that of the newest plan
    periods: int
    block_periods: int
    period_days: int
    exploration: Exploration


class Stand(NamedTuple):
    """What a plan follows from: another one, and the plan would be another one."""

    version: int
    request: int | None  # whose roll-out runs
    coming: int | None  # its version
    period: int
    customers: int  # see `customers.changes`


class Prepared(NamedTuple):
    """A plan that nobody has kept yet."""

    plan: CampaignPlan
    stand: Stand
    versions: dict[str, int]  # by arm


def stand_of(connection: Connection, asked: Asked) -> Stand:
    """Return what stands now; MissingError when there is no such segmentation."""
    record = segmentations.get(connection, asked.segmentation)
    coming = None
    if record.rolling_request is not None:
        coming = requests.get(connection, record.rolling_request).version
    period = _next_period(connection, asked) if asked.period is None else asked.period
    return Stand(record.current_version, record.rolling_request, coming, period, customers.changes(connection))


def prepare(connection: Connection, asked: Asked) -> Prepared:
    """Work a plan out; it changes nothing. Errors are those of `plan_campaigns` and `table_of`.

    Draws are salted by the segmentation, so they hold for a block whatever rolls out meanwhile; who has the coming
    version is hashed as the roll-out does it (`lookups.shares_of`).
    """
    stand = stand_of(connection, asked)
    name = asked.segmentation
    current = segmentations.version(connection, name, stand.version).content
    contents, versions, assignment = {"everyone": current}, {"everyone": stand.version}, None
    if stand.request is not None and stand.coming is not None:
        contents = {"coming": segmentations.version(connection, name, stand.coming).content, "current": current}
        versions = {"coming": stand.coming, "current": stand.version}
        assignment = shares_of(requests.get(connection, stand.request))
    table = table_of(customers.everybody(connection), [content.catalogue for content in contents.values()])
    schedule = Schedule(asked.starts, stand.period, asked.block_periods, asked.period_days, asked.periods)
    plan = plan_campaigns(
        table, contents, salt=f"segmentations/{name}", schedule=schedule, exploration=asked.exploration,
        assignment=assignment,
    )  # fmt: skip
    return Prepared(plan, stand, versions)


def keep(connection: Connection, asked: Asked, prepared: Prepared, *, actor: Actor, now: datetime) -> Plan:
    """Keep a prepared plan, made anew where something it stands on has changed since: an objection counts at once."""
    if prepared.stand != stand_of(connection, asked):
        prepared = prepare(connection, asked)
    plan = prepared.plan
    return campaigns.keep(
        connection, plan.id, segmentation=asked.segmentation, version=prepared.stand.version,
        request=prepared.stand.request, document=_document(prepared), rows=_rows(plan), actor=actor, now=now,
    )  # fmt: skip


def _next_period(connection: Connection, asked: Asked) -> int:
    newest = campaigns.every(connection, segmentation=asked.segmentation, limit=1)
    if not newest:
        return 0
    about: Mapping[str, Any] = newest[0].document["about"]
    return int(about["period"]) + int(about["periods"])


def _document(prepared: Prepared) -> dict[str, Json]:
    plan, about = prepared.plan, prepared.plan.about
    frame = plan.frame
    return {
        "about": about.model_dump(mode="json"),
        "starts": about.starts.isoformat(),
        "ends": about.ends.isoformat(),
        "versions": dict(prepared.versions),
        "customers": len(plan),
        "explored": int(frame["explored"].sum()),
        "by_arm": _counts(frame["arm"]),
        "by_segment": _counts(frame["segment"]),
        "by_campaign": _counts(frame["campaign"]),
    }


def _counts(values: Any) -> dict[str, Json]:
    return {str(name): int(count) for name, count in values.value_counts().sort_index().items()}


def _rows(plan: CampaignPlan) -> list[Row]:
    about = plan.about
    parts = [plan.baseline[list(names)].astype(object) for names in (about.features, about.protected)]
    told = [part.where(part.notna(), None).to_dict("records") for part in parts]
    names = Row._fields[:-1]  # the baseline stands last
    columns = [plan.frame[name].tolist() for name in names]
    return [
        Row._make((*values, {"features": features, "protected": protected}))
        for *values, features, protected in zip(*columns, *told, strict=True)
    ]
