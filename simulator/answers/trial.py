"""A campaign log as a trial: who got what, what it brought, and whether it was drawn at random.

Rows with campaign "none" are customers who were left without contact, to compare with. Where a log has no such row, the
consenting customers that it never names stand in for them in the audit: a log of contacts leaves out who got none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.segments import NO_CONTACT
from evenhand.simulator.answers.design import Design, coding_of, columns_of, names_of
from evenhand.simulator.answers.randomised import LogAudit, audit_log
from evenhand.simulator.answers.response import LEAST_EVENTS, Outcomes

if TYPE_CHECKING:
    from evenhand.customers import Customers

__all__ = ["Trial", "audit_of", "trial_of"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


class Trial(NamedTuple):
    """The rows of a log that has customers without contact and tells what they did."""

    customer: Rows  # (M,) rows of the customer table
    outcomes: Outcomes
    weeks: float  # of a row
    told: tuple[str, ...]  # visits, conversions, spend


def trial_of(customers: Customers, campaigns: list[str]) -> Trial | None:
    """Return the log as a trial, None where too few events without contact are told to compare with."""
    log = _single_rows(customers, campaigns)
    if log is None:
        return None
    arm = _arms(log, campaigns)
    visited, spend = _column(log, "visited"), _column(log, "spend")
    told = customers.schema.log
    tells_conversion = told is None or told.tells_conversion
    converted = np.asarray(log["redemptions"] > 0, np.float64) if tells_conversion else None
    if spend is not None and converted is not None:
        converted = np.maximum(converted, spend > 0)
    if visited is not None and converted is not None:
        visited = np.maximum(visited, converted)
    converted = converted if _enough(converted, arm) else None
    visited = visited if _enough(visited, arm) else None
    if visited is None and converted is None:
        return None
    spend = spend if converted is not None else None
    weeks = max(float(np.median(log["periods"].fillna(1.0).to_numpy(dtype=np.float64))), 1.0)
    names = {"visits": visited, "conversions": converted, "spend": spend}
    return Trial(
        customer=customers.frame.index.get_indexer(pd.Index(log["customer"])),
        outcomes=Outcomes(arm, visited, converted, spend),
        weeks=weeks,
        told=tuple(name for name, values in names.items() if values is not None),
    )


def audit_of(customers: Customers, campaigns: list[str], design: Design, *, seed: int = 0) -> LogAudit | None:
    """Judge by the first contact of each customer whether the log was randomised; None without a log."""
    log = _single_rows(customers, campaigns)
    if log is None:
        return None
    first = log.sort_values("period", kind="stable").drop_duplicates("customer")
    row = customers.frame.index.get_indexer(pd.Index(first["customer"]))
    arm, propensity = _arms(first, campaigns), first["propensity"].to_numpy(dtype=np.float64)
    if not (arm == 0).any():
        silent = np.setdiff1d(np.flatnonzero(customers.consent), row)
        row, arm = np.r_[row, silent], np.r_[arm, np.zeros(len(silent), np.intp)]
        propensity = np.r_[propensity, np.full(len(silent), np.nan)]
    mine = design.rows(row)
    coding = coding_of(mine)
    return audit_log(
        arm,
        columns_of(mine, coding),
        arms=[NO_CONTACT.id, *campaigns],
        names=names_of(mine, coding),
        untreated=0,
        propensity=propensity,
        seed=seed,
    )


def _single_rows(customers: Customers, campaigns: list[str]) -> pd.DataFrame | None:
    """Return the rows of known campaigns, without those of which a customer has several in one period."""
    log = customers.contacts
    if log is None:
        return None
    log = log[log["campaign"].isin([NO_CONTACT.id, *campaigns])]
    log = log[~log.duplicated(["customer", "period"], keep=False)]
    return log if len(log) else None


def _arms(log: pd.DataFrame, campaigns: list[str]) -> Rows:
    return pd.Index([NO_CONTACT.id, *campaigns]).get_indexer(pd.Index(log["campaign"])).astype(np.intp)


def _column(log: pd.DataFrame, name: str) -> Floats | None:
    """Return a column that is told in every row, else None."""
    if name not in log or bool(log[name].isna().any()):
        return None
    return log[name].to_numpy(dtype=np.float64)


def _enough(happened: Floats | None, arm: Rows) -> bool:
    """Say whether something happened often enough, and not always, without contact and with one."""
    if happened is None:
        return False
    by_arm = [happened[arm == 0], happened[arm > 0]]
    return all(LEAST_EVENTS <= part.sum() <= len(part) - LEAST_EVENTS for part in by_arm)
