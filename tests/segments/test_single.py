"""One customer at a time is what many at once are; what would move them does, and what would not does not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evenhand.errors import DataError
from evenhand.segments import Catalogue, Condition, Feature, RuleGroup, Segment, Segmentation
from evenhand.segments.lines import Numbers
from evenhand.segments.single import Guide, Values, met_by

CATALOGUE = Catalogue(
    features=(
        Feature("recency", "last purchase", unit="days ago"),
        Feature("trips", "trips", unit="per month", verb="make"),
        Feature("region", "region", kind="category"),
        Feature("member", "member", kind="flag"),
        Feature("idle", "idle"),
    ),
    protected=("age",),
)
NUMBERS = st.sampled_from([-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 90.0])
WORDS = st.sampled_from(["north", "south", "east"])


def conditions() -> st.SearchStrategy[Condition]:
    fields = st.sampled_from(["recency", "trips"])
    compared = st.builds(
        lambda field, operator, value: Condition(field=field, operator=operator, value=value),
        fields, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), NUMBERS,
    )  # fmt: skip
    listed = st.builds(
        lambda field, operator, values: Condition(field=field, operator=operator, value=tuple(values)),
        fields, st.sampled_from(["in", "notIn"]), st.lists(NUMBERS, min_size=1, max_size=3),
    )  # fmt: skip
    ranged = st.builds(
        lambda field, operator, ends: Condition(field=field, operator=operator, value=tuple(sorted(ends))),
        fields, st.sampled_from(["between", "notBetween"]), st.tuples(NUMBERS, NUMBERS),
    )  # fmt: skip
    known = st.builds(
        lambda field, operator: Condition(field=field, operator=operator),
        st.sampled_from(["recency", "region", "member"]), st.sampled_from(["null", "notNull"]),
    )  # fmt: skip
    words = st.builds(
        lambda operator, value: Condition(field="region", operator=operator, value=value),
        st.sampled_from(["=", "!="]), WORDS,
    )  # fmt: skip
    flags = st.builds(
        lambda operator, value: Condition(field="member", operator=operator, value=value),
        st.sampled_from(["=", "!="]), st.booleans(),
    )  # fmt: skip
    return st.one_of(compared, listed, ranged, known, words, flags)


def groups(parts: st.SearchStrategy[Condition | RuleGroup]) -> st.SearchStrategy[RuleGroup]:
    return st.builds(
        lambda combinator, negated, rules: RuleGroup(combinator=combinator, not_=negated, rules=tuple(rules)),
        st.sampled_from(["and", "or"]), st.booleans(), st.lists(parts, min_size=1, max_size=3),
    )  # fmt: skip


RULES = groups(st.one_of(conditions(), groups(conditions())))
CUSTOMERS = st.fixed_dictionaries(
    {
        "recency": st.none() | NUMBERS,
        "trips": st.none() | NUMBERS,
        "region": st.none() | WORDS,
        "member": st.none() | st.booleans(),
    }
)


@st.composite
def segmentations(draw: st.DrawFn) -> Segmentation:
    rules = draw(st.lists(RULES, min_size=1, max_size=4))
    segments = tuple(Segment(id=f"s{n}", name=f"S{n}", rule=rule) for n, rule in enumerate(rules))
    return Segmentation(catalogue=CATALOGUE, segments=segments, default=Segment(id="rest", name="Others"))


def frame_of(customer: Values) -> dict[str, np.ndarray]:
    numbers = {
        name: np.array([np.nan if customer[name] is None else float(customer[name] or 0)])
        for name in ("recency", "trips", "member")
    }
    return numbers | {"region": np.array([customer["region"]], dtype=object)}


@settings(max_examples=200)
@given(segmentations(), CUSTOMERS)
def test_one_customer_is_where_many_are(segmentation: Segmentation, customer: Values) -> None:
    assert Guide(segmentation).place(customer) == segmentation.assign(frame_of(customer))[0]


@settings(max_examples=200)
@given(segmentations(), CUSTOMERS)
def test_moves_are_exact_and_none_is_left_out(segmentation: Segmentation, customer: Values) -> None:
    guide = Guide(segmentation)
    here, moves = segmentation.every[guide.place(customer)].id, guide.moves(customer)
    for field in guide.used:
        mine = [move for move in moves if move.field == field]
        cells = guide.lines[field].cells
        values = [*cells, *(cell + 0.25 for cell in cells if isinstance(cell, float))]
        changed = [{**customer, field: value} for value in values]
        reached = {segmentation.every[guide.place(one)].id for one in changed}
        assert bool(mine) == bool(reached - {here}), field
        for move in mine:
            meets = met_by(RuleGroup(rules=guide.lines[field].conditions(move.stretch)))
            there = {segmentation.every[guide.place(one)].id for one in changed if meets(one)}
            assert there == {move.segment} != {here}, move


def test_a_stretch_holds_all_alike_cells_and_says_its_ends() -> None:
    line = Numbers("trips", (1.0, 3.0))
    assert line.cells == (-1.0, 1.0, 2.0, 3.0, 7.0)
    said = [[(c.operator, c.value) for c in line.conditions(line.stretch(cell, alike.__contains__))]
            for cell, alike in ((0, {0}), (1, {1}), (2, {1, 2}), (2, {2, 3}), (3, {2, 3, 4}), (4, {4}))]  # fmt: skip
    assert said == [
        [("<", 1.0)], [("=", 1.0)], [(">=", 1.0), ("<", 3.0)], [(">", 1.0), ("<=", 3.0)], [(">", 1.0)], [(">", 3.0)]
    ]  # fmt: skip


def small() -> Segmentation:
    lapsed = RuleGroup(rules=(Condition(field="recency", operator=">", value=90),))
    loyal = RuleGroup(rules=(Condition(field="trips", operator=">=", value=3),
                             Condition(field="region", operator="=", value="north")))  # fmt: skip
    return Segmentation(
        catalogue=CATALOGUE,
        segments=(Segment(id="lapsed", name="Lapsed", rule=lapsed), Segment(id="loyal", name="Loyal", rule=loyal)),
        default=Segment(id="rest", name="Others"),
    )


def test_why_says_what_is_met_and_what_is_missed() -> None:
    guide = Guide(small())
    assert guide.why({"recency": 20.0, "trips": 4.0, "region": "north"}) == [
        'Not in "Lapsed", for customers whose last purchase was more than 90 days ago.',
        'They are in "Loyal": they make 3 or more trips a month and their region is "north".',
    ]
    assert guide.why({"recency": 20.0, "trips": 4.0, "region": "south"})[1:] == [
        'Not in "Loyal", for customers whose region is "north".',
        'They are in "Others", since no other segment takes them.',
    ]


def test_whoever_is_moved_by_any_value_is_told_so() -> None:
    parts = (Condition(field="trips", operator="notNull"), Condition(field="trips", operator="<", value=9))
    known = RuleGroup(combinator="or", rules=parts)
    content = Segmentation(catalogue=CATALOGUE, segments=(Segment(id="known", name="Known", rule=known),),
                           default=Segment(id="rest", name="Others"))  # fmt: skip
    assert [move.sentence for move in Guide(content).moves({})] == [
        'If their number of trips a month is known, they would be in "Known".'
    ]


def test_what_would_move_somebody_is_said_in_plain_words() -> None:
    guide = Guide(small())
    assert [move.sentence for move in guide.moves({"recency": 20.0, "trips": 2.0, "region": "north"})] == [
        'If their last purchase was more than 90 days ago, they would be in "Lapsed".',
        'If they make 3 or more trips a month, they would be in "Loyal".',
    ]
    assert (guide.used, guide.unused) == (("recency", "trips", "region"), ("member", "idle"))


@pytest.mark.parametrize(("value", "wanted"), [("many", 3.0), (3.0, "north"), (True, "north")])
def test_a_value_of_another_kind_is_refused(value: bool | float | str, wanted: float | str) -> None:
    field = "region" if isinstance(wanted, str) else "trips"
    rule = RuleGroup(rules=(Condition(field=field, operator="=", value=wanted),))
    with pytest.raises(DataError, match="another kind"):
        met_by(rule)({field: value})
