"""A small segmentation, and hypothesis strategies for odd ones, odd customers and any tweak."""

from __future__ import annotations

import math
from functools import cache, partial
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from hypothesis import strategies as st

from evenhand.segments import (
    AssignCampaign,
    Campaign,
    Catalogue,
    Condition,
    Context,
    Feature,
    Hold,
    Merge,
    MoveThreshold,
    RuleGroup,
    Segment,
    Segmentation,
    Split,
    Tweak,
)
from evenhand.segments.compare import joined
from evenhand.segments.values import OPERATORS, Operator

CATALOGUE = Catalogue(
    features=(
        Feature("recency_days", "last purchase", "days ago"),
        Feature("trips", "trips", "per month", decimals=1, verb="make"),
        Feature("spend", "spend per trip", "money", decimals=2),
        Feature("produce", "share of spend on produce", "share"),
        Feature("region", "region", kind="category", categories=("North", "East", "West")),
        Feature("app", "uses the app", kind="flag"),
    ),
    campaigns=(
        Campaign("A", "Type A booklet", cost=0.5, beneficial=True),
        Campaign("B", "Autumn post", cost=0.2),
    ),
    protected=("age", "income"),
)


def condition(field: str, operator: Operator, value: Any = None) -> Condition:
    return Condition(field=field, operator=operator, value=value)


def rule(*rules: Condition | RuleGroup) -> RuleGroup:
    return RuleGroup(rules=rules)


def either(*rules: Condition | RuleGroup) -> RuleGroup:
    return RuleGroup(combinator="or", rules=rules)


def negated(*rules: Condition | RuleGroup) -> RuleGroup:
    return RuleGroup(rules=rules, not_=True)


def segmentation(*segments: Segment, catalogue: Catalogue = CATALOGUE) -> Segmentation:
    return Segmentation(catalogue=catalogue, segments=segments, default=Segment(id="rest", name="Others"))


def example() -> Segmentation:
    loyal = rule(condition("recency_days", "<=", 30), condition("trips", ">=", 3))
    lapsed = rule(condition("recency_days", ">", 90))
    return segmentation(
        Segment(id="loyal", name="Loyal", rule=loyal, campaign="A"),
        Segment(id="regular", name="Regular", rule=rule(condition("recency_days", "<=", 90)), campaign="B"),
        Segment(id="lapsed", name="Lapsed", rule=lapsed),
    )


# ------------------------------------------------------------------------- odd columns, rules and customers

ODD = Catalogue(
    features=(
        Feature("plain", "plain number"),
        Feature("quo\"ted `na'me", "odd number"),
        Feature("whole", "integer column"),
        Feature("single", "float32 column"),
        Feature("select", "category of a reserved word", kind="category"),
        Feature("uses app", "flag with a space", kind="flag"),
    ),
    campaigns=(Campaign("A", "A"), Campaign("B'", 'B"', channel="sms", context=Context(hour=0, weather=-0.1))),
    protected=("age",),
)
NUMBERS = (
    0.0,
    1.0,
    -1.0,
    0.1,
    0.3,
    2.5,
    1e-300,
    5e-324,
    1e300,
    1.7e308,
    16777217.0,
    9007199254740993.0,
    -2.75,
)
TEXTS = (
    "North",
    "north",
    "NORTH",
    "",
    " ",
    "it's",
    'a"b',
    "back\\slash",
    "%",
    "a,b",
    "null",
    "NaN",
    "é",
    "1",
)
IDS = ("s0", "s'1", 's"2', "s3", "s 4")

numbers = st.sampled_from(NUMBERS) | st.floats(allow_nan=False, allow_infinity=False)
SINGLES = (0.1, 0.3, 2.5, 1.7, 16777216.0, math.nan, math.inf, -0.0, None)  # what float32 holds, rounded
WHOLES = (0, 1, -1, 2, 3, 2**24 + 1, 2**53, 2**53 + 1, -(2**63), 2**63 - 1, None)
ODD_CELLS = (math.nan, None, math.inf, -math.inf, -0.0, *NUMBERS)
cells = st.sampled_from(ODD_CELLS) | st.sampled_from(ODD_CELLS) | st.floats()
customers = st.tuples(
    cells,
    cells,
    st.sampled_from(WHOLES),
    st.sampled_from(SINGLES),
    st.sampled_from((*TEXTS, "unseen", None)),
    st.sampled_from((True, False, None)),
)
tables = st.lists(customers, min_size=1, max_size=12)  # rows of the columns of ODD, in their order


@cache
def conditions(catalogue: Catalogue = ODD) -> st.SearchStrategy[Condition]:
    """Any condition on any feature."""
    return st.one_of(
        [_condition(feature, operator) for feature in catalogue.features for operator in OPERATORS[feature.kind]]
    )


def _condition(feature: Feature, operator: Operator) -> st.SearchStrategy[Condition]:
    known = st.sampled_from(feature.categories or TEXTS)
    one: st.SearchStrategy[Any] = {"number": numbers, "category": known, "flag": st.booleans()}[feature.kind]
    value = one
    if operator in ("in", "notIn"):
        value = st.lists(one, min_size=1, max_size=3).map(tuple)
    if operator in ("between", "notBetween"):
        value = st.tuples(one, one).map(sorted).map(tuple)
    if operator in ("null", "notNull"):
        value = st.none()
    return value.map(partial(condition, feature.name, operator))


@cache
def rules(catalogue: Catalogue = ODD) -> st.SearchStrategy[RuleGroup]:
    """Any rule: conjunctions half the time, else groups of `and`, `or` and `not` up to three deep."""
    single = conditions(catalogue)
    conjunctions = st.lists(single, min_size=1, max_size=3).map(lambda parts: rule(*parts))
    nested = _groups(single | _groups(single | _groups(single)))
    return conjunctions | nested


def _groups(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[RuleGroup]:
    combinators: st.SearchStrategy[Literal["and", "or"]] = st.sampled_from(("and", "or"))
    parts = st.lists(inner, min_size=1, max_size=3).map(tuple)
    return st.builds(RuleGroup, combinator=combinators, rules=parts, not_=st.booleans())


@cache
def segmentations(catalogue: Catalogue = ODD) -> st.SearchStrategy[Segmentation]:
    """Any segmentation with up to four segments and a default."""
    campaigns = st.sampled_from([campaign.id for campaign in catalogue.campaigns])
    parts = st.lists(st.tuples(rules(catalogue), campaigns), max_size=4)
    return parts.map(partial(_segmentation, catalogue))


def _segmentation(catalogue: Catalogue, parts: list[tuple[RuleGroup, str]]) -> Segmentation:
    named = [
        Segment(id=IDS[position], name=IDS[position].upper(), rule=rule, campaign=campaign)
        for position, (rule, campaign) in enumerate(parts)
    ]
    return segmentation(*named, catalogue=catalogue)


def columns(table: list[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Return a table by columns, with the float32 one rounded to what it holds."""
    by_name = dict(zip([feature.name for feature in ODD.features], map(list, zip(*table, strict=True)), strict=True))
    rounded = [None if cell is None else float(np.float32(cell)) for cell in by_name["single"]]
    return by_name | {"single": rounded}


# --------------------------------------------------------------------------------------------- any tweak


@st.composite
def tweaks(draw: st.DrawFn, today: Segmentation) -> Tweak:
    """Any tweak of a segmentation; it is built of its parts, so most are valid, and no kind is rare."""
    campaigns = st.sampled_from([campaign.id for campaign in today.catalogue.campaigns])
    moves = [(part, bound) for part in today.segments for bound in part.rule.conditions() if bound.operator in BOUNDS]
    pairs = [pair for pair in pairwise(today.segments) if joined(pair[0].rule, pair[1].rule)]
    kinds = ["into"] * 4 * len(pairs) + ["move"] * len(moves) + ["merge"] * len(today.segments)
    kind = draw(st.sampled_from([*kinds, "split", "split", "assign", "assign", "hold"]))
    segment = draw(st.sampled_from(today.every)).id
    if kind == "split":
        cut = draw(conditions(today.catalogue))
        return Split(segment=segment, condition=cut, part_id="part", part_name="Part", campaign=draw(campaigns))
    if kind == "assign":
        return AssignCampaign(segment=segment, campaign=draw(campaigns))
    if kind == "move":
        part, bound = draw(st.sampled_from(moves))
        value: Any = bound.value
        operator: Any = bound.operator
        to = draw((st.sampled_from((1.0, 2.0, 0.0)) | numbers).filter(lambda number: number != value))
        return MoveThreshold(segment=part.id, field=bound.field, operator=operator, from_=value, to=to)
    if kind == "into":
        one, other = draw(st.sampled_from(pairs).flatmap(st.permutations))
        return Merge(segment=one.id, into=other.id)
    return Merge(segment=segment) if kind == "merge" else Hold()


BOUNDS = ("<", "<=", ">", ">=")
