"""Who gets the beneficial offers: one table per protected attribute, small and unknown groups shown too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from numpy.typing import ArrayLike

from evenhand.fairness.constraints import DemographicParity
from evenhand.fairness.gaps import (
    MIN_GROUP,
    UNKNOWN,
    GroupRate,
    RateDifference,
    gap,
    group_rates,
    pairwise_differences,
)

__all__ = ["AttributeAudit", "Audit", "AuditRow", "GroupAudit", "Protected", "audit"]


@dataclass(frozen=True, slots=True, eq=False)
class Protected:
    """Membership of one protected attribute: `codes` (n_customers,) are positions in `groups` or -1."""

    codes: ArrayLike
    groups: Sequence[str]
    label: str = ""


@dataclass(frozen=True, slots=True)
class GroupAudit:
    """One group: its size, its rate with a Wilson interval, and `why_not` when it is left out of the gap."""

    group: str
    n: int
    share: float  # of all customers
    constrained: bool
    why_not: str
    rate: float  # NaN when the group is empty
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class AttributeAudit:
    """One protected attribute; `tolerance` is None when its gap is measured but not constrained."""

    attribute: str
    label: str
    groups: tuple[GroupAudit, ...]
    differences: tuple[RateDifference, ...]
    gap: float | None  # None when fewer than two groups are large enough
    tolerance: float | None
    share_unknown: float


class AuditRow(NamedTuple):
    """One line of the table; `pandas.DataFrame(audit.rows())` shows it."""

    attribute: str
    group: str
    n: int
    constrained: bool
    why_not: str
    rate: float
    low: float
    high: float
    gap: float | None
    tolerance: float | None


@dataclass(frozen=True, slots=True)
class Audit:
    """Audits of all protected attributes, in the order given."""

    attributes: tuple[AttributeAudit, ...]

    def rows(self) -> tuple[AuditRow, ...]:
        """Return one row per attribute and group."""
        return tuple(
            AuditRow(a.attribute, g.group, g.n, g.constrained, g.why_not, g.rate, g.low, g.high, a.gap, a.tolerance)
            for a in self.attributes
            for g in a.groups
        )

    def attribute(self, name: str) -> AttributeAudit:
        """Return the audit of one attribute; raises `KeyError` when it was not audited."""
        for one in self.attributes:
            if one.attribute == name:
                return one
        raise KeyError(name)


def audit(
    benefit: ArrayLike,
    protected: Mapping[str, Protected],
    *,
    constraints: Sequence[DemographicParity] = (),
    min_group: int = MIN_GROUP,
    level: float = 0.95,
) -> Audit:
    """Audit `benefit` (n_customers,), yes or no or a share 0..1, over every protected attribute.

    Every group is reported; unknown ones and those under `min_group` do not enter the gap.
    """
    tolerances = {one.attribute: one.tolerance for one in constraints}
    return Audit(
        tuple(
            _attribute(
                name,
                column,
                group_rates(benefit, column.codes, column.groups, level=level),
                tolerances.get(name),
                min_group,
            )
            for name, column in protected.items()
        )
    )


def _attribute(
    name: str, column: Protected, rates: Sequence[GroupRate], tolerance: float | None, min_group: int
) -> AttributeAudit:
    total = max(sum(rate.n for rate in rates), 1)
    groups = tuple(_group(rate, total, min_group) for rate in rates)
    return AttributeAudit(
        attribute=name,
        label=column.label or name,
        groups=groups,
        differences=pairwise_differences(rates, min_group=min_group),
        gap=gap(rates, min_group=min_group) if sum(group.constrained for group in groups) > 1 else None,
        tolerance=tolerance,
        share_unknown=sum(rate.n for rate in rates if rate.group == UNKNOWN) / total,
    )


def _group(rate: GroupRate, total: int, min_group: int) -> GroupAudit:
    why_not = rate.left_out(min_group)
    return GroupAudit(rate.group, rate.n, rate.n / total, not why_not, why_not, rate.rate, rate.low, rate.high)
