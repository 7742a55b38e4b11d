"""From which day to which the data reach, and whether anything in them happened before it could."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import DataError
from evenhand.experiments.moments.labels import encode
from evenhand.experiments.moments.sources import batches
from evenhand.experiments.trial.check import Check
from evenhand.experiments.trial.register import RegisteredPlan

__all__ = ["Span", "span_of", "time_check"]

Days = NDArray[np.float64]  # proleptic Gregorian ordinals; NaN: no day


@dataclass(frozen=True, slots=True)
class Span:
    """First and last day, and how many units have something known of a day that it cannot be of."""

    start: date
    until: date
    before_joining: int = 0  # units of which something is known from before they were assigned
    outside: int = 0  # units with a day before the start or after the end, where these were said

    @property
    def days(self) -> int:
        """How many days, both ends included."""
        return (self.until - self.start).days + 1


def span_of(
    data: Any, *, joined: str | None, last: str | None, start: date | None = None, until: date | None = None
) -> Span:
    """Return the span of the data, by its columns of days where they are not said.

    Raises DataError where neither is there, for what is no day, and for an end before the start.
    """
    days = _read(data, [column for column in (joined, last) if column])
    if (start is None and joined is None) or (until is None and not days):
        raise DataError(
            "nobody said from when to when the data reach",
            rule="evidence has a first and a last day",
            mend="give start and until, or name the columns of days: joined, last",
        )
    if joined and np.isnan(days[joined]).any():
        raise DataError(
            f"{int(np.isnan(days[joined]).sum()):,} units have no day", where=f"column {joined!r}",
            rule="who takes part was assigned on a day",
        )  # fmt: skip
    known = np.concatenate([*days.values(), np.empty(0)])
    known = known[~np.isnan(known)]
    if (start is None or until is None) and not len(known):
        raise DataError("no day is known of any unit", rule="evidence has a first and a last day")
    first = start or date.fromordinal(int(days[joined].min() if joined else known.min()))
    end = until or date.fromordinal(int(known.max()))
    if end < first:
        raise DataError(f"the data end on {end}, before they start on {first}", rule="start <= until")
    early = int((days[last] < days[joined]).sum()) if joined and last else 0
    outside = np.zeros(0, np.bool_)
    for values in days.values():
        off = (values < first.toordinal()) | (values > end.toordinal())
        outside = off if not outside.size else outside | off
    return Span(first, end, early, int(outside.sum()))


def time_check(span: Span, registered: RegisteredPlan, *, live: bool, now: datetime) -> Check:
    """Return whether everything in the data happened when it could; failed where not."""
    wrong = []
    if span.before_joining:
        wrong.append(f"{span.before_joining:,} units have something known of a day before they were assigned")
    if span.outside:
        wrong.append(f"{span.outside:,} units have a day outside {span.start} to {span.until}")
    if span.until > now.date():
        wrong.append(f"the data reach to {span.until}, which is yet to come on {now.date()}")
    if live and span.start < registered.registered.date():
        wrong.append(f"the data start on {span.start}, before the plan was registered")
    if not wrong:
        return Check(name="time", status="ok", what=f"Everything is from {span.start} to {span.until}.")
    return Check(
        name="time", status="failed", what=f"Times do not fit: {'; '.join(wrong)}.",
        mend="look at clocks, time zones and joins: an effect never precedes its cause",
    )  # fmt: skip


def _read(data: Any, columns: Sequence[str]) -> dict[str, Days]:
    if not columns:
        return {}
    parts: dict[str, list[Days]] = {column: [] for column in columns}
    for batch in batches(data, [], columns):
        for column in columns:
            codes, labels = encode(batch[column], column)
            ordinals = np.array([*(_day(label, column) for label in labels), np.nan])
            parts[column].append(ordinals[codes])
    return {column: np.concatenate(found) for column, found in parts.items()}


def _day(text: str, column: str) -> float:
    if not text.strip():
        return np.nan
    try:
        return float(date.fromisoformat(text[:10]).toordinal())
    except ValueError:
        raise DataError(
            f"{text!r} is no day", where=f"column {column!r}", rule="days and times in ISO 8601", mend="2026-03-02"
        ) from None
