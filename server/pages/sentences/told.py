"""What other rooms say in English, in the reader's language: known by its pattern; what nobody knows stays as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from functools import cache

from evenhand.errors import EvenhandError
from evenhand.server.pages.catalogue import SOURCE
from evenhand.server.pages.sentences.tables import PLACED, TABLES
from evenhand.server.pages.sentences.troubles import TROUBLES
from evenhand.server.pages.sentences.verdicts import APART, CHECKS, VERDICTS
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.roles import ROLES_SAID
from evenhand.server.pages.words import N_, WORDS

__all__ = ["known", "placed", "sentence", "told", "trouble_said"]

RECOMMENDED = N_("Policy '%(policy)s' recommended it for version %(n)s (audit row %(m)s).")
BEGIN = N_("Begin with the plan of policy '%(policy)s'.")
PLACE = re.compile(r"%\((\w+)\)s")
LONGEST = 1000  # characters: a message may hold somebody's own words, and patterns must not search in a book
NESTED = {"amount", "apart", "what", "mend"}  # places in which another known sentence may stand
WHERE = {
    "reason": N_("Reason"), "title": N_("Title"), "change": N_("Change"), "at": N_("Start"), "comment": N_("Comment"),
    "verdict": N_("Verdict"),
}  # fmt: skip


def told(text: str, say: Speech) -> str:
    """Return a message of another room in the reader's language."""
    if say.locale.language == SOURCE or len(text) > LONGEST:
        return text
    for pattern, message in _patterns():
        if found := pattern.fullmatch(text):
            return say(message) % {name: _value(name, value, say) for name, value in found.groupdict().items()}
    return text


def sentence(text: str) -> str:
    """Return a message as a sentence that stands alone."""
    return text and text[0].upper() + text[1:] + ("" if text.endswith((".", "?", "!", "`")) else ".")


def placed(where: str, say: Speech) -> str:
    """Return where something is wrong: a field of a form, or a place in a table."""
    return say(WHERE[where]) if where in WHERE else told(where, say)


def trouble_said(error: EvenhandError, say: Speech) -> str:
    """Return an error as one line: where on the page, what, which rule, and what mends it."""
    where = f"{placed(error.where, say)}: " if error.where in WHERE else ""
    parts = [told(part, say) for part in (error.what, error.rule, error.mend) if part]
    return where + ". ".join(parts)


def known(text: str) -> bool:
    """Tell whether a message can be said in other languages."""
    return any(pattern.fullmatch(text) for pattern, _ in _patterns())


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return every pattern with its message, those with the most words of their own first."""
    messages: Iterable[str] = (RECOMMENDED, BEGIN, *TROUBLES, *TABLES, *PLACED, *APART, *VERDICTS, *CHECKS)
    ordered = sorted(messages, key=lambda message: len(PLACE.sub("", message)), reverse=True)
    return tuple((re.compile(_pattern(message), re.S), message) for message in ordered)


def _pattern(message: str) -> str:
    parts = PLACE.split(message)  # words, name, words, name, ..., words
    return "".join(f"(?P<{part}>.+?)" if k % 2 else re.escape(part) for k, part in enumerate(parts))


def _value(name: str, text: str, say: Speech) -> str:
    if name in ("state", "states", "action", "actions"):
        group = "state" if name.startswith("state") else "step"
        return say.listed(say.word(group, one.strip().replace(" ", "_")) for one in text.split(","))
    if name in ("role", "criterion"):
        return say.word(name, text)
    if name == "metric":
        return say(WORDS["metric"][text]) if text in WORDS["metric"] else told(text, say)
    if name == "roles":
        return say.listed(say(ROLES_SAID[one][0]) if one in ROLES_SAID else one for one in text.split(", "))
    if name in NESTED:
        return told(text, say)
    if name.startswith("day") and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        return say.day(date.fromisoformat(text))
    if name in ("n", "m", "p", "share") and (number := re.fullmatch(r"(-?[\d,]+)(\.\d+)?(%?)", text)):
        digits = len(number[2] or ".") - 1
        value = float(text.replace(",", "").rstrip("%"))
        return say.share(value / 100, digits) if number[3] else say.number(value, digits)
    return text
