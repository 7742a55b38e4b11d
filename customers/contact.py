"""Who may be contacted by which channel, and when and on what customers usually open what they get."""

from __future__ import annotations

from typing import Final, Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.customers.files import RawTable
from evenhand.customers.specs import Name, Spec
from evenhand.customers.values import flags, numbers
from evenhand.segments import CHANNELS, Channel

__all__ = ["CONSENT_COLUMNS", "ConsentsSpec", "ContextSpec", "Habit", "consents", "read_consents", "read_habits"]

BoolArray = NDArray[np.bool_]
Habit = Literal["hour", "weekend", "mobile"]

CONSENT_COLUMNS: Final[dict[Channel, str]] = {channel: f"consent_{channel}" for channel in CHANNELS}  # of a read table
HIGHEST: dict[Habit, float] = {"hour": 24.0, "weekend": 1.0, "mobile": 1.0}  # the lowest is 0


class ConsentsSpec(Spec):
    """Yes/no columns of consent by channel; a channel without its own goes by the schema's `consent`."""

    email: Name | None = None
    sms: Name | None = None
    web: Name | None = None
    mail: Name | None = None

    @property
    def columns(self) -> dict[Channel, str]:
        """The column of each channel that has its own."""
        return {channel: column for channel in CHANNELS if (column := getattr(self, channel))}


class ContextSpec(Spec):
    """Columns of habits: the usual `hour` of opening (0 to 24), and shares (0 to 1) at weekends and on a mobile."""

    hour: Name | None = None
    weekend: Name | None = None
    mobile: Name | None = None

    @property
    def columns(self) -> dict[Habit, str]:
        """The column of each habit that has one."""
        return {habit: column for habit in get_args(Habit) if (column := getattr(self, habit))}


def read_consents(table: RawTable, consent: str | None, spec: ConsentsSpec) -> dict[str, BoolArray]:
    """Return `consent`, by at least one channel, and when channels differ one column for each of them.

    Without a word on consent there is none; without any column, everyone is taken to have consented.
    """

    def said(column: str) -> BoolArray:
        return np.asarray(flags(table, column) == 1.0)

    own = {channel: said(column) for channel, column in spec.columns.items()}
    others = said(consent) if consent else np.ones(len(table.data), dtype=np.bool_)
    if not own:
        return {"consent": others}
    each = {CONSENT_COLUMNS[channel]: own.get(channel, others) for channel in CHANNELS}
    return {"consent": np.any(list(each.values()), axis=0), **each}


def read_habits(table: RawTable, spec: ContextSpec) -> dict[str, NDArray[np.float64]]:
    """Return the columns of habits by their own names, NaN where empty."""
    return {column: numbers(table, column, low=0.0, high=HIGHEST[habit]) for habit, column in spec.columns.items()}


def consents(frame: pd.DataFrame) -> BoolArray:
    """Return who may be contacted by which channel, (n, 4) in the order of `CHANNELS`."""
    columns = [frame[own if own in frame else "consent"] for own in CONSENT_COLUMNS.values()]
    return np.column_stack([column.to_numpy(dtype=np.bool_) for column in columns])
