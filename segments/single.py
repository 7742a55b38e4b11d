"""One customer: which segment they are in, why, and what would move them. Pure Python, for answers in a millisecond.

`arrays` says the same of many customers at once; a test holds that the two agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple, TypeAlias, cast

from evenhand.errors import DataError
from evenhand.segments.clauses import customers, rule_clause
from evenhand.segments.lines import Stretch, line_of
from evenhand.segments.rules import Condition, RuleGroup
from evenhand.segments.segmentation import Segment, Segmentation
from evenhand.segments.sentences import title

__all__ = ["Guide", "Move", "Test", "Values", "met_by"]

Values: TypeAlias = Mapping[str, bool | float | str | None]  # by feature; None or left out: unknown
Test: TypeAlias = Callable[[Values], bool]


class Move(NamedTuple):
    """One change of one feature that would put a customer into another segment."""

    field: str
    stretch: Stretch  # of the feature's line
    segment: str  # id
    sentence: str


class Guide:
    """A segmentation made ready to place and explain single customers.

    Sentences are made once: there are few of them, however many customers ask.
    """

    def __init__(self, segmentation: Segmentation) -> None:
        self.segmentation = segmentation
        self._fields = [{condition.field for condition in s.rule.conditions()} for s in segmentation.segments]
        self.used = tuple(dict.fromkeys(c.field for s in segmentation.segments for c in s.rule.conditions()))
        self.unused = tuple(f.name for f in segmentation.catalogue.features if f.name not in self.used)
        self.lines = {field: line_of(segmentation, field) for field in self.used}
        self._tests = [met_by(segment.rule) for segment in segmentation.segments]
        self._asked = [_asked(segment) for segment in segmentation.segments]
        self._titles = [title(segment, segmentation) for segment in segmentation.every]
        self._said: dict[tuple[object, ...], str] = {}

    def place(self, values: Values) -> int:
        """Return the position of the first segment whose rule is met; the default's is the last."""
        return _first([test(values) for test in self._tests])

    def why(self, values: Values) -> list[str]:
        """Say why a customer is where they are: what they meet, and what they do not meet of each segment before."""
        here = self.place(values)
        return [*(self._missed(place, values) for place in range(here)), self._met(here)]

    def moves(self, values: Values) -> list[Move]:
        """Return the nearest changes of one feature alone that would move a customer, up to two for each feature.

        Each is exact: whoever has all other values alike and meets its condition is in that segment.
        """
        met = [test(values) for test in self._tests]
        return [move for field in self.used for move in self._moves(field, values, met)]

    def _moves(self, field: str, values: Values, met: list[bool]) -> Iterator[Move]:
        """Yield, along a feature's line, the nearest stretch on either side that lies in another segment."""
        line, here, places = self.lines[field], _first(met), dict[int, int]()
        asking = [place for place, fields in enumerate(self._fields) if field in fields]

        def at(cell: int) -> int:
            if cell not in places:
                changed, now = {**values, field: line.cells[cell]}, met.copy()
                for place in asking:
                    now[place] = self._tests[place](changed)
                places[cell] = _first(now)
            return places[cell]

        for path in line.paths(values.get(field)):
            first = next((cell for cell in path if at(cell) != here), None)
            if first is not None:
                there = at(first)
                stretch = line.stretch(first, partial(_alike, at, there))
                yield Move(field, stretch, self.segmentation.every[there].id, self._would(field, stretch, there))

    def _would(self, field: str, stretch: Stretch, there: int) -> str:
        key = (field, stretch, there)
        if key not in self._said:
            rule = RuleGroup(rules=self.lines[field].conditions(stretch))
            clause = rule_clause(rule, self.segmentation.catalogue, subject="they")
            self._said[key] = f"If {clause}, they would be in {self._titles[there]}."
        return self._said[key]

    def _met(self, here: int) -> str:
        segment = self.segmentation.every[here]
        if not segment.rule.rules:
            return f"They are in {self._titles[here]}, since no other segment takes them."
        if (here, "met") not in self._said:
            clause = rule_clause(segment.rule, self.segmentation.catalogue, subject="they")
            self._said[here, "met"] = f"They are in {self._titles[here]}: {clause}."
        return self._said[here, "met"]

    def _missed(self, place: int, values: Values) -> str:
        missed = tuple(number for number, test in enumerate(self._asked[place]) if not test(values))
        key = (place, "missed", missed)
        if key not in self._said:
            rule = self.segmentation.segments[place].rule
            rule = RuleGroup(rules=tuple(rule.rules[number] for number in missed)) if missed else rule
            self._said[key] = f"Not in {self._titles[place]}, for {customers(rule, self.segmentation.catalogue)}."
        return self._said[key]


def _first(met: list[bool]) -> int:
    return met.index(True) if True in met else len(met)


def _asked(segment: Segment) -> list[Test]:
    """Return each condition of a conjunction as a test; none of another rule, which is told as a whole."""
    return [_condition(condition) for condition in segment.rule.conjunction() or ()]


def _alike(at: Callable[[int], int], there: int, cell: int) -> bool:
    return at(cell) == there


def met_by(rule: RuleGroup) -> Test:
    """Return a rule as a test of one customer's values; a missing value meets no comparison, not even `!=`.

    The test raises DataError for a value of the wrong kind.
    """
    parts = [met_by(part) if isinstance(part, RuleGroup) else _condition(part) for part in rule.rules]
    every, negated = rule.combinator == "and", rule.not_

    def met(values: Values) -> bool:
        for part in parts:
            if part(values) is not every:
                return every is negated
        return every is not negated

    return met


COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": float.__lt__, "<=": float.__le__, ">": float.__gt__, ">=": float.__ge__
}  # fmt: skip


def _condition(condition: Condition) -> Test:
    field, operator, value = condition.field, condition.operator, condition.value
    if operator in ("null", "notNull"):
        return lambda values: (values.get(field) is None) is (operator == "null")
    wanted = value if isinstance(value, tuple) else (value,)
    known = _known(field, texts=isinstance(wanted[0], str), flag=isinstance(value, bool))
    holds = _comparison(operator, wanted)

    def met(values: Values) -> bool:
        found = values.get(field)
        return found is not None and holds(known(found))

    return met


def _comparison(operator: str, wanted: tuple[object, ...]) -> Callable[[object], bool]:
    if operator in COMPARE:
        compare, bound = COMPARE[operator], float(cast(float, wanted[0]))
        return lambda found: compare(cast(float, found), bound)
    if operator in ("between", "notBetween"):
        low, high = cast("tuple[float, float]", wanted)
        return lambda found: (low <= cast(float, found) <= high) is (operator == "between")
    return lambda found: (found in wanted) is (operator in ("=", "in"))


def _known(field: str, *, texts: bool, flag: bool) -> Callable[[object], object]:
    """Return what takes a value for what a condition compares with, or raises DataError."""

    def checked(found: object) -> object:
        if isinstance(found, str) is not texts:
            kind = "text" if texts else "a number"
            raise DataError("the value is of another kind", where=f"feature {field!r}", rule=f"a rule asks for {kind}")
        if texts:
            return found
        number = float(cast(float, found))
        if flag and number not in (0.0, 1.0):
            raise DataError(f"the value is {number:g}", where=f"feature {field!r}", rule="a rule asks yes or no")
        return number

    return checked
