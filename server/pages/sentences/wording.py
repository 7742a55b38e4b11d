"""Names, lists, numbers and comparisons in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal, cast

from evenhand.segments import Feature
from evenhand.segments.rules import Condition
from evenhand.segments.words import SYMBOLS, amounts, saying
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.words import N_

__all__ = ["Form", "Wording", "form_of", "listed", "quoted"]

Form = Literal["ago", "rate", "share", "money", "plain", "words"]
NUMBER = re.compile(r"\d[\d,]*(\.\d+)?")
DAYS = re.compile(r"(\d+) days")
JOINTS = {"and": N_("and"), "or": N_("or"), "nor": N_("nor")}
TIMES = {
    "hour": (N_("hour"), N_("hours")), "day": (N_("day"), N_("days")), "week": (N_("week"), N_("weeks")),
    "month": (N_("month"), N_("months")), "quarter": (N_("quarter"), N_("quarters")), "year": (N_("year"), N_("years")),
}  # fmt: skip
PER = {
    "hour": N_("%(noun)s an hour"), "day": N_("%(noun)s a day"), "week": N_("%(noun)s a week"),
    "month": N_("%(noun)s a month"), "quarter": N_("%(noun)s a quarter"), "year": N_("%(noun)s a year"),
}  # fmt: skip
COMPARED = {
    "=": N_("exactly %(n)s"), "<": N_("less than %(n)s"), "<=": N_("at most %(n)s"), ">": N_("more than %(n)s"),
    ">=": N_("at least %(n)s"),
}  # fmt: skip
FEWER = N_("fewer than %(n)s")
RATES = {**COMPARED, "<": FEWER, ">=": N_("%(n)s or more")}
OR_FEWER = N_("%(n)s or fewer")


def quoted(name: str, say: Speech) -> str:
    """Return a name in the quotation marks of the language."""
    return say(N_('"%(name)s"')) % {"name": name}


def listed(items: Sequence[str], joint: str, say: Speech) -> str:
    """Return "a, b and c" with the joint before the last."""
    return f" {say(JOINTS[joint])} ".join(part for part in (", ".join(items[:-1]), items[-1]) if part)


def form_of(feature: Feature) -> Form:
    """Return how sentences speak of a feature."""
    return saying(feature).form if feature.kind == "number" else "words"


class Wording:
    """How one language says what values of a feature are."""

    def __init__(self, feature: Feature, say: Speech) -> None:
        self.feature, self.say, self.form = feature, say, form_of(feature)
        self.saying = saying(feature)

    @property
    def noun(self) -> str:
        """What the feature is called inside a sentence."""
        return self.say(N_("number of %(counted)s")) % {"counted": self.counted} if self.form == "rate" else (
            self._named
        )  # fmt: skip

    @property
    def counted(self) -> str:
        """What a rate counts: "trips a month"."""
        unit = self.saying.unit
        if days := DAYS.fullmatch(unit):
            return self.say(N_("%(noun)s in %(n)s days")) % {"noun": self._named, "n": days[1]}
        return self.say(PER[unit]) % {"noun": self._named}

    @property
    def _named(self) -> str:
        """What the feature is called: a label begins small inside an English sentence, elsewhere it stays as it is."""
        noun, label = self.saying.noun, self.feature.label
        start = -1 if self.say.locale.language == "en" else label.lower().find(noun.lower())
        return noun if start < 0 else label[start : start + len(noun)]

    def amounts(self, values: Sequence[float]) -> list[str]:
        """Return numbers with their units as the language writes them; different ones never look the same."""
        return [self._written(text) for text in amounts(values, self.feature)]

    def _written(self, text: str) -> str:
        signs = self.say.locale.number_symbols["latn"]
        swap = {",": signs["group"], ".": signs["decimal"]}
        said = NUMBER.sub(lambda found: "".join(swap.get(sign, sign) for sign in found[0]), text, count=1)
        if self.form == "money" and text[:1] in SYMBOLS:
            return self.say(N_("%(symbol)s%(n)s")) % {"symbol": said[0], "n": said[1:]}
        return said

    def compared(self, bounds: tuple[Condition, ...], texts: Sequence[str] = (), *, or_fewer: bool = False) -> str:
        """Return a comparison without its subject: "at most 30 days", "3 or more", "between 2 % and 4 %"."""
        say, operator = self.say, bounds[0].operator
        values = [value for bound in bounds for value in _values(bound)]
        if self.form == "words":
            texts = [quoted(cast(str, value), say) for value in values]
        texts = texts or self.amounts(cast("list[float]", values))
        said = self._said(bounds, texts, or_fewer=or_fewer)
        if self.form != "ago" or operator in ("null", "notNull"):
            return said
        one, more = TIMES[self.saying.unit]
        return f"{said} {say(one if texts[-1] == '1' else more)}"

    def _said(self, bounds: tuple[Condition, ...], texts: Sequence[str], *, or_fewer: bool) -> str:
        say, operator = self.say, bounds[0].operator
        if len(bounds) > 1:
            return f" {say(JOINTS['and'])} ".join(
                say(FEWER if (self.form, bound.operator) == ("rate", "<") else COMPARED[bound.operator]) % {"n": text}
                for bound, text in zip(bounds, texts, strict=True)
            )
        if operator == "between":
            return say(N_("between %(a)s and %(b)s")) % {"a": texts[0], "b": texts[1]}
        if operator == "notBetween":
            return say(N_("not between %(a)s and %(b)s")) % {"a": texts[0], "b": texts[1]}
        if operator in ("!=", "notIn"):
            several = len(texts) > 1
            items = listed(texts, "nor", say)
            return say(N_("neither %(items)s")) % {"items": items} if several else say(N_("not %(n)s")) % {"n": items}
        if operator == "in" or self.form == "words":
            return listed(texts, "or", say)
        words = (RATES | {"<=": OR_FEWER} if or_fewer else RATES) if self.form == "rate" else COMPARED
        return say(words[operator]) % {"n": texts[0]}


def _values(condition: Condition) -> Sequence[object]:
    return condition.value if isinstance(condition.value, tuple) else (condition.value,)
