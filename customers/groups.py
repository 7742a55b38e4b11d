"""Sort the values of a protected attribute into its declared groups."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from evenhand.customers.files import RawTable
from evenhand.customers.protected import UNKNOWN
from evenhand.customers.specs import ProtectedSpec, number_range
from evenhand.customers.values import check, text
from evenhand.errors import DataError

__all__ = ["MAX_GROUPS", "protected_groups"]

MAX_GROUPS = 12  # more groups than that are values that nobody has grouped yet
EMPTY = frozenset({"", "na", "n/a", "nan", "null", UNKNOWN})  # "none" is a real answer, for example for kids


def protected_groups(table: RawTable, spec: ProtectedSpec) -> pd.Series[str]:
    """Return the group of every record, "unknown" where empty.

    Raises DataError on a value in no declared group, on too many values without declared groups, and when
    fewer than two groups are there to compare.
    """
    cells = text(table, spec.column)
    declared = {value for values in (spec.groups or {}).values() for value in values}
    missing = (cells.str.lower().isin(EMPTY) & ~cells.isin(declared)) | cells.isin(spec.unknown)
    groups = _declared(table, spec, cells, missing) if spec.groups is not None else cells
    groups = groups.where(~missing, UNKNOWN)
    _comparable(table, spec, groups)
    return groups


def _declared(table: RawTable, spec: ProtectedSpec, cells: pd.Series[str], missing: pd.Series[bool]) -> pd.Series[str]:
    named = spec.groups or {}
    groups = cells.map({value: group for group, values in named.items() for value in values})
    ranges = [(found, group) for group, values in named.items() for value in values if (found := number_range(value))]
    if ranges:
        numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float64, na_value=math.nan)
        for (low, high), group in ranges:
            groups = groups.mask((numbers >= low) & (numbers < high) & groups.isna().to_numpy(), group)
    check(
        table,
        spec.column,
        (groups.isna() & ~missing).to_numpy(),
        "belongs to no declared group",
        rule=f"the groups are {', '.join(named)}",
        mend="add the value to a group, or list it under unknown",
    )
    return groups


def _comparable(table: RawTable, spec: ProtectedSpec, groups: pd.Series[str]) -> None:
    found = sorted(set(groups.unique()) - {UNKNOWN})
    where = f"{table.file}, column {spec.column!r}"
    if len(found) > MAX_GROUPS:
        raise DataError(
            f"{len(found)} different values, for example {found[0]!r} and {found[-1]!r}",
            where=where,
            rule=f"a protected attribute has at most {MAX_GROUPS} groups",
            mend='declare groups, for example groups = { "under 45" = ["..45"], "45 up" = ["45.."] }',
        )
    if len(found) < 2:
        who = f"everyone whose group is known is {found[0]!r}" if found else "no value is known"
        raise DataError(
            who,
            where=where,
            rule="a protected attribute needs two groups to compare",
            mend="take it out of the schema",
        )
