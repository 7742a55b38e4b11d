"""Two rules beside each other: do they share customers, does one imply the other, what joins them."""

from __future__ import annotations

from collections.abc import Sequence

from evenhand.segments.cuts import Choice, Cut, Interval, cut_of
from evenhand.segments.rules import Condition, RuleGroup

__all__ = ["disjoint", "implies", "joined"]


def disjoint(one: RuleGroup, other: RuleGroup) -> bool:
    """Whether two rules surely share no customer; False also when nobody can tell."""
    first, second = _by_field(one), _by_field(other)
    both = {field: (*first.get(field, ()), *second.get(field, ())) for field in first | second}
    return any((cut := cut_of(conditions)) is not None and cut.empty for conditions in both.values())


def implies(one: RuleGroup, other: RuleGroup) -> bool:
    """Whether whoever meets one rule surely meets the other; False also when nobody can tell."""
    if other.conjunction() is None:
        return one == other or (one.combinator == "and" and not one.not_ and other in one.rules)
    first, second = _by_field(one), _by_field(other)
    return all(_within(first.get(field, ()), conditions) for field, conditions in second.items())


def joined(one: RuleGroup, other: RuleGroup) -> RuleGroup | None:
    """Return the rule of those who meet either of two conjunctions that differ in one field; None otherwise.

    Conditions that both share stay in their order; the joined cut stands where the first rule had its own.
    """
    for narrow, wide in ((one, other), (other, one)):
        if narrow.rules and isinstance(narrow.rules[-1], Condition) and narrow == wide.and_also(narrow.rules[-1]):
            return wide  # the narrow one is the other plus one condition, whatever the other's form
    first, second = one.conjunction(), other.conjunction()
    if first is None or second is None:
        return None
    apart = {condition.field for condition in set(first) ^ set(second)}
    if len(apart) != 1:
        return None
    field = apart.pop()
    cut = _joined_cut([c for c in first if c.field == field], [c for c in second if c.field == field], field)
    if cut is None:
        return None
    place = next((i for i, condition in enumerate(first) if condition.field == field), len(first))
    kept = [condition for condition in first if condition.field != field]
    rules = (*kept[:place], *cut, *kept[place:])
    return RuleGroup(rules=rules)


def _joined_cut(one: Sequence[Condition], other: Sequence[Condition], field: str) -> tuple[Condition, ...] | None:
    if not one or not other:
        return ()  # one of the two does not cut here at all
    if set(one) <= set(other):
        return tuple(one)  # the other one cuts further: what it leaves is all of this one
    if set(other) <= set(one):
        return tuple(other)
    first, second = cut_of(one), cut_of(other)
    if isinstance(first, Interval) and isinstance(second, Interval):
        union: Cut | None = first.join(second)
    elif isinstance(first, Choice) and isinstance(second, Choice):
        union = first.join(second)
    else:
        return None
    return union.conditions(field) if union is not None and not union.empty else None


def _within(narrow: Sequence[Condition], wide: Sequence[Condition]) -> bool:
    if set(wide) <= set(narrow):
        return True
    first, second = cut_of(narrow), cut_of(wide)
    if isinstance(first, Interval) and isinstance(second, Interval):
        return first.within(second)
    return isinstance(first, Choice) and isinstance(second, Choice) and first.within(second)


def _by_field(rule: RuleGroup) -> dict[str, tuple[Condition, ...]]:
    found: dict[str, tuple[Condition, ...]] = {}
    for condition in rule.conjunction() or ():
        found[condition.field] = (*found.get(condition.field, ()), condition)
    return found
