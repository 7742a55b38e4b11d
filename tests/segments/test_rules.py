"""Rules read react-querybuilder's JSON, mean one thing each, and refuse what they cannot mean."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from tests.segments.example import condition, either, negated, rule

from evenhand.errors import RuleError
from evenhand.segments import EVERYONE, Condition, Feature, RuleGroup

QUERYBUILDER = {
    "id": "root",
    "combinator": "and",
    "not": False,
    "rules": [
        {"id": "1", "field": "trips", "operator": ">=", "value": 3, "valueSource": "value"},
        {"path": [1], "field": "region", "operator": "in", "value": "North, East"},
        {"field": "spend", "operator": "between", "value": "10,20.5"},
        {"field": "region", "operator": "notNull", "value": "ignored"},
        {"id": "2", "combinator": "or", "rules": [{"field": "app", "operator": "=", "value": True}]},
    ],
}


def test_the_json_of_react_querybuilder_is_read_and_its_bookkeeping_dropped() -> None:
    read = RuleGroup.model_validate(QUERYBUILDER)
    assert read == rule(
        condition("trips", ">=", 3),
        condition("region", "in", ("North", "East")),
        condition("spend", "between", (10, 20.5)),
        condition("region", "notNull"),
        either(condition("app", "=", True)),
    )
    written = read.model_dump(by_alias=True)
    assert written["not"] is False
    assert written["rules"][0] == {"field": "trips", "operator": ">=", "value": 3.0}
    assert RuleGroup.model_validate(written) == read


def test_values_become_plain_python() -> None:
    assert type(condition("x", "<=", np.float32(2.5)).value) is float
    assert type(condition("x", "<=", np.int64(3)).value) is float
    assert str(condition("x", "<=", -0.0).value) == "0.0"
    assert condition("x", "in", [3, 1, 3]).value == (3.0, 1.0)
    assert condition("region", "in", {"b", "a"}).value == ("a", "b")
    assert condition("region", "in", "a\\,b, c").value == ("a,b", "c")


@pytest.mark.parametrize(
    ("data", "match"),
    [
        ({"operator": "~", "value": 1}, "there is no operator '~' .* choose one of =, !="),
        ({"operator": "betwen", "value": 1}, "there is no operator 'betwen' .* did you mean 'between'?"),
        ({"operator": ["="], "value": 1}, "there is no operator"),
        ({"value": 1}, "there is no operator None"),
        ({"operator": "<=", "value": "30"}, "operator '<=' needs one number, not '30'"),
        ({"operator": "<=", "value": True}, "operator '<=' needs one number, not True"),
        ({"operator": "<=", "value": None}, "operator '<=' needs one number, not None"),
        ({"operator": "=", "value": None}, "operator '=' needs one value, not None"),
        ({"operator": "=", "value": [1]}, r"operator '=' needs one value, not \[1\]"),
        ({"operator": "in", "value": []}, r"operator 'in' needs a list, not \[\]"),
        ({"operator": "in", "value": 3}, "operator 'in' needs a list, not 3"),
        ({"operator": "in", "value": [1, "a"]}, r"the list \[1, 'a'\] mixes kinds"),
        ({"operator": "in", "value": [True, False]}, "mixes kinds"),
        ({"operator": "between", "value": [1]}, "needs two numbers"),
        ({"operator": "between", "value": ["a", "b"]}, "needs two numbers"),
        ({"operator": "between", "value": "1,x"}, "mixes kinds"),
        ({"operator": "between", "value": [5, 3]}, r"the range \[5, 3\] ends before it starts"),
        ({"operator": "<", "value": float("nan")}, "nan is not a number that can be compared with"),
        ({"operator": "<", "value": float("inf")}, "inf is not a number that can be compared with"),
        ({"operator": "<", "value": 10**400}, "too large to be kept exactly"),
        ({"operator": "<", "value": 2**53 + 1}, "9007199254740993 is too large to be kept exactly"),
        ({"operator": "=", "value": "a\0"}, "holds a character that no database stores"),
        ({"operator": "=", "value": {"a": 1}}, "is nothing to compare with"),
        ({"operator": "=", "value": "y", "valueSource": "field"}, "compares two fields"),
        ({"operator": "=", "value": 1, "muted": True}, "a muted rule has no meaning here"),
        ({"operator": "=", "value": 1, "matchMode": "all"}, "'matchMode' is no known key"),
    ],
)
def test_a_condition_that_means_nothing_is_refused(data: dict[str, Any], match: str) -> None:
    with pytest.raises(RuleError, match=match):
        Condition.model_validate({"field": "x"} | data)


@pytest.mark.parametrize(
    ("data", "match"),
    [
        ({"combinator": "xor", "rules": []}, "it should be 'and' or 'or', but is 'xor'"),
        ({"rules": [], "not": True}, "an empty group can only mean everyone"),
        ({"combinator": "or", "rules": []}, "an empty group can only mean everyone"),
        ({"rules": [{"combinator": "and", "rules": []}]}, "a group inside a group is empty"),
        (
            {"rules": [{"field": "x", "operator": "null"}, "and"]},
            "combinators between the rules are not read",
        ),
        ({"rules": [3]}, "instance of Condition, but is 3"),
        ({"rules": 3}, "RuleGroup rules"),
        ({"rules": [], "muted": True}, "a muted rule has no meaning here"),
        ({"nott": True}, "'nott' is no known key"),
    ],
)
def test_a_group_that_means_nothing_is_refused(data: dict[str, Any], match: str) -> None:
    with pytest.raises(RuleError, match=match):
        RuleGroup.model_validate(data)


def test_groups_are_not_nested_without_end() -> None:
    deep = rule(condition("x", "null"))
    for _ in range(19):
        deep = rule(deep)
    with pytest.raises(RuleError, match="nested more than 20 deep"):
        rule(deep)


def test_a_rule_is_frozen_and_its_copies_are_checked() -> None:
    one = condition("x", "<=", 3)
    with pytest.raises(ValidationError, match="frozen"):
        one.value = 4.0  # type: ignore[misc]  # what the test is about
    assert one.model_copy(update={"value": 4}) == condition("x", "<=", 4)
    with pytest.raises(RuleError, match="needs one number"):
        one.model_copy(update={"value": "4"})


def test_only_plain_conjunctions_are_conjunctions() -> None:
    parts = (condition("x", "<=", 3), condition("y", "null"))
    assert rule(*parts).conjunction() == parts
    assert EVERYONE.conjunction() == ()
    assert either(*parts).conjunction() is None
    assert negated(*parts).conjunction() is None
    assert rule(parts[0], either(parts[1])).conjunction() is None
    assert rule(parts[0], either(parts[1])).conditions() == parts


def test_a_condition_is_added_to_a_conjunction_and_beside_any_other_rule() -> None:
    one, other = condition("x", "<=", 3), condition("y", "null")
    assert rule(one).and_also(other) == rule(one, other)
    assert either(one).and_also(other) == rule(either(one), other)
    assert rule(one, one, other) == rule(one, other)


@pytest.mark.parametrize(
    ("field", "feature", "match"),
    [
        (
            condition("x", "<", 1),
            Feature("x", "x", kind="category"),
            "'<' does not fit 'x', which is a category",
        ),
        (
            condition("x", "in", (1, 2)),
            Feature("x", "x", kind="flag"),
            "'in' does not fit 'x', which is a flag",
        ),
        (condition("x", "=", "a"), Feature("x", "x"), "'a' does not fit 'x', which is a number"),
        (condition("x", "=", True), Feature("x", "x"), "True does not fit 'x', which is a number"),
        (condition("x", "=", 1), Feature("x", "x", kind="flag"), "1 does not fit 'x', which is a flag"),
        (condition("x", "in", (1, 2)), Feature("x", "x", kind="category"), "1 does not fit 'x'"),
    ],
)
def test_a_condition_knows_what_does_not_fit_a_feature(field: Condition, feature: Feature, match: str) -> None:
    assert match in (field.misfit(feature) or "")


def test_a_misspelt_category_is_found() -> None:
    region = Feature("region", "region", kind="category", categories=("North", "East"))
    assert condition("region", "=", "North").misfit(region) is None
    said = condition("region", "notIn", ("Noth", "East")).misfit(region)
    assert said == "'Noth' is no category of 'region'; did you mean 'North'?"
