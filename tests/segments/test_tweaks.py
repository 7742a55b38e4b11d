"""Each tweak by example: what it does, what undoes it, whom it touches, how it reads, what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.segments.example import condition, either, example, rule, segmentation

from evenhand.errors import RuleError
from evenhand.segments import (
    AssignCampaign,
    Condition,
    Hold,
    Merge,
    MoveThreshold,
    RuleGroup,
    Segment,
    Segmentation,
    Split,
    Tweak,
    tweak_from_json,
)
from evenhand.segments.canonical import Json


def split(segment: str, one: Condition | None, **others: Any) -> Split:
    part = {"part_id": "part", "part_name": "Part", "campaign": "B"} | others
    return Split(segment=segment, condition=one, **part)


def move(segment: str, field: str, operator: Any, from_: float, to: float) -> MoveThreshold:
    return MoveThreshold(segment=segment, field=field, operator=operator, from_=from_, to=to)


def two(one: RuleGroup, other: RuleGroup) -> Segmentation:
    """Return two neighbours and the default."""
    return segmentation(
        Segment(id="one", name="One", rule=one, campaign="A"),
        Segment(id="other", name="Other", rule=other, campaign="B"),
    )


NEAR, FAR = condition("recency_days", "<=", 30), condition("recency_days", ">", 30)
OFTEN = condition("trips", ">=", 3)


def check(tweak: Tweak, today: Segmentation, undo: Tweak, touches: set[str], sentence: str) -> Segmentation:
    changed, found = tweak.apply(today)
    assert found == undo
    assert found.apply(changed).segmentation == today
    assert tweak.touches(today) == touches
    assert tweak.explain(today) == sentence
    return changed


def test_hold_changes_nothing() -> None:
    assert check(Hold(), example(), Hold(), set(), "Change nothing this period.") == example()


def test_a_campaign_is_assigned() -> None:
    changed = check(
        AssignCampaign(segment="lapsed", campaign="B"),
        example(),
        AssignCampaign(segment="lapsed", campaign="none"),
        {"lapsed"},
        'Give "Lapsed" campaign "Autumn post" instead of no contact.',
    )
    assert changed.segment("lapsed").campaign == "B"
    check(
        AssignCampaign(segment="rest", campaign="A"),
        example(),
        AssignCampaign(segment="rest", campaign="none"),
        {"rest"},
        'Give "Others" campaign "Type A booklet" instead of no contact.',
    )


def test_a_threshold_is_moved() -> None:
    changed = check(
        move("lapsed", "recency_days", ">", 90, 74),
        example(),
        move("lapsed", "recency_days", ">", 74, 90),
        {"lapsed", "rest"},
        'Count customers as "Lapsed" when their last purchase was more than 74 days ago instead of 90.',
    )
    assert changed.segment("lapsed").rule == rule(condition("recency_days", ">", 74))


def test_a_moved_threshold_touches_only_those_who_can_come_or_go() -> None:
    check(
        move("loyal", "trips", ">=", 3, 4.5),
        example(),
        move("loyal", "trips", ">=", 4.5, 3),
        {"loyal", "regular"},  # whoever leaves is at most 30 days away, so "regular" takes all of them
        'Count customers as "Loyal" when they make 4.5 or more trips a month instead of 3.',
    )
    assert move("regular", "recency_days", "<=", 90, 60).touches(example()) == {"regular", "rest"}
    assert move("regular", "recency_days", "<=", 90, 91).touches(example()) == {"regular", "lapsed"}


@pytest.mark.parametrize(
    ("operator", "low", "high"),
    [("<", True, False), ("<=", False, True), (">", False, True), (">=", True, False)],
)
def test_exactly_those_between_the_thresholds_come_or_go(operator: Any, low: bool, high: bool) -> None:
    ends = [rule(condition("trips", "=", 3)), rule(condition("trips", "=", 4))]
    today = segmentation(
        Segment(id="s", name="S", rule=rule(condition("trips", operator, 3))),
        *(Segment(id=id, name=id, rule=end) for id, end in zip(("low", "high"), ends, strict=True)),
    )
    touched = move("s", "trips", operator, 3, 4).touches(today)
    assert touched == {"s", "rest", *(["low"] if low else []), *(["high"] if high else [])}


def test_the_operator_may_be_left_out_where_it_is_clear() -> None:
    form: dict[str, Json] = {
        "op": "move_threshold", "segment": "lapsed", "field": "recency_days", "from": 90, "to": 74
    }  # fmt: skip
    tweak = tweak_from_json(form)
    assert isinstance(tweak, MoveThreshold)
    assert (tweak.from_, tweak.to, tweak.operator) == (90, 74, None)
    assert json.loads(tweak.to_json()) == form | {"schema_version": 1}
    assert tweak.apply(example()).undo == move("lapsed", "recency_days", ">", 74, 90)
    both = two(rule(condition("trips", ">=", 3), condition("trips", "<=", 3)), rule(NEAR))
    with pytest.raises(RuleError, match=r"two thresholds on 'trips' stand at 3 .* name the operator"):
        move("one", "trips", None, 3, 4).apply(both)


def test_a_segment_is_split_and_the_part_comes_first() -> None:
    changed = check(
        split("loyal", condition("produce", ">=", 0.3), part_name="Loyal, produce"),
        example(),
        Merge(segment="part"),
        {"loyal"},
        'Split "Loyal": those whose share of spend on produce is at least 30 % become "Loyal, produce" '
        'and get campaign "Autumn post".',
    )
    assert changed.ids == ("part", "loyal", "regular", "lapsed", "rest")
    assert changed.segment("part").rule == rule(NEAR, OFTEN, condition("produce", ">=", 0.3))
    assert split("regular", OFTEN, campaign="none").explain(example()) == (
        'Split "Regular" at 3 or more trips a month; give the new part, "Part", no contact.'
    )
    assert split("regular", condition("trips", "<=", 2)).explain(example()) == (
        'Split "Regular" at 2 or fewer trips a month; give the new part, "Part", campaign "Autumn post".'
    )


def test_the_default_can_be_split() -> None:
    changed, undo = split("rest", condition("app", "=", True)).apply(example())
    assert changed.ids == ("loyal", "regular", "lapsed", "part", "rest")
    assert changed.segment("part").rule == rule(condition("app", "=", True))
    assert undo.apply(changed).segmentation == example()


def test_a_nested_rule_is_kept_whole_when_it_is_split() -> None:
    nested = either(NEAR, rule(OFTEN, condition("app", "=", True)))
    today = two(nested, rule(FAR))
    changed, undo = split("one", OFTEN).apply(today)
    assert changed.segment("part").rule == rule(nested, OFTEN)
    assert undo.apply(changed).segmentation == today
    back = Merge(segment="part", into="one").apply(changed)
    assert back.segmentation == today
    assert back.undo.apply(today).segmentation == changed


def test_a_segment_is_retired_and_its_customers_fall_through() -> None:
    whole = split("regular", None, rule=rule(NEAR, OFTEN), part_id="loyal", part_name="Loyal", campaign="A")
    check(
        Merge(segment="loyal"),
        example(),
        split("regular", OFTEN, part_id="loyal", part_name="Loyal", campaign="A").model_copy(
            update={"rule": whole.rule, "condition": None}
        ),
        {"loyal", "regular"},
        'Retire "Loyal"; its customers go to "Regular".',
    )
    assert whole.explain(Merge(segment="loyal").apply(example()).segmentation) == (
        'Add "Loyal" before "Regular": customers whose last purchase was at most 30 days ago and who make '
        '3 or more trips a month get campaign "Type A booklet".'
    )
    today = two(rule(OFTEN), rule(NEAR))
    assert Merge(segment="one").explain(today) == (
        'Retire "One"; its customers go to "Other" or "Others", whichever they match first.'
    )
    never = two(rule(NEAR, FAR), rule(OFTEN))
    assert Merge(segment="one").explain(never) == 'Retire "One", which no customer can match.'


def test_a_part_that_is_retired_comes_back_by_its_one_condition() -> None:
    tweak = split("regular", OFTEN)
    changed, undo = tweak.apply(example())
    assert undo.apply(changed).undo == tweak


def test_two_segments_that_differ_in_one_cut_are_joined() -> None:
    today = two(rule(OFTEN, NEAR), rule(OFTEN, condition("recency_days", "between", (30, 60))))
    changed = check(
        Merge(segment="one", into="other"),
        today,
        split("other", None, rule=rule(OFTEN, NEAR), part_id="one", part_name="One", campaign="A").model_copy(
            update={"rest": rule(OFTEN, condition("recency_days", "between", (30, 60)))}
        ),
        {"one", "other"},
        'Merge "One" into "Other": customers who make 3 or more trips a month and whose last purchase was '
        'at most 60 days ago get campaign "Autumn post".',
    )
    assert changed.segment("other") == Segment(
        id="other", name="Other", rule=rule(OFTEN, condition("recency_days", "<=", 60)), campaign="B"
    )
    undo = Merge(segment="other", into="one").apply(today).undo
    assert isinstance(undo, Split)
    assert undo.place == "after"
    assert undo.explain(Merge(segment="other", into="one").apply(today).segmentation) == (
        'Split "One" in two: "Other", customers who make 3 or more trips a month and whose last purchase was '
        'between 30 and 60 days ago get campaign "Autumn post"; "One", customers who make 3 or more trips a '
        "month and whose last purchase was at most 30 days ago."
    )


JOINED = [
    ((NEAR,), (FAR,), (condition("recency_days", "notNull"),)),  # whoever has no value was in neither
    ((NEAR,), (condition("recency_days", "<=", 60),), (condition("recency_days", "<=", 60),)),
    ((NEAR,), (NEAR, OFTEN), (NEAR,)),
    ((NEAR,), (NEAR,), (NEAR,)),
    (
        (OFTEN, NEAR),
        (OFTEN, condition("recency_days", ">", 10)),
        (OFTEN, condition("recency_days", "notNull")),
    ),
    (
        (condition("trips", ">=", 1), condition("trips", "<", 2)),
        (condition("trips", ">=", 2), condition("trips", "<", 3)),
        (condition("trips", ">=", 1), condition("trips", "<", 3)),
    ),
    ((condition("trips", "<", 3),), (condition("trips", "=", 3),), (condition("trips", "<=", 3),)),
    (
        (condition("region", "=", "North"),),
        (condition("region", "=", "East"),),
        (condition("region", "in", ("East", "North")),),
    ),
    (
        (condition("region", "=", "North"),),
        (condition("region", "!=", "North"),),
        (condition("region", "notNull"),),
    ),
    (
        (condition("region", "notIn", ("North", "East")),),
        (condition("region", "=", "East"),),
        (condition("region", "!=", "North"),),
    ),
    ((condition("app", "=", True),), (condition("app", "!=", True),), (condition("app", "notNull"),)),
    ((condition("app", "=", True),), (condition("app", "!=", False),), (condition("app", "=", True),)),
]


@pytest.mark.parametrize(("one", "other", "both"), JOINED, ids=range(len(JOINED)))
def test_cuts_of_every_kind_are_joined(
    one: tuple[Condition, ...], other: tuple[Condition, ...], both: tuple[Condition, ...]
) -> None:
    today = two(rule(*one), rule(*other))
    changed, undo = Merge(segment="one", into="other").apply(today)
    assert changed.segment("other").rule == rule(*both)
    assert undo.apply(changed).segmentation == today


APART = [
    (rule(NEAR), rule(OFTEN)),
    (rule(NEAR), rule(condition("recency_days", ">", 31))),
    (rule(condition("trips", "<", 3)), rule(condition("trips", ">", 3))),
    (rule(NEAR, OFTEN), rule(FAR, condition("trips", ">=", 4))),
    (either(NEAR, OFTEN), rule(NEAR)),
    (rule(condition("trips", "null")), rule(condition("trips", ">", 3))),
    (
        rule(condition("region", "=", "North"), condition("region", "=", "East")),  # nobody, and
        rule(condition("region", "=", "North"), condition("region", "=", "West")),  # nobody again
    ),
]


@pytest.mark.parametrize(("one", "other"), APART, ids=range(len(APART)))
def test_rules_that_differ_otherwise_are_not_joined(one: RuleGroup, other: RuleGroup) -> None:
    with pytest.raises(RuleError, match=r"do not differ in one cut .* retire it instead"):
        Merge(segment="one", into="other").apply(two(one, other))


NESTED = two(either(NEAR, OFTEN), rule(FAR))
REFUSED: list[tuple[Tweak, Segmentation, str]] = [
    (AssignCampaign(segment="loyl", campaign="A"), example(), "there is no segment 'loyl'.*'loyal'"),
    (AssignCampaign(segment="loyal", campaign="Z"), example(), "segment 'loyal': there is no campaign 'Z'"),
    (AssignCampaign(segment="loyal", campaign="A"), example(), "has campaign 'A' already"),
    (move("loyal", "recency_days", "<=", 31, 40), example(), "no threshold recency_days <= 31 .* are <= 30"),
    (move("loyal", "recency_days", "<", 30, 40), example(), "no threshold recency_days < 30"),
    (move("loyal", "spend", "<", 30, 40), example(), "no threshold spend < 30 .* no threshold on that field"),
    (move("loyal", "age", "<", 30, 40), example(), "'age' is a protected attribute"),
    (move("loyal", "recency", "<=", 30, 40), example(), "there is no feature 'recency'"),
    (move("rest", "recency_days", "<=", 30, 40), example(), "no threshold recency_days <= 30"),
    (move("one", "recency_days", "<=", 30, 40), NESTED, "nested, so no tweak reaches inside it"),
    (
        move("one", "trips", ">", 3, 4),
        two(rule(condition("trips", ">", 3), condition("trips", ">", 4)), rule(NEAR)),
        "has that condition already",
    ),
    (split("loyal", condition("age", ">", 50)), example(), "split of segment 'loyal': 'age' is a protected"),
    (split("loyal", condition("tripps", ">", 5)), example(), "there is no feature 'tripps'"),
    (split("loyal", condition("app", ">", 5)), example(), "operator '>' does not fit 'app'"),
    (split("loyal", OFTEN, part_id="rest"), example(), "there is a segment 'rest' already"),
    (split("loyal", OFTEN), example(), "all its customers meet the condition already"),
    (split("loyal", condition("trips", ">", 2)), example(), "all its customers meet the condition already"),
    (split("loyal", condition("trips", "<", 2)), example(), "none of its customers can meet the condition"),
    (split("loyal", condition("spend", ">", 5), campaign="Z"), example(), "there is no campaign 'Z'"),
    (split("loyal", None, rule=RuleGroup()), example(), "the part has an empty rule"),
    (
        split("loyal", None, rule=rule(NEAR), rest=rule(FAR)),
        example(),
        "do not join to the rule of the segment",
    ),
    (split("loyal", None, rule=rule(NEAR), rest=RuleGroup()), example(), "do not join to the rule"),
    (split("rest", None, rule=rule(NEAR), rest=rule(FAR)), example(), "do not join to the rule"),
    (
        split("one", None, rule=rule(NEAR), rest=rule(condition("age", "null"))),
        NESTED,
        "'age' is a protected attribute",
    ),
    (Merge(segment="rest"), example(), "the default segment 'rest' cannot be merged"),
    (
        Merge(segment="loyal", into="rest"),
        example(),
        "joins another one that has a rule .* retire it instead",
    ),
    (Merge(segment="loyal", into="loyal"), example(), "joins another one that has a rule"),
    (
        Merge(segment="loyal", into="lapsed"),
        example(),
        "do not stand next to each other .* retire it instead",
    ),
    (Merge(segment="loyal", into="regular"), example(), "do not differ in one cut"),
    (Merge(segment="nobody"), example(), "there is no segment 'nobody'"),
]


@pytest.mark.parametrize(("tweak", "today", "match"), REFUSED, ids=range(len(REFUSED)))
def test_a_tweak_that_does_not_fit_is_refused_and_changes_nothing(
    tweak: Tweak, today: Segmentation, match: str
) -> None:
    before = today.to_json()
    for use in (tweak.apply, tweak.explain):
        with pytest.raises(RuleError, match=match):
            use(today)
    assert today.to_json() == before


@pytest.mark.parametrize(
    ("form", "match"),
    [
        ({"op": "spilt"}, r"tweak: 'spilt' is none of 'hold', 'split', 'merge'"),
        ({}, "tweak: 'op' is missing"),
        ({"op": "merge"}, "tweak merge.segment: 'segment' is missing"),
        ({"op": "merge", "segment": 3}, "tweak merge.segment: it should be a valid string, but is 3"),
        ({"op": "hold", "segment": "x"}, "'segment' is no known key"),
        ({"op": "hold", "schema_version": 9}, "schema version 9 is not known"),
        (
            {"op": "move_threshold", "segment": "x", "field": "y", "from": 1, "to": 1},
            "the threshold moves from 1 to itself",
        ),
        (
            {"op": "move_threshold", "segment": "x", "field": "y", "from": 1, "to": "nan"},
            "it should be a finite number",
        ),
        (
            {"op": "move_threshold", "segment": "x", "field": "y", "operator": "=", "from": 1, "to": 2},
            "it should be '<', '<=', '>' or '>='",
        ),
        (
            {"op": "split", "segment": "x", "part_id": "p", "part_name": "P", "campaign": "A"},
            "a split needs either a condition or the whole rule",
        ),
        (
            {
                "op": "split",
                "segment": "x",
                "condition": {"field": "x", "operator": "=>", "value": 1},
                "part_id": "p",
                "part_name": "P",
                "campaign": "A",
            },
            "tweak split.condition: there is no operator '=>'",
        ),
    ],
)
def test_a_tweak_that_cannot_be_read_is_refused(form: dict[str, Any], match: str) -> None:
    for given in (form, json.dumps(form)):
        with pytest.raises(RuleError, match=match):
            tweak_from_json(given)


def test_a_split_cannot_be_built_with_parts_that_do_not_go_together() -> None:
    with pytest.raises(RuleError, match="either a condition or the whole rule"):
        split("x", NEAR, rule=rule(FAR))
    with pytest.raises(RuleError, match="only a split with a whole rule has a rest"):
        split("x", NEAR, rest=rule(FAR))
    with pytest.raises(RuleError, match="only a split with a rest can place its part after it"):
        split("x", NEAR, place="after")


def test_json_of_a_tweak_is_tidy_and_its_hash_is_stable() -> None:
    tweak = split("loyal", OFTEN)
    assert tweak.to_json() == (
        '{"campaign":"B","condition":{"field":"trips","operator":">=","value":3},"op":"split",'
        '"part_id":"part","part_name":"Part","schema_version":1,"segment":"loyal"}'
    )
    assert Hold().to_json() == '{"op":"hold","schema_version":1}'
    assert Hold().hash == "3db45c3e89beadcdc01bcd964fa49ca1157ceffaca3efbc5f5306b1a9ddb8645"
