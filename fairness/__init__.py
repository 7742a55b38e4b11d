"""Fairness between groups of protected attributes: rates, gaps, constraints and audits."""

from evenhand.fairness.audit import AttributeAudit, Audit, AuditRow, GroupAudit, Protected, audit
from evenhand.fairness.constraints import (
    ContactCap,
    CoverageFloor,
    DemographicParity,
    EqualizedOdds,
    EqualOpportunity,
    GroupParity,
    SpendCap,
    UnsubscribeCap,
    ordered_pairs,
)
from evenhand.fairness.gaps import (
    MIN_GROUP,
    UNKNOWN,
    GroupRate,
    RateDifference,
    gap,
    group_rates,
    newcombe,
    pairwise_differences,
    wilson,
)
from evenhand.fairness.reweighing import drawn_by_weight, reweighing

__all__ = [
    "MIN_GROUP",
    "UNKNOWN",
    "AttributeAudit",
    "Audit",
    "AuditRow",
    "ContactCap",
    "CoverageFloor",
    "DemographicParity",
    "EqualOpportunity",
    "EqualizedOdds",
    "GroupAudit",
    "GroupParity",
    "GroupRate",
    "Protected",
    "RateDifference",
    "SpendCap",
    "UnsubscribeCap",
    "audit",
    "drawn_by_weight",
    "gap",
    "group_rates",
    "newcombe",
    "ordered_pairs",
    "pairwise_differences",
    "reweighing",
    "wilson",
]
