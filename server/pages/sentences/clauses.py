"""Conditions and rules as clauses in the reader's language: the grammar of `segments.clauses`, by catalogue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from evenhand.segments import Catalogue
from evenhand.segments.clauses import Bounds, Subject, parts_of
from evenhand.segments.rules import Condition, RuleGroup
from evenhand.server.pages.sentences.wording import Wording, listed, quoted
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.words import N_

__all__ = ["Clauses"]

NEGATED = ("!=", "notIn", "notBetween")

# Each in two forms: of whom is spoken ("whose ... is"), and of them ("their ... is").
KNOWN = {"who": N_("whose %(noun)s is known"), "they": N_("their %(noun)s is known")}
UNKNOWN = {"who": N_("whose %(noun)s is unknown"), "they": N_("their %(noun)s is unknown")}
MARK_KNOWN = {"who": N_("for whom the mark %(name)s is known"), "they": N_("the mark %(name)s is known for them")}
MARK_UNKNOWN = {"who": N_("for whom the mark %(name)s is unknown"), "they": N_("the mark %(name)s is unknown for them")}
MARKED = {"who": N_("who are marked %(name)s"), "they": N_("they are marked %(name)s")}
NOT_MARKED = {"who": N_("who are not marked %(name)s"), "they": N_("they are not marked %(name)s")}
BUT = {"who": N_("whose %(noun)s is known but %(value)s"), "they": N_("their %(noun)s is known but %(value)s")}
BUT_AGO = {
    "who": N_("whose %(noun)s is known but was %(value)s ago"),
    "they": N_("their %(noun)s is known but was %(value)s ago"),
}
IS = {"who": N_("whose %(noun)s is %(value)s"), "they": N_("their %(noun)s is %(value)s")}
WAS_AGO = {"who": N_("whose %(noun)s was %(value)s ago"), "they": N_("their %(noun)s was %(value)s ago")}
MAKE = {"who": N_("who make %(value)s %(counted)s"), "they": N_("they make %(value)s %(counted)s")}
HAVE = {"who": N_("who have %(value)s %(counted)s"), "they": N_("they have %(value)s %(counted)s")}
DO = {"who": N_("who %(verb)s %(value)s %(counted)s"), "they": N_("they %(verb)s %(value)s %(counted)s")}
NOT = {"who": N_("for whom it is not true that (%(clause)s)"), "they": N_("it is not true that (%(clause)s)")}


class Clauses:
    """Says rules over one catalogue in one language."""

    def __init__(self, catalogue: Catalogue, say: Speech) -> None:
        self.catalogue, self.say = catalogue, say

    def rule(self, rule: RuleGroup, *, subject: Subject = "who") -> str:
        """Return a rule as a clause about customers; groups inside it stand in brackets."""
        inner: Subject = "they" if rule.not_ else subject
        clauses = [
            self._inside(part, inner) if isinstance(part, RuleGroup) else self._bounds(part, inner)
            for part in parts_of(rule)
        ]
        joined = listed(clauses, rule.combinator, self.say)
        return self.say(NOT[subject]) % {"clause": joined} if rule.not_ else joined

    def rate(self, condition: Condition) -> str | None:
        """Return a compared count per time as a noun, "3 or more trips a month"; None for other conditions."""
        wording = self._wording(condition)
        if wording.form != "rate" or condition.operator in (*NEGATED, "null", "notNull"):
            return None
        return f"{wording.compared((condition,), or_fewer=True)} {wording.counted}"

    def instead_of(self, before: Condition, after: Condition) -> str:
        """Return a moved threshold: "their last purchase was more than 74 days ago instead of 90"."""
        both = (cast(float, before.value), cast(float, after.value))
        old, new = self._wording(before).amounts(both)
        clause = self._bounds((after,), "they", texts=(new,))
        return self.say(N_("%(clause)s instead of %(old)s")) % {"clause": clause, "old": old}

    def _inside(self, rule: RuleGroup, subject: Subject) -> str:
        clause = self.rule(rule, subject=subject)
        return clause if rule.not_ else f"({clause})"

    def _bounds(self, bounds: Bounds, subject: Subject, *, texts: Sequence[str] = ()) -> str:
        condition, say = bounds[0], self.say
        wording = self._wording(condition)
        feature, flag = wording.feature, wording.feature.kind == "flag"
        if condition.operator in ("null", "notNull"):
            known = condition.operator == "notNull"
            words = (MARK_KNOWN if known else MARK_UNKNOWN) if flag else (KNOWN if known else UNKNOWN)
            return say(words[subject]) % {"name": quoted(feature.label, say), "noun": wording.noun}
        if flag:
            words = MARKED if condition.value is (condition.operator == "=") else NOT_MARKED
            return say(words[subject]) % {"name": quoted(feature.label, say)}
        value = wording.compared(bounds, texts)
        if condition.operator in NEGATED:
            return say((BUT_AGO if wording.form == "ago" else BUT)[subject]) % {"noun": wording.noun, "value": value}
        if wording.form == "rate":
            words = {"make": MAKE, "have": HAVE}.get(feature.verb, DO)
            return say(words[subject]) % {"verb": feature.verb, "value": value, "counted": wording.counted}
        return say((WAS_AGO if wording.form == "ago" else IS)[subject]) % {"noun": wording.noun, "value": value}

    def _wording(self, condition: Condition) -> Wording:
        return Wording(self.catalogue.feature(condition.field), self.say)
