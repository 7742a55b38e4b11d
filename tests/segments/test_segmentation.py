"""A segmentation is sound or is not there; its JSON says all of it, exactly."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from tests.segments.example import CATALOGUE, condition, example, negated, rule, segmentation, segmentations

import evenhand.segments
from evenhand.errors import RuleError
from evenhand.segments import Catalogue, Feature, Segment, Segmentation, content_hash

Form = dict[str, Any]


@given(segmentations())
def test_json_reads_back_exactly(today: Segmentation) -> None:
    for text in (today.to_json(), today.to_json(indent=2)):
        again = Segmentation.from_json(text)
        assert again == today
        assert again.to_json() == today.to_json()
        assert again.hash == today.hash
    assert Segmentation.from_json(json.loads(today.to_json())) == today


def test_the_hash_is_stable() -> None:
    """Stored hashes would all break when this one changes: then the schema version must change too."""
    assert example().hash == "47a07c6e330a4b01a28b2072738b45f1f2a94909a02eb308f23497e56cb7f906"


def test_only_the_channel_parts_the_hash_from_that_of_the_time_before_channels() -> None:
    """Until 0.1.0 came out, a channel was free text and mostly empty; what came with it must not change hashes too."""
    before = json.loads(example().to_json().replace('"channel":"email"', '"channel":""'))
    assert content_hash(before) == "cf2c7f5de53f25c656e01fae12abe7f98c773856b52c3da893db4d91fa8dd6ea"
    assert Segmentation.from_json(before) == example()


def test_the_same_content_has_the_same_hash_and_other_content_another() -> None:
    form = json.loads(example().to_json())
    shuffled = dict(reversed(form.items())) | {"segments": [dict(reversed(s.items())) for s in form["segments"]]}
    assert Segmentation.from_json(json.dumps(shuffled)).hash == example().hash
    seen = {example().hash}
    for path, value in [
        (("segments", 0, "name"), "Dear"),
        (("segments", 0, "rule", "rules", 0, "value"), 30.000000000000004),
        (("default", "campaign"), "A"),
        (("catalogue", "campaigns", 1, "cost"), 0.25),
        (("catalogue", "protected"), ["income"]),
    ]:
        seen.add(Segmentation.from_json(_with(form, path, value)).hash)
    assert len(seen) == 6


def test_positions_and_ids_count_the_default_last() -> None:
    today = example()
    assert today.ids == ("loyal", "regular", "lapsed", "rest")
    assert [today.position(id) for id in today.ids] == [0, 1, 2, 3]
    assert today.segment("rest") is today.default
    with pytest.raises(RuleError, match=r"there is no segment 'loyl' .* did you mean 'loyal'?"):
        today.position("loyl")


def test_no_rule_can_use_a_protected_attribute() -> None:
    for name in ("age", "AGE", "income"):
        for wanted in (rule(condition(name, ">", 50)), rule(negated(condition(name, "null")))):
            with pytest.raises(RuleError, match=rf"segment 's': '{name}' is a protected attribute .* no rule may"):
                segmentation(Segment(id="s", name="S", rule=wanted))
    with pytest.raises(RuleError, match="'trips' is a protected attribute"):
        Segmentation.from_json(_with(json.loads(example().to_json()), ("catalogue", "protected"), ["trips"]))


def _with(form: Form, path: tuple[str | int, ...], value: Any) -> str:
    """Return the JSON of a form with one value replaced, or taken out where it is None."""
    changed: Any = copy.deepcopy(form)
    place = changed
    for step in path[:-1]:
        place = place[step]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return json.dumps(changed)


FIRST = ("segments", 0, "rule", "rules", 0)


@pytest.mark.parametrize(
    ("path", "value", "match"),
    [
        ((*FIRST, "field"), "recency", "segment 'loyal': there is no feature 'recency'.*'recency_days'"),
        (
            (*FIRST, "operator"),
            "=>",
            r"segmentation segments\[0\].rule.rules\[0\]: there is no operator '=>'",
        ),
        ((*FIRST, "value"), "30", r"segments\[0\].rule.rules\[0\]: operator '<=' needs one number, not '30'"),
        ((*FIRST, "field"), "region", "segment 'loyal': operator '<=' does not fit 'region'"),
        ((*FIRST, "feild"), "x", r"segments\[0\].rule.rules\[0\].feild: 'feild' is no known key"),
        (("segments", 0, "campaign"), "Z", "segment 'loyal': there is no campaign 'Z'"),
        (("default", "campaign"), "Z", "segment 'rest': there is no campaign 'Z'"),
        (("segments", 0, "id"), "regular", "two segments have the id 'regular'"),
        (("segments", 0, "id"), None, r"segmentation segments\[0\].id: 'id' is missing"),
        (("segments", 0, "id"), 7, r"segments\[0\].id: it should be a valid string, but is 7"),
        (("segments", 0, "rule"), {"rules": []}, "segment 'loyal': the rule is empty"),
        (
            ("default", "rule"),
            {"rules": [{"field": "trips", "operator": "null"}]},
            "default segment has a rule",
        ),
        (("segments",), None, "'segments' is missing"),
        (("catalogue",), None, "'catalogue' is missing"),
        (
            ("catalogue", "features", 0, "name"),
            "Age",
            "segmentation catalogue: 'Age' is a protected attribute",
        ),
        (("catalogue", "campaigns", 1, "cost"), -2, r"catalogue.campaigns\[1\].cost: it should be greater"),
        (("schema_version",), 2, "schema version 2 is not known .* this version reads 1"),
        (("colour",), "red", "'colour' is no known key"),
    ],
)
def test_broken_json_is_refused_with_its_place(path: tuple[str | int, ...], value: Any, match: str) -> None:
    with pytest.raises(RuleError, match=match) as error:
        Segmentation.from_json(_with(json.loads(example().to_json()), path, value))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "[]", "3", "null", '"x"', "{}", '{"segments": {}}', "{", "[" * 10**5])
def test_json_of_something_else_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        Segmentation.from_json(text)


def test_a_deeply_nested_rule_is_refused_and_not_crashed_on() -> None:
    deep: Form = {"field": "trips", "operator": "null"}
    for _ in range(300):
        deep = {"combinator": "and", "rules": [deep]}
    with pytest.raises(RuleError):
        Segmentation.from_json(_with(json.loads(example().to_json()), ("segments", 0, "rule"), deep))


def test_more_segments_than_anyone_reviews_are_refused() -> None:
    one = rule(condition("trips", "null"))
    with pytest.raises(RuleError, match="1001 segments are too many"):
        segmentation(*(Segment(id=str(n), name="S", rule=one) for n in range(1001)))


def test_a_copy_is_checked_like_a_new_one_and_has_its_own_hash() -> None:
    today = example()
    assert today.hash
    fewer = today.model_copy(update={"segments": today.segments[:1]})
    assert fewer.hash != today.hash
    assert fewer.ids == ("loyal", "rest")
    stricter = Catalogue(features=(Feature("trips", "trips"),), protected=("recency_days",))
    with pytest.raises(RuleError, match="'recency_days' is a protected attribute"):
        today.model_copy(update={"catalogue": stricter})


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda today: pickle.loads(pickle.dumps(today))])
def test_clones_are_equal(clone: Callable[[Segmentation], Segmentation]) -> None:
    today = example()
    assert today.hash == clone(today).hash
    assert clone(today) == example()
    assert hash(clone(today)) == hash(example())


def test_a_segmentation_of_everyone_is_sound() -> None:
    assert segmentation().ids == ("rest",)


def test_every_public_name_is_there() -> None:
    names = evenhand.segments.__all__
    assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert all(hasattr(evenhand.segments, name) for name in names)
    assert example().catalogue == CATALOGUE
