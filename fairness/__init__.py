"""Fairness between groups of protected attributes: rates, gaps, constraints and audits."""

from evenhand.fairness.audit import AttributeAudit, Audit, AuditRow, GroupAudit, Protected, audit
from evenhand.fairness.constraints import DemographicParity, ordered_pairs
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

__all__ = [
    "MIN_GROUP",
    "UNKNOWN",
    "AttributeAudit",
    "Audit",
    "AuditRow",
    "DemographicParity",
    "GroupAudit",
    "GroupRate",
    "Protected",
    "RateDifference",
    "audit",
    "gap",
    "group_rates",
    "newcombe",
    "ordered_pairs",
    "pairwise_differences",
    "wilson",
]
