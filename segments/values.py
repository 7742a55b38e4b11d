"""The value of a condition: which operator takes which shape, and how outside values are brought to it."""

from __future__ import annotations

import math
import re
from typing import Any, Literal, TypeAlias

from evenhand.errors import RuleError
from evenhand.segments.canonical import as_float64
from evenhand.segments.catalogue import Kind
from evenhand.segments.checks import Text, refuse, text

__all__ = ["OPERATORS", "SHAPES", "Operator", "Value", "shaped", "show"]

Operator = Literal[
    "=", "!=", "<", "<=", ">", ">=", "in", "notIn", "between", "notBetween", "null", "notNull"
]  # fmt: skip
Value: TypeAlias = bool | float | Text | tuple[float, ...] | tuple[Text, ...] | None

OPERATORS: dict[Kind, tuple[Operator, ...]] = {
    "number": ("=", "!=", "<", "<=", ">", ">=", "in", "notIn", "between", "notBetween", "null", "notNull"),
    "category": ("=", "!=", "in", "notIn", "null", "notNull"),
    "flag": ("=", "!=", "null", "notNull"),
}
SHAPES: dict[str, str] = (
    dict.fromkeys(("<", "<=", ">", ">="), "one number")
    | dict.fromkeys(("in", "notIn"), "a list")
    | dict.fromkeys(("between", "notBetween"), "two numbers")
    | dict.fromkeys(("null", "notNull"), "no value")
)
COMMA = re.compile(r"(?<!\\),")


def shaped(value: Any, operator: str) -> Any:
    """Bring a value to the shape of its operator: plain Python numbers, tuples, comma lists split."""
    if operator in ("null", "notNull"):
        return None
    if isinstance(value, str) and SHAPES.get(operator) in ("a list", "two numbers"):
        value = [part.strip().replace("\\,", ",") for part in COMMA.split(value)]
        if SHAPES[operator] == "two numbers":
            value = [_from_text(part) for part in value]
    if isinstance(value, list | tuple | set | frozenset):
        items = [_scalar(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
        if len({type(item) for item in items}) > 1 or any(isinstance(item, bool) for item in items):
            raise refuse(f"the list {show(tuple(items))} mixes kinds", rule="all numbers or all text")
        return tuple(items) if SHAPES.get(operator) == "two numbers" else tuple(dict.fromkeys(items))
    return _scalar(value)


def _scalar(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value  # numbers of NumPy
    if isinstance(value, str):
        return text(value)
    if isinstance(value, bool) or value is None:
        return value
    if not isinstance(value, int | float):
        raise refuse(f"{value!r:.40} is nothing to compare with", rule="a number, text, true or false")
    try:
        number = as_float64(value) + 0.0  # -0.0 becomes 0.0
    except RuleError as error:
        raise refuse(error.what, rule=error.rule or "") from None
    if not math.isfinite(number):
        raise refuse(f"{value!r} is not a number that can be compared with", rule="numbers are finite")
    return number


def _from_text(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def show(value: object) -> str:
    """Return a value as an error shows it."""
    if isinstance(value, tuple):
        return "[" + ", ".join(show(item) for item in value) + "]"
    return f"{value:g}" if isinstance(value, float) else repr(value)
