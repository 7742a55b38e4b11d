"""The canonical text of documents, written quickly: the audit log and every kept document pass through here."""

from __future__ import annotations

from json.encoder import encode_basestring as quoted
from typing import Any

from evenhand.segments.canonical import Json, canonical_json

__all__ = ["quick_text"]

EXACT = 2**53  # whole numbers up to here are float64 as they stand
ONLY_TEXT = {str}
PLAIN_FROM, PLAIN_BELOW = 1e-4, 1e16  # between them Python writes a float as RFC 8785 does, but for a last `.0`


def quick_text(value: Json) -> str:
    """Return what `canonical_json` returns, faster for what documents are made of.

    Anything that is not quite plain (numbers far from one, keys beyond ASCII, other types) is left to it, and so are
    the errors; a test holds that the two agree.
    """
    return _text(value)


def _text(value: Any) -> str:
    kind = type(value)
    if kind is str:
        return quoted(value)
    if kind is float or kind is int:
        return _number(value)
    if kind is dict:
        keys = list(value)
        if {*map(type, keys)} <= ONLY_TEXT and "".join(keys).isascii():  # so UTF-16 sorts as code points do
            keys.sort()
            return "{" + ",".join([f"{quoted(key)}:{_text(value[key])}" for key in keys]) + "}"
    elif kind is list or kind is tuple:
        return "[" + ",".join([_text(one) for one in value]) + "]"
    elif value is None:
        return "null"
    elif kind is bool:
        return "true" if value else "false"
    return canonical_json(value)


def _number(value: float) -> str:
    if type(value) is int:
        return str(value) if -EXACT <= value <= EXACT else canonical_json(value)
    if PLAIN_FROM <= abs(value) < PLAIN_BELOW:
        return repr(value).removesuffix(".0")
    return canonical_json(value)
