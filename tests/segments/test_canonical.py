"""Canonical JSON is RFC 8785: one text per value, in every language."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evenhand.errors import RuleError
from evenhand.segments import canonical_json, content_hash
from evenhand.segments.canonical import Json, read_json, readable_json

# (value, text), from the appendix B of RFC 8785 and the rules of ECMAScript's Number.toString
NUMBERS = [
    (0.0, "0"),
    (-0.0, "0"),
    (5e-324, "5e-324"),
    (-5e-324, "-5e-324"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
    (9007199254740992, "9007199254740992"),
    (295147905179352830000.0, "295147905179352830000"),
    (9.999999999999997e22, "9.999999999999997e+22"),
    (1e23, "1e+23"),
    (999999999999999700000.0, "999999999999999700000"),
    (1e21, "1e+21"),
    (9.999999999999997e-7, "9.999999999999997e-7"),
    (0.000001, "0.000001"),
    (333333333.3333332, "333333333.3333332"),
    (30, "30"),
    (30.0, "30"),
    (0.1, "0.1"),
]


@pytest.mark.parametrize(("value", "text"), NUMBERS)
def test_numbers_have_the_text_of_rfc_8785(value: float, text: str) -> None:
    assert canonical_json(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_reads_back_exactly(value: float) -> None:
    assert float(canonical_json(value)) == value


def test_keys_are_sorted_by_utf_16_and_text_keeps_its_letters() -> None:
    value: Json = {"b": [True, None], "é": 'a"\n\u001f', "\U0001f600": 1, "\ufb33": 2, "a": {"z": 1, "y": 2}}
    assert canonical_json(value) == (
        '{"a":{"y":2,"z":1},"b":[true,null],"é":"a\\"\\n\\u001f","\U0001f600":1,"\ufb33":2}'
    )


def test_the_hash_is_that_of_the_canonical_text_whatever_the_order_of_keys() -> None:
    assert content_hash({"a": 1.0, "b": 2}) == content_hash({"b": 2.0, "a": 1})
    assert content_hash({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_json_cannot_hold_are_refused(value: float) -> None:
    with pytest.raises(RuleError, match="has no place in JSON"):
        canonical_json([value])


def test_a_whole_number_that_is_no_float64_is_refused() -> None:
    with pytest.raises(RuleError, match="9007199254740993 is too large to be kept exactly"):
        canonical_json(2**53 + 1)
    with pytest.raises(RuleError, match="too large"):
        canonical_json(10**400)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ('{"a": 1', "this is not JSON.*is the file cut off"),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ('{"a": NaN}', "NaN has no place in JSON"),
        ("[-Infinity]", "-Infinity has no place"),
        (b"\xff", "this is not JSON"),
        ("", "this is not JSON"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_json_that_means_two_things_or_none_is_refused(text: str | bytes, match: str) -> None:
    with pytest.raises(RuleError, match=match):
        read_json(text, where="file")


def test_readable_json_is_indented_in_the_order_given() -> None:
    assert readable_json({"b": 30.0, "a": [0.5]}, indent=1) == '{\n "b": 30,\n "a": [\n  0.5\n ]\n}'
    assert json.loads(readable_json({"x": 1e300}, indent=0)) == {"x": 1e300}
