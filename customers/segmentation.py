"""The segmentation that a marketer would set up by hand: recency, frequency, monetary value, round cuts."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from evenhand.customers.specs import Role
from evenhand.customers.table import Customers
from evenhand.errors import CampaignError, SchemaError
from evenhand.segments import Condition, RuleGroup, Segment, Segmentation

__all__ = ["rfm_segmentation", "round_cut"]

ROUND_DAYS = (7, 14, 21, 30, 45, 60, 90, 120, 180, 270, 365, 545, 730)
ROUND_STEPS = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)


class _Cut(NamedTuple):
    """A part of a customary rule: `role operator` the round number nearest to this quantile."""

    role: Role
    operator: str
    quantile: float


class _Plan(NamedTuple):
    """One customary segment; `rank` is the campaign's place from the dearest (0) to the cheapest (-1)."""

    id: str
    name: str
    cuts: tuple[_Cut, ...]
    rank: int


PLANS = (
    _Plan("lapsed", "Lapsed", (_Cut("recency", ">=", 0.85),), -1),
    _Plan("best", "Best", (_Cut("frequency", ">=", 0.75), _Cut("monetary", ">=", 0.5)), 0),
    _Plan("loyal", "Loyal", (_Cut("frequency", ">=", 0.75),), 0),
    _Plan("big_baskets", "Big baskets", (_Cut("monetary", ">=", 0.75),), 1),
    _Plan("regular", "Regular", (_Cut("frequency", ">=", 0.4),), 1),
)


def round_cut(value: float, *, days: bool = False) -> float:
    """Return the number that a person would say instead of `value`: 30 days, 2.5 trips, 40 of money."""
    if days:
        return float(min(ROUND_DAYS, key=lambda step: abs(math.log(step / max(value, 1.0)))))
    if value <= 0:
        return 0.0
    power = 10.0 ** math.floor(math.log10(value))
    return float(f"{min(ROUND_STEPS, key=lambda step: abs(step * power - value)) * power:.12g}")


def rfm_segmentation(customers: Customers) -> Segmentation:
    """Build today's segmentation from the recency, frequency and monetary columns: six segments at most.

    Cuts are round numbers near quantiles of the table. The best and loyal customers get the dearest campaign,
    regular ones the next, lapsed ones the cheapest, the others none, as is customary; fairness plays no part
    in it. Segments that no one would be in, or that need a column that is missing, are left out.
    Raises SchemaError without any of the three roles, CampaignError without a campaign.
    """
    if not any(customers.role(role) for role in ("recency", "frequency", "monetary")):
        raise SchemaError(
            "no feature has the role recency, frequency or monetary",
            where=customers.schema.name,
            rule="a recency-frequency-monetary segmentation needs at least one of them",
            mend='add role = "recency" (or frequency, monetary) to a feature of the schema',
        )
    if not customers.schema.campaigns:
        raise CampaignError(
            "no campaign is declared",
            where=customers.schema.name,
            rule="a segmentation says which campaign each segment gets",
            mend="declare at least one under [[campaigns]]",
        )
    default = Segment(id="occasional", name="Occasional", campaign="none")
    segments: list[Segment] = []
    for plan in PLANS:
        segment = _segment(customers, plan)
        if segment and _reaches_someone(customers, (*segments, segment), default):
            segments.append(segment)
    return Segmentation(catalogue=customers.catalogue, segments=tuple(segments), default=default)


def _segment(customers: Customers, plan: _Plan) -> Segment | None:
    conditions = []
    for cut in plan.cuts:
        column = customers.role(cut.role)
        if column is None:
            return None
        values = customers.frame[column].to_numpy(dtype=np.float64)
        value = round_cut(float(np.nanquantile(values, cut.quantile)), days=cut.role == "recency")
        conditions.append(Condition.model_validate({"field": column, "operator": cut.operator, "value": value}))
    return Segment(
        id=plan.id,
        name=plan.name,
        rule=RuleGroup(rules=tuple(conditions)),
        campaign=_campaign(customers, plan.rank),
    )


def _campaign(customers: Customers, rank: int) -> str:
    """Return the id of the campaign at a rank from the dearest; with fewer campaigns the cheapest."""
    dearest_first = sorted(customers.schema.campaigns, key=lambda spec: -spec.cost)
    return dearest_first[min(rank, len(dearest_first) - 1)].id


def _reaches_someone(customers: Customers, segments: tuple[Segment, ...], default: Segment) -> bool:
    """Whether the last segment takes some of the customers, but not all that are left."""
    trial = Segmentation(catalogue=customers.catalogue, segments=segments, default=default)
    positions = trial.assign(customers.frame)
    last = len(segments) - 1
    return bool((positions == last).any() and (positions > last).any())
