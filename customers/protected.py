"""Protected attributes of a customer table: their groups, how many belong to each, and codes per customer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.customers.specs import ProtectedSpec

__all__ = ["MIN_GROUP", "UNKNOWN", "GroupCount", "ProtectedAttribute", "group_codes", "protected_attribute"]

UNKNOWN = "unknown"
MIN_GROUP = 200  # a smaller group is reported, not constrained: its rate is too uncertain to steer by


@dataclass(frozen=True)
class GroupCount:
    """One group of a protected attribute, with the number of customers in it."""

    name: str
    n: int
    constrained: bool  # large enough (MIN_GROUP) and known


@dataclass(frozen=True)
class ProtectedAttribute:
    """A protected attribute with its groups in declared order, "unknown" last when anyone is unknown."""

    name: str
    label: str
    groups: tuple[GroupCount, ...]

    @property
    def known(self) -> tuple[GroupCount, ...]:
        """The groups without "unknown"; their positions are the codes of `Customers.protected_codes`."""
        return tuple(group for group in self.groups if group.name != UNKNOWN)

    @property
    def constrained(self) -> tuple[str, ...]:
        """Names of the groups that fairness constraints speak about."""
        return tuple(group.name for group in self.groups if group.constrained)

    @property
    def unknown(self) -> int:
        """How many customers belong to no known group."""
        return sum(group.n for group in self.groups if group.name == UNKNOWN)


def _order(spec: ProtectedSpec, values: pd.Series[str]) -> list[str]:
    if spec.groups is not None:
        return list(spec.groups)
    return sorted({str(value) for value in values.unique()} - {UNKNOWN})


def protected_attribute(spec: ProtectedSpec, values: pd.Series[str]) -> ProtectedAttribute:
    """Count the groups of one column; declared groups stand even when nobody is in them."""
    counts = values.value_counts()
    known = [GroupCount(name, n := int(counts.get(name, 0)), n >= MIN_GROUP) for name in _order(spec, values)]
    unknown = int(counts.get(UNKNOWN, 0))
    rest = [GroupCount(UNKNOWN, unknown, False)] if unknown else []
    return ProtectedAttribute(spec.column, spec.label or spec.column.replace("_", " "), (*known, *rest))


def group_codes(attribute: ProtectedAttribute, values: pd.Series[str]) -> NDArray[np.int8]:
    """Return the position of each customer's group in `attribute.known`, -1 for unknown."""
    names = pd.Index([group.name for group in attribute.known])
    return names.get_indexer(pd.Index(values)).astype(np.int8)
