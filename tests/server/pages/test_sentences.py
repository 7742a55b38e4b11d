"""Segments, tweaks and differences in the reader's language; in English exactly as the registry says them."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.segments.example import CATALOGUE, condition, either, rule, segmentations, tweaks

from evenhand.errors import RuleError
from evenhand.segments import Catalogue, Feature, RuleGroup, Segment, Segmentation
from evenhand.segments.sentences import tweak_sentence
from evenhand.server.pages.sentences import differences, segment_said, tweak_said
from evenhand.server.pages.speech import Speech

EN, DE = Speech("en"), Speech("de")
ENGLISH = re.compile(
    r"\b(whose|who|which|are|is|was|ago|get|the|or|and|than|most|least|between|contacted|customers|campaign|instead|"
    r"remaining|those|months?|days?)\b",
    re.I,
)


@given(segmentations())
@settings(max_examples=150, deadline=None)
def test_in_english_a_segment_is_what_the_registry_says(one: Segmentation) -> None:
    assert [segment_said(one, id, EN) for id in one.ids] == [one.sentence(id) for id in one.ids]


@given(segmentations(), segmentations())
@settings(max_examples=150, deadline=None)
def test_in_english_a_difference_is_what_the_registry_says(one: Segmentation, other: Segmentation) -> None:
    assert differences(one, other, EN) == one.diff(other)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_in_english_a_tweak_is_what_the_registry_says(data: st.DataObject) -> None:
    one = data.draw(segmentations())
    tweak = data.draw(tweaks(one))
    try:
        said = tweak_sentence(tweak, one)
    except RuleError:
        assume(False)
    assert tweak_said(tweak, one, EN) == said


def small(*rules: RuleGroup, catalogue: Catalogue = CATALOGUE) -> Segmentation:
    segments = tuple(Segment(id=f"s{k}", name=f"S{k}", rule=one, campaign="A") for k, one in enumerate(rules))
    return Segmentation(catalogue=catalogue, segments=segments, default=Segment(id="rest", name="Rest"))


GERMAN = {
    "Kunden, bei denen last purchase höchstens 30 Tage zurückliegt, erhalten die Kampagne „Type A booklet“.": rule(
        condition("recency_days", "<=", 30)
    ),
    "Kunden, bei denen last purchase höchstens 1 Tag zurückliegt, erhalten die Kampagne „Type A booklet“.": rule(
        condition("recency_days", "<=", 1)
    ),
    "Kunden, die auf 2,5 oder mehr trips im Monat kommen und bei denen spend per trip weniger als 1.234,50 ist, "
    "erhalten die Kampagne „Type A booklet“.": rule(condition("trips", ">=", 2.5), condition("spend", "<", 1234.5)),
    "Kunden, bei denen share of spend on produce mindestens 12,5 % ist, erhalten die Kampagne „Type A booklet“.": rule(
        condition("produce", ">=", 0.125)
    ),
    "Kunden, bei denen region „North“ oder „West“ ist oder die nicht mit „uses the app“ markiert sind, erhalten die "
    "Kampagne „Type A booklet“.": either(condition("region", "in", ("North", "West")), condition("app", "=", False)),
    "Kunden, bei denen last purchase mindestens 30 und weniger als 90 Tage zurückliegt, erhalten die Kampagne "
    "„Type A booklet“.": rule(condition("recency_days", ">=", 30), condition("recency_days", "<", 90)),
}  # fmt: skip


@pytest.mark.parametrize("said", GERMAN)
def test_in_german_it_is_german(said: str) -> None:
    assert segment_said(small(GERMAN[said]), "s0", DE) == said


def test_german_nouns_keep_their_capital() -> None:
    features = (Feature("x", "Käufe", "per month"), Feature("y", "Betrag je Kauf", "money"))
    one = small(rule(condition("x", ">=", 3), condition("y", "<", 50)),
                catalogue=Catalogue(features=features, campaigns=CATALOGUE.campaigns))  # fmt: skip
    said = segment_said(one, "s0", DE)
    assert "die auf 3 oder mehr Käufe im Monat kommen und bei denen Betrag je Kauf weniger als 50 ist" in said
    assert "3 or more käufe a month" in segment_said(one, "s0", EN)


def test_money_stands_where_the_language_puts_it() -> None:
    catalogue = Catalogue(features=(Feature("value", "order value", "€", decimals=2),), campaigns=CATALOGUE.campaigns)
    one = small(rule(condition("value", ">", 1500)), catalogue=catalogue)
    assert "more than €1,500.00 get" in segment_said(one, "s0", EN)
    assert "mehr als 1.500,00 € ist" in segment_said(one, "s0", DE)


@given(segmentations(CATALOGUE), segmentations(CATALOGUE), st.data())
@settings(max_examples=100, deadline=None)
def test_in_german_nothing_stays_english_but_names(one: Segmentation, other: Segmentation, data: st.DataObject) -> None:
    names = [*(f.label for f in one.catalogue.features), *(c.name for c in one.catalogue.campaigns), "make", "have"]
    names += [text for s in (one, other) for segment in s.every for text in (segment.name, segment.id)]
    said = [*(segment_said(one, id, DE) for id in one.ids), *differences(one, other, DE)]
    tweak = data.draw(tweaks(one))
    with suppress(RuleError):
        said.append(tweak_said(tweak, one, DE))
    for text in said:
        plain = re.sub("„[^“]*“", "", text)
        for name in sorted(names, key=len, reverse=True):
            plain = plain.replace(name, "").replace(name[:1].lower() + name[1:], "") if len(name) > 2 else plain
        assert not ENGLISH.search(plain), text
        assert not re.search(r",[.;:,]", plain), text
