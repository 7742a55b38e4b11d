"""Read the two files that may belong to a customer table: its campaign log and its purchase history."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.customers.files import RawTable, shown
from evenhand.customers.schema import OTHER
from evenhand.customers.specs import CampaignSpec, HistorySpec, LogSpec
from evenhand.customers.values import check, flags, numbers, text, whole_numbers
from evenhand.errors import CampaignError, DataError, nearest
from evenhand.segments import NO_CONTACT

__all__ = ["read_history", "read_log"]

CENT = 0.01


def _known_customers(table: RawTable, column: str, known: pd.Index) -> pd.Index:
    """Return the customers of a file as they stand in the table's index (there perhaps as whole numbers)."""
    positions = known.astype("str").get_indexer(pd.Index(text(table, column)))
    check(
        table,
        column,
        positions < 0,
        "is no customer of the table",
        rule="every row belongs to a customer",
        mend="remove the row, or add the customer",
    )
    return known[positions]


def _known_campaigns(table: RawTable, column: str, campaigns: tuple[CampaignSpec, ...]) -> pd.Series[str]:
    declared = [NO_CONTACT.id, *(spec.id for spec in campaigns)]
    found = text(table, column)
    unknown = ~found.isin(declared).to_numpy()
    if unknown.any():
        position = int(unknown.argmax())
        value = str(found.iloc[position])
        close = nearest(value, declared)
        raise CampaignError(
            f"there is no campaign {shown(value)}",
            where=table.where(position, column),
            rule=f"a campaign of the log is declared in the schema ({', '.join(declared)})",
            mend=f"did you mean {close!r}?" if close else "declare it under [[campaigns]]",
        )
    return found


def _outcome(table: RawTable, spec: LogSpec, spend: NDArray[np.float64]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return (redeemed, redemptions); what is not in the log follows from the other, else from spend."""
    if spec.redemptions:
        count = whole_numbers(table, spec.redemptions, low=0)
        if not spec.redeemed:
            return count > 0, count
        redeemed = flags(table, spec.redeemed) == 1.0
        wrong = redeemed != (count > 0)
        check(
            table,
            spec.redemptions,
            wrong,
            "contradicts the outcome",
            rule="redeemed means at least one redemption",
        )
        return redeemed, count
    redeemed = flags(table, spec.redeemed) == 1.0 if spec.redeemed else spend > 0
    return redeemed, redeemed.astype(np.int64)


def _propensity(table: RawTable, column: str) -> NDArray[np.float64]:
    values = numbers(table, column)
    check(
        table,
        column,
        (values <= 0) | (values > 1),
        "is no propensity",
        rule="a propensity is above 0 and at most 1: the chance that this customer got this campaign",
        mend="leave it empty where it is unknown",
    )
    return values


def read_log(
    table: RawTable, spec: LogSpec, *, customers: pd.Index, campaigns: tuple[CampaignSpec, ...]
) -> pd.DataFrame:
    """Return the campaign log with the columns of `Customers.contacts`.

    Without a period everything is in period 0, without periods a contact lasts one; a propensity, discount, visit or
    spend that is not told is NaN. DataError or CampaignError names the first row that does not fit.
    """
    n = len(table.data)
    spend = numbers(table, spec.spend, low=0) if spec.spend else np.full(n, np.nan)
    redeemed, redemptions = _outcome(table, spec, spend)
    return pd.DataFrame(
        {
            "customer": _known_customers(table, spec.customer, customers),
            "campaign": _known_campaigns(table, spec.campaign, campaigns).to_numpy(),
            "period": whole_numbers(table, spec.period, low=0) if spec.period else np.zeros(n, dtype=np.int64),
            "periods": numbers(table, spec.periods, low=0, empty=False) if spec.periods else np.ones(n),
            "redeemed": redeemed,
            "redemptions": redemptions,
            "discount": numbers(table, spec.discount, low=0) if spec.discount else np.full(n, np.nan),
            "propensity": _propensity(table, spec.propensity) if spec.propensity else np.full(n, np.nan),
            "visited": flags(table, spec.visited) if spec.visited else np.full(n, np.nan),
            "spend": spend,
        }
    )


def read_history(table: RawTable, spec: HistorySpec, *, customers: pd.Index) -> tuple[pd.DataFrame, int]:
    """Return the history as `Customers.history`, sorted by customer and period, and its length in weeks.

    Rows without trips are dropped; spend that the categories do not name becomes the category OTHER.
    """
    frame = pd.DataFrame(
        {
            "customer": _known_customers(table, spec.customer, customers),
            "period": whole_numbers(table, spec.period, low=0),
            "trips": whole_numbers(table, spec.trips, low=0),
            "spend": numbers(table, spec.spend, low=0, empty=False),
        }
    )
    check(
        table,
        spec.period,
        frame.duplicated(["customer", "period"]).to_numpy(),
        "stands there twice for one customer",
        rule="one row per customer and period",
        mend="add up trips and spend",
    )
    for name in spec.categories:
        frame[name] = numbers(table, name, low=0)
    if spec.categories:
        _complete(table, spec, frame)
    if not (frame["trips"] > 0).any():
        raise DataError("no row has a trip", where=table.file, rule="a history has purchases")
    periods = int(frame["period"].max()) + 1
    frame = frame[frame["trips"] > 0].sort_values(["customer", "period"], kind="stable")
    return frame.reset_index(drop=True), periods


def _complete(table: RawTable, spec: HistorySpec, frame: pd.DataFrame) -> None:
    """Make the categories add up to spend: what they do not name is the category OTHER."""
    names = list(spec.categories)
    frame[names] = frame[names].fillna(0.0)
    rest = (frame["spend"] - frame[names].sum(axis=1)).to_numpy()
    check(
        table,
        spec.spend,
        rest < -CENT,
        "is less than its categories together",
        rule="the categories add up to spend at most",
    )
    rest = np.where(rest < CENT, 0.0, rest)
    if rest.any():
        frame[OTHER] = frame[OTHER] + rest if OTHER in frame else rest
