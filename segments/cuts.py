"""What a condition lets through, as an interval of numbers or a set of values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from evenhand.segments.rules import Condition

__all__ = ["Choice", "Cut", "Interval", "cut_of"]


@dataclass(frozen=True)
class Interval:
    """Numbers from `low` to `high`; an end belongs to it when it is closed."""

    low: float = -math.inf
    high: float = math.inf
    low_closed: bool = True
    high_closed: bool = True

    @property
    def empty(self) -> bool:
        """Whether no number lies inside."""
        return self.low > self.high or (self.low == self.high and not (self.low_closed and self.high_closed))

    def meet(self, other: Interval) -> Interval:
        """Return the numbers in both."""
        low, low_open = max((self.low, not self.low_closed), (other.low, not other.low_closed))
        high, high_closed = min((self.high, self.high_closed), (other.high, other.high_closed))
        return Interval(low, high, not low_open, high_closed)

    def within(self, other: Interval) -> bool:
        """Whether every number in this one is in the other."""
        return self.empty or self.meet(other) == self

    def join(self, other: Interval) -> Interval | None:
        """Return the numbers in either, or None when there is a hole between them."""
        first, last = sorted((self, other), key=lambda cut: (cut.low, not cut.low_closed))
        touch = first.high > last.low or (first.high == last.low and (first.high_closed or last.low_closed))
        if self.empty or other.empty or not touch:
            return None
        high, high_closed = max((self.high, self.high_closed), (other.high, other.high_closed))
        return Interval(first.low, high, first.low_closed, high_closed)

    def conditions(self, field: str) -> tuple[Condition, ...]:
        """Return the conditions that let exactly these numbers through, and no missing one."""
        if self == Interval():
            return (Condition(field=field, operator="notNull"),)
        if self.low == self.high:
            return (Condition(field=field, operator="=", value=self.low),)
        if math.isfinite(self.low) and math.isfinite(self.high) and self.low_closed and self.high_closed:
            return (Condition(field=field, operator="between", value=(self.low, self.high)),)
        ends: tuple[Condition, ...] = ()
        if math.isfinite(self.low):
            ends += (Condition(field=field, operator=">=" if self.low_closed else ">", value=self.low),)
        if math.isfinite(self.high):
            ends += (Condition(field=field, operator="<=" if self.high_closed else "<", value=self.high),)
        return ends


@dataclass(frozen=True)
class Choice:
    """Categories or flags: those in `values`, or all others when not `among`; never a missing one."""

    values: frozenset[str | bool]
    among: bool = True

    @property
    def empty(self) -> bool:
        """Whether no value is let through."""
        return self.among and not self.values

    def meet(self, other: Choice) -> Choice:
        """Return the values in both."""
        if self.among:
            kept = self.values & other.values if other.among else self.values - other.values
            return Choice(kept)
        return other.meet(self) if other.among else Choice(self.values | other.values, among=False)

    def within(self, other: Choice) -> bool:
        """Whether every value of this one is let through by the other."""
        return self.meet(other) == self

    def join(self, other: Choice) -> Choice:
        """Return the values in either."""
        inverse = Choice(self.values, not self.among).meet(Choice(other.values, not other.among))
        return Choice(inverse.values, not inverse.among)

    def conditions(self, field: str) -> tuple[Condition, ...]:
        """Return the condition that lets exactly these values through."""
        every = not self.among and not self.values
        if every or self.values == {True, False}:
            return (Condition(field=field, operator="notNull"),)
        if len(self.values) == 1:
            (value,) = self.values
            return (Condition(field=field, operator="=" if self.among else "!=", value=value),)
        values = tuple(sorted(cast("frozenset[str]", self.values)))
        return (Condition(field=field, operator="in" if self.among else "notIn", value=values),)


Cut: TypeAlias = Interval | Choice


def cut_of(conditions: Sequence[Condition]) -> Cut | None:
    """Return what conditions on one field let through together; None when neither interval nor set."""
    cuts = [_cut(condition) for condition in conditions]
    if not cuts or any(cut is None for cut in cuts) or len({type(cut) for cut in cuts}) > 1:
        return None
    whole = cuts[0]
    for cut in cuts[1:]:
        whole = whole.meet(cut)  # type: ignore[union-attr, arg-type]  # all of one type, as checked above
    return whole


def _cut(condition: Condition) -> Cut | None:
    operator, value = condition.operator, condition.value
    values = value if isinstance(value, tuple) else (value,)
    if isinstance(values[0], str | bool):
        choice = frozenset(cast("tuple[str | bool, ...]", values))
        if isinstance(values[0], bool):
            return Choice(frozenset({values[0] if operator == "=" else not values[0]}))
        return Choice(choice, among=operator in ("=", "in"))
    if not isinstance(values[0], float):
        return None
    low, high = values[0], cast(float, values[-1])
    return {
        "<": Interval(high=high, high_closed=False),
        "<=": Interval(high=high),
        ">": Interval(low=low, low_closed=False),
        ">=": Interval(low=low),
        "=": Interval(low, high),
        "between": Interval(low, high),
    }.get(operator)
