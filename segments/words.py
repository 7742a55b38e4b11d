"""Numbers in words: units, decimals and comparisons as a marketing reviewer reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from evenhand.segments.catalogue import Feature

__all__ = ["Saying", "amounts", "listed", "quoted", "saying"]

PERIODS = "hour|day|week|month|quarter|year"
AGO = re.compile(rf"({PERIODS})s? ago")
SINCE = re.compile(rf"({PERIODS})s since (?:the |their )?(.+)")
RATE = re.compile(rf"(?:.* )?(?:per |an? |/ ?)({PERIODS}|\d+ days)")
MONEY = re.compile(r"money|[$€£¥]|[A-Z]{3}")
SYMBOLS = "$€£¥"


class Saying(NamedTuple):
    """How sentences speak of a number feature."""

    form: Literal["ago", "rate", "share", "money", "plain"]
    noun: str  # "last purchase", "trips", "share of produce"
    unit: str = ""  # "day" of days ago, "month" of a rate, a currency, a free unit


def saying(feature: Feature) -> Saying:
    """Return how to speak of a feature, from its unit and label."""
    noun = _uncapitalised(feature.label.strip())
    unit = feature.unit.strip()
    if match := AGO.fullmatch(unit):
        return Saying("ago", noun, match[1])
    if (match := SINCE.fullmatch(noun)) and unit.rstrip("s") in ("", match[1]):
        return Saying("ago", match[2], match[1])
    if MONEY.match(unit):
        return Saying("money", noun, "" if unit.startswith("money") else unit)
    if match := RATE.fullmatch(unit):
        return Saying("rate", re.sub(rf"\s*(?:per |an? |/ ?){match[1]}$", "", noun), match[1])
    if unit in ("share", "%"):
        return Saying("share", noun, unit)
    return Saying("plain", noun, unit)


def amounts(values: Sequence[float], feature: Feature) -> list[str]:
    """Return numbers as text with their unit; different numbers never look the same.

    A number is rounded to the feature's decimals, unless it is short enough to be shown exactly or rounding
    would change it by more than 5 %. Zeros after the point are left out, but for money. A share is shown as
    a percentage.
    """
    said = saying(feature)
    factor = 100 if said.form == "share" and said.unit == "share" else 1
    exact = [Decimal(repr(float(value))) * factor for value in values]
    least = feature.decimals if said.form == "money" else 0
    for more in range(17):
        texts = [_text(number, feature.decimals, least, more) for number in exact]
        if len(set(texts)) == len(set(exact)):
            break
    return [_with_unit(text, said) for text in texts]


def listed(items: Sequence[str], word: str) -> str:
    """Return "a, b and c" with the given word before the last."""
    return f" {word} ".join(part for part in (", ".join(items[:-1]), items[-1]) if part)


def quoted(text: str) -> str:
    """Return a name in quotation marks."""
    return f'"{text}"'


def _digits(number: Decimal, decimals: int, more: int) -> int:
    """Return how many decimals to show, never more than there are."""
    places = max(0, -int(number.normalize().as_tuple().exponent))
    if places <= decimals + 2:
        return places
    digits = decimals
    while digits < 17 and abs(round(number, digits) - number) > abs(number) / 20:
        digits += 1
    return min(digits + more, places)


def _text(number: Decimal, decimals: int, least: int, more: int) -> str:
    """Return a number as text, with more digits than it needs where it must be told from another one."""
    if number and not -6 <= number.adjusted() < 15:
        return f"{number:.{3 + more}g}"
    digits = max(least, _digits(number, decimals, more))
    return f"{round(number, digits):,.{digits}f}"


def _with_unit(text: str, said: Saying) -> str:
    if said.form == "share":
        return f"{text} %"
    if said.form == "money" and said.unit:
        return f"{said.unit}{text}" if said.unit in SYMBOLS else f"{text} {said.unit}"
    return f"{text} {said.unit}" if said.form == "plain" and said.unit else text


def _uncapitalised(label: str) -> str:
    """Return a label as it stands inside a sentence; acronyms keep their capitals."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
