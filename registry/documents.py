"""The canonical text of documents, written quickly: the audit log and every kept document pass through here."""

from __future__ import annotations

from json.encoder import encode_basestring as quoted
from typing import Any

from evenhand.segments.canonical import Json, canonical_json

__all__ = ["quick_text"]

EXACT = 2**53  # whole numbers up to here are float64 as they stand
ONLY_TEXT = {str}
CONSTANTS = {None: "null", True: "true", False: "false"}
PLAIN_FROM, PLAIN_BELOW = 1e-4, 1e16  # between them Python writes a float as RFC 8785 does, but for a last `.0`


def quick_text(value: Json) -> str:
    """Return what `canonical_json` returns, faster for what documents are made of.

    Anything that is not quite plain (numbers far from one, keys beyond ASCII, other types) is left to it, and so are
    the errors; a test holds that the two agree.
    """
    return _text(value)


def _text(value: Any) -> str:
    kind = type(value)
    if kind is float:
        if PLAIN_FROM <= value < PLAIN_BELOW or -PLAIN_BELOW < value <= -PLAIN_FROM:
            return repr(value).removesuffix(".0")
        if value == 0:
            return "0"
    elif kind is str:
        return quoted(value)
    elif kind is int and -EXACT <= value <= EXACT:
        return repr(value)
    elif kind is dict:
        keys = list(value)
        if {*map(type, keys)} <= ONLY_TEXT and "".join(keys).isascii():  # so UTF-16 sorts as code points do
            keys.sort()
            return "{" + ",".join([f"{quoted(key)}:{_text(value[key])}" for key in keys]) + "}"
    elif kind is list or kind is tuple:
        return "[" + ",".join([_text(one) for one in value]) + "]"
    elif kind is bool or value is None:
        return CONSTANTS[value]
    return canonical_json(value)
