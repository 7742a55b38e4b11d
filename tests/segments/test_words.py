"""The exact sentences that reviewers read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.segments.example import CATALOGUE, condition, either, example, negated, rule, segmentation

from evenhand.segments import Campaign, Catalogue, Condition, Feature, RuleGroup, Segment
from evenhand.segments.clauses import customers
from evenhand.segments.words import amounts, listed


def test_a_segmentation_is_explained_in_the_order_of_precedence() -> None:
    assert example().explain() == [
        '"Loyal": customers whose last purchase was at most 30 days ago and who make 3 or more trips a month '
        'get campaign "Type A booklet".',
        '"Regular": of the remaining customers, those whose last purchase was at most 90 days ago '
        'get campaign "Autumn post".',
        '"Lapsed": of the remaining customers, those whose last purchase was more than 90 days ago are not contacted.',
        '"Others": the remaining customers are not contacted.',
    ]
    assert segmentation().explain() == ['"Others": all customers are not contacted.']


def test_a_segment_by_itself_is_a_sentence() -> None:
    assert example().sentence("loyal") == (
        "Customers whose last purchase was at most 30 days ago and who make 3 or more trips a month "
        'get campaign "Type A booklet".'
    )
    assert example().sentence("rest") == "All remaining customers are not contacted."


def test_segments_of_the_same_name_are_told_apart_by_their_id() -> None:
    one, other = rule(condition("trips", ">", 3)), rule(condition("trips", ">", 2))
    today = segmentation(Segment(id="a", name="Loyal", rule=one), Segment(id="b", name="Loyal", rule=other))
    assert [sentence.partition(":")[0] for sentence in today.explain()] == [
        '"Loyal" (a)',
        '"Loyal" (b)',
        '"Others"',
    ]


RULES: list[tuple[Condition | RuleGroup, str]] = [
    (condition("recency_days", "<", 30), "whose last purchase was less than 30 days ago"),
    (condition("recency_days", ">=", 1), "whose last purchase was at least 1 day ago"),
    (condition("recency_days", "=", 37.2857142), "whose last purchase was exactly 37 days ago"),
    (condition("recency_days", "between", (30, 60)), "whose last purchase was between 30 and 60 days ago"),
    (condition("recency_days", "in", (30, 60, 90)), "whose last purchase was 30, 60 or 90 days ago"),
    (condition("recency_days", "!=", 30), "whose last purchase is known but was not 30 days ago"),
    (
        condition("recency_days", "notBetween", (30, 60)),
        "whose last purchase is known but was not between 30 and 60 days ago",
    ),
    (condition("recency_days", "null"), "whose last purchase is unknown"),
    (condition("trips", "<", 3), "who make fewer than 3 trips a month"),
    (condition("trips", "<=", 2.5), "who make at most 2.5 trips a month"),
    (condition("trips", ">", 1000), "who make more than 1,000 trips a month"),
    (condition("trips", "between", (2, 4)), "who make between 2 and 4 trips a month"),
    (condition("trips", "notIn", (2, 4)), "whose number of trips a month is known but neither 2 nor 4"),
    (condition("trips", "notNull"), "whose number of trips a month is known"),
    (condition("spend", ">=", 1250), "whose spend per trip is at least 1,250.00"),
    (condition("spend", "<", 9.987), "whose spend per trip is less than 9.987"),
    (condition("produce", ">", 0.125), "whose share of spend on produce is more than 12.5 %"),
    (condition("produce", "<=", 0.1), "whose share of spend on produce is at most 10 %"),
    (condition("produce", "<=", 1 / 3), "whose share of spend on produce is at most 33 %"),
    (condition("produce", ">", 1 / 3000), "whose share of spend on produce is more than 0.033 %"),
    (condition("region", "=", "North"), 'whose region is "North"'),
    (condition("region", "in", ("North", "East")), 'whose region is "North" or "East"'),
    (condition("region", "!=", "North"), 'whose region is known but not "North"'),
    (condition("region", "notIn", ("North", "East")), 'whose region is known but neither "North" nor "East"'),
    (condition("app", "=", True), 'who are marked "uses the app"'),
    (condition("app", "!=", True), 'who are not marked "uses the app"'),
    (condition("app", "null"), 'for whom the mark "uses the app" is unknown'),
    (
        rule(
            condition("recency_days", ">", 30),
            condition("app", "=", True),
            condition("recency_days", "<=", 60),
        ),
        'whose last purchase was more than 30 and at most 60 days ago and who are marked "uses the app"',
    ),
    (
        rule(condition("trips", ">=", 3), condition("trips", "<", 5)),
        "who make at least 3 and fewer than 5 trips a month",
    ),
    (rule(condition("trips", ">=", 3), condition("trips", ">=", 5)), "who make 5 or more trips a month"),
    (
        rule(condition("trips", ">", 5), condition("trips", "<", 3)),
        "who make more than 5 trips a month and who make fewer than 3 trips a month",
    ),
    (
        either(condition("app", "=", True), rule(condition("trips", ">=", 3), condition("spend", ">", 5))),
        'who are marked "uses the app" or (who make 3 or more trips a month and whose spend per trip is more '
        "than 5.00)",
    ),
    (
        rule(negated(condition("region", "=", "North"), condition("trips", ">=", 3)), condition("app", "null")),
        'for whom it is not true that (their region is "North" and they make 3 or more trips a month) and '
        'for whom the mark "uses the app" is unknown',
    ),
]


@pytest.mark.parametrize(("one", "clause"), RULES, ids=range(len(RULES)))
def test_every_rule_has_its_clause(one: Condition | RuleGroup, clause: str) -> None:
    whole = one if isinstance(one, RuleGroup) else rule(one)
    assert customers(whole, CATALOGUE) == f"customers {clause}"


LABELS = [
    (Feature("x", "Days since last purchase"), "whose last purchase was at most 7.5 days ago"),
    (Feature("x", "weeks since the last mail", "weeks"), "whose last mail was at most 7.5 weeks ago"),
    (Feature("x", "RFM score"), "whose RFM score is at most 7.5"),
    (Feature("x", "Spend", "EUR", decimals=2), "whose spend is at most 7.50 EUR"),
    (Feature("x", "Spend", "$", decimals=2), "whose spend is at most $7.50"),
    (Feature("x", "Spend", "money per month", decimals=2), "whose spend is at most 7.50"),
    (Feature("x", "Distance to the shop", "km"), "whose distance to the shop is at most 7.5 km"),
    (Feature("x", "Trips per month", "per month"), "who have at most 7.5 trips a month"),
    (Feature("x", "visits", "an hour", verb="pay"), "who pay at most 7.5 visits an hour"),
    (Feature("x", "purchases", "per 30 days", verb="make"), "who make at most 7.5 purchases in 30 days"),
    (Feature("x", "discount rate", "%"), "whose discount rate is at most 7.5 %"),
]


@pytest.mark.parametrize(("feature", "clause"), LABELS, ids=range(len(LABELS)))
def test_labels_and_units_that_people_write_make_sentences(feature: Feature, clause: str) -> None:
    assert customers(rule(condition("x", "<=", 7.5)), Catalogue((feature,))) == f"customers {clause}"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=2, max_size=2, unique=True))
def test_different_numbers_never_look_the_same(values: list[float]) -> None:
    values = [0.0 if value == 0 else value for value in values]
    shown = amounts(values, Feature("x", "x"))
    assert (shown[0] != shown[1]) == (values[0] != values[1])


def test_a_number_keeps_its_size() -> None:
    plain, money = Feature("x", "x", decimals=1), Feature("x", "x", "money", decimals=2)
    assert amounts([30.0], plain) == ["30"]
    assert amounts([30.004, 30.0], plain) == ["30.004", "30"]
    assert amounts([2.0 / 3, 20.0 / 3], plain) == ["0.67", "6.7"]
    assert amounts([-1234.56789], plain) == ["-1,234.6"]
    assert amounts([1e-9, 1.7e308, 0.0], plain) == ["1e-9", "1.7e+308", "0"]
    assert amounts([30.0], money) == ["30.00"]


def test_lists_read_as_english() -> None:
    assert [listed(list("abc"[:n]), "or") for n in (1, 2, 3)] == ["a", "a or b", "a, b or c"]


# ------------------------------------------------------------------------------------------ differences


def test_differences_are_told_thing_by_thing() -> None:
    old = example()
    loyal, regular, lapsed = old.segments
    fewer = rule(condition("recency_days", "<=", 30), condition("trips", ">=", 4))
    other = either(condition("app", "=", True), condition("recency_days", "<=", 90))
    produce = rule(condition("produce", ">", 0.2))
    new = old.rebuilt(
        (
            Segment(id="green", name="Green", rule=produce, campaign="B"),
            lapsed.model_copy(update={"campaign": "A"}),
            loyal.model_copy(update={"rule": fewer, "campaign": "none"}),
            regular.model_copy(update={"rule": other, "name": "Steady"}),
        )
    )
    assert old.diff(new) == [
        'New segment "Green" before "Lapsed": customers whose share of spend on produce is more than 20 % '
        'get campaign "Autumn post".',
        'Give "Lapsed" campaign "Type A booklet" instead of no contact.',
        'Count customers as "Loyal" when they make 4 or more trips a month instead of 3.',
        'Stop contacting "Loyal", who get campaign "Type A booklet" today.',
        '"Regular" is now called "Steady".',
        '"Steady" takes customers who are marked "uses the app" or whose last purchase was at most 90 days '
        "ago instead of customers whose last purchase was at most 90 days ago.",
        'The order of precedence is now "Green", "Lapsed", "Loyal", "Steady" and "Others".',
    ]
    assert new.diff(old)[0] == 'Retire "Green".'
    assert old.diff(old) == []


def test_a_new_default_is_told() -> None:
    old = example()
    new = old.rebuilt(old.segments[:2], Segment(id="lapsed", name="Lapsed"))
    assert old.diff(new) == [
        'Retire "Others".',
        '"Lapsed" takes all remaining customers instead of customers whose last purchase was more than 90 days ago.',
        '"Lapsed" becomes the default: it takes everyone whom no segment takes.',
    ]
    assert 'New default segment "Others": all remaining customers are not contacted.' in new.diff(old)


def test_differences_of_the_catalogue_are_told() -> None:
    old = example()
    catalogue = Catalogue(
        features=(*CATALOGUE.features[:-1], Feature("visits", "visits")),
        campaigns=(Campaign("A", "Type A booklet", cost=0.75), Campaign("B", "Autumn post", cost=0.2)),
        protected=("age", "kids"),
    )
    assert old.diff(old.model_copy(update={"catalogue": catalogue})) == [
        'New feature "visits".',
        'The feature "uses the app" is gone.',
        'The campaign "Type A booklet" changes: cost 0.75 instead of 0.5 and beneficial no instead of yes.',
        '"kids" becomes a protected attribute.',
        '"income" is no longer a protected attribute.',
    ]
    turned = Catalogue(CATALOGUE.features[::-1], CATALOGUE.campaigns, CATALOGUE.protected)
    assert old.diff(old.model_copy(update={"catalogue": turned})) == ["The order of the catalogue changes."]


def test_a_campaign_that_is_gone_can_still_be_named() -> None:
    old = example()
    catalogue = Catalogue(CATALOGUE.features, (Campaign("C", "Cinema"),), CATALOGUE.protected)
    segments = [segment.model_copy(update={"campaign": "C"}) for segment in old.segments]
    new = old.model_copy(update={"catalogue": catalogue, "segments": tuple(segments)})
    assert 'Give "Loyal" campaign "Cinema" instead of campaign "Type A booklet".' in old.diff(new)
