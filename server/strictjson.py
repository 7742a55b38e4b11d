"""JSON as strangers send it, checked before anything reads it: depth, numbers, doubled names, broken text."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any, NoReturn

from evenhand.server.problems import Problem

__all__ = ["check_json"]

_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"?', re.DOTALL)
_NO_BRACKETS, _BRACKETS = bytes(set(range(256)) - set(b"[]{}")), bytes.maketrans(b"{}", b"[]")
_HUGE = re.compile(rb"[eE]\+?0*[1-9]\d{2}|\d{309}")  # what may exceed float64, or take long to read
_ALIKE = bytes.maketrans(b"123456789E", b"000000000e")
_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")  # an escape, unless the backslash is itself escaped
_HALF = re.compile("[\ud800-\udfff]")


def check_json(body: bytes, *, depth: int) -> None:
    """Raise the problem `malformed` unless `body` is JSON that every database and language can keep.

    Nested at most `depth` deep; numbers finite as float64; no name twice in an object; no NUL and no half of a
    surrogate pair in a text.
    """
    if body.count(b"[") + body.count(b"{") > depth and _deep(body, depth):
        raise _malformed("it nests too deeply", rule=f"at most {depth} levels")
    number = _finite if _maybe_huge(body) and _HUGE.search(body) else None
    try:
        value = json.loads(
            body.decode(), object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=number, parse_int=number
        )
    except (ValueError, RecursionError):
        raise _malformed("it is not JSON, or not UTF-8") from None
    if b"\\u" not in body:
        return
    if _NUL.search(body):
        raise _malformed("a text holds NUL")
    if _HALF.search(json.dumps(value, ensure_ascii=False)):
        raise _malformed("a text holds half of a surrogate pair")


def _maybe_huge(body: bytes) -> bool:
    """Whether what `_HUGE` looks for can be there: the pattern takes ten times as long, and most bodies hold none."""
    alike = body.translate(_ALIKE)
    return b"e000" in alike or b"e+000" in alike or b"0" * 309 in alike


def _deep(body: bytes, most: int) -> bool:
    """Whether brackets nest deeper than `most`: the innermost pairs are taken off, level by level."""
    outside = _TEXT.sub(b"", body) if b"\\" in body else b"".join(body.split(b'"')[::2])
    left, levels = outside.translate(_BRACKETS, _NO_BRACKETS), 0
    while levels <= most and (outer := left.replace(b"[]", b"")) != left:
        left, levels = outer, levels + 1
    return levels + left.count(b"[") > most  # those that nothing closes


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        doubled = next(name for name, n in Counter(name for name, _ in pairs).items() if n > 1)
        raise _malformed(f"a name stands twice in one object: {doubled[:60]}")
    return found


def _finite(digits: str) -> float:
    if len(digits) > 400 or abs(float(digits)) == float("inf"):
        raise _malformed("a number is too large", rule="numbers are finite float64")
    return float(digits)


def _no_constant(name: str) -> NoReturn:
    raise _malformed(f"{name} has no place in JSON", rule="numbers are finite")


def _malformed(what: str, *, rule: str | None = None) -> Problem:
    return Problem("malformed", what, where="body", rule=rule)
