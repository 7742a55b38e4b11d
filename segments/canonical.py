"""Canonical JSON (RFC 8785) and the content hash that is taken over it."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NoReturn, TypeAlias

from evenhand.errors import RuleError

__all__ = ["Json", "as_float64", "canonical_json", "content_hash", "read_json", "readable_json"]

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
EXACT = 2**53  # every whole number up to here is one float64 and reads the same in every language


def canonical_json(value: Json) -> str:
    """Return the one JSON text of a value, as RFC 8785 defines it.

    No white space; keys sorted by UTF-16 code units; text in UTF-8 with the shortest escapes; numbers are the
    shortest text that reads back as the same float64, so 30 and 30.0 are both `30`. RuleError for NaN,
    infinities and whole numbers that float64 cannot hold.
    """
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(f"{canonical_json(key)}:{canonical_json(value[key])}" for key in keys) + "}"
    return "[" + ",".join(canonical_json(item) for item in value) + "]"


def content_hash(value: Json) -> str:
    """Return the SHA-256 of the canonical JSON of a value, as 64 hexadecimal digits."""
    return hashlib.sha256(canonical_json(value).encode("utf-8")).hexdigest()


def readable_json(value: Json, *, indent: int) -> str:
    """Return JSON for people: indented, in the order of the fields, whole numbers without a point."""
    return json.dumps(_whole(value), indent=indent, ensure_ascii=False)


def read_json(text: str | bytes, *, where: str) -> Json:
    """Read JSON strictly: RuleError for broken text, doubled keys, NaN or infinities."""
    try:
        value: Json = json.loads(text, object_pairs_hook=_unique, parse_constant=_not_a_number)
    except RecursionError:
        raise RuleError("the JSON is nested too deeply", where=where) from None
    except ValueError as error:
        raise RuleError(f"this is not JSON: {error}", where=where, mend="is the file cut off?") from None
    return value


def as_float64(value: float) -> float:
    """Return a number as float64; RuleError for a whole number that is not the text of any float64."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if isinstance(value, int) and abs(value) > EXACT and not _stands_for(str(value), number):
        raise RuleError(f"{value!r:.40} is too large to be kept exactly", rule="numbers are float64")
    return number


def _stands_for(digits: str, number: float) -> bool:
    """Whether a whole number is the canonical text of a float64, although it may differ from its value."""
    return math.isfinite(number) and f"{Decimal(repr(number)):f}" == digits


def _number(value: float) -> str:
    number = as_float64(value)
    if not math.isfinite(number):
        raise RuleError(f"{number} has no place in JSON", rule="numbers are finite")
    if number == 0:
        return "0"  # also -0.0, which compares equal
    digits = Decimal(repr(number)).normalize()
    if 1e-6 <= abs(number) < 1e21:  # the limits of ECMAScript's Number.toString
        return f"{digits:f}"
    mantissa, _, exponent = f"{digits:e}".partition("e")
    return f"{mantissa}e{int(exponent):+d}"


def _whole(value: Json) -> Json:
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_whole(item) for item in value]
    return value


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    values = dict(pairs)
    if len(values) < len(pairs):
        key = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise RuleError(f"the key {key!r} stands twice in one JSON object", mend="keep one of the two")
    return values


def _not_a_number(name: str) -> NoReturn:
    raise RuleError(f"{name} has no place in JSON", rule="numbers are finite")
