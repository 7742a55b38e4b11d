"""A catalogue knows its features and campaigns, and no protected attribute gets into it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from tests.segments.example import CATALOGUE

from evenhand.errors import RuleError
from evenhand.segments import NO_CONTACT, Campaign, Catalogue, Feature


@pytest.mark.parametrize("name", ["age", "Age", "AGE", " age "])
def test_a_protected_attribute_cannot_be_a_feature(name: str) -> None:
    with pytest.raises(RuleError, match=r"'(?i: ?age ?)' is a protected attribute and cannot be a feature"):
        Catalogue(features=(Feature(name, "age"),), protected=("age",))


def test_no_contact_always_comes_first_and_once() -> None:
    assert Catalogue(features=()).campaigns == (NO_CONTACT,)
    given = (Campaign("A", "A"), NO_CONTACT)
    assert [campaign.id for campaign in Catalogue(features=(), campaigns=given).campaigns] == ["none", "A"]
    assert [campaign.is_contact for campaign in CATALOGUE.campaigns] == [False, True, True]


def test_a_catalogue_finds_its_parts_and_offers_the_nearest() -> None:
    assert CATALOGUE.feature("trips").label == "trips"
    assert CATALOGUE.campaign("none") is NO_CONTACT
    with pytest.raises(RuleError, match=r"there is no feature 'tripps'.*did you mean 'trips'?"):
        CATALOGUE.feature("tripps")
    with pytest.raises(RuleError, match=r"'Income' is a protected attribute .* no rule may use"):
        CATALOGUE.feature("Income")
    with pytest.raises(RuleError, match=r"there is no campaign 'C' .* choose one of none, A, B"):
        CATALOGUE.campaign("C")


def test_parts_are_plain_frozen_values() -> None:
    feature = Feature("trips", "trips")
    assert feature == Feature(name="trips", label="trips")
    assert dataclasses.replace(feature, decimals=2).decimals == 2
    assert hash(CATALOGUE) == hash(dataclasses.replace(CATALOGUE))
    with pytest.raises(dataclasses.FrozenInstanceError):
        feature.name = "age"  # type: ignore[misc]  # what the test is about


BROKEN: list[tuple[Callable[[], Any], str]] = [
    (lambda: Feature("", "x"), "Feature name: a name is empty"),
    (lambda: Feature("x", "two\nlines"), "holds a control character"),
    (lambda: Feature("a\0b", "x"), "holds a character that no database stores"),
    (lambda: Feature("\ud800", "x"), "holds a character that no database stores"),
    (lambda: Feature("x", "x", kind="text"), "it should be 'number', 'category' or 'flag', but is 'text'"),  # type: ignore[arg-type]  # wrong on purpose
    (lambda: Feature("x", "x", categories=("a",)), "'x' is a number, so it has no categories"),
    (lambda: Feature("x", "x", kind="category", categories=("a", "a")), "names the category 'a' twice"),
    (lambda: Feature("x", "x", decimals=-1), "decimals: it should be greater than or equal to 0"),
    (
        lambda: Campaign("A", "A", cost=-1),
        "Campaign cost: it should be greater than or equal to 0, but is -1",
    ),
    (lambda: Campaign("A", "A", cost=float("nan")), "Campaign cost"),
    (lambda: Campaign("A", "A", colour="red"), "'colour' is no known key"),  # type: ignore[call-arg]  # wrong on purpose
    (lambda: Catalogue((), (Campaign("A", "A"), Campaign("A", "B"))), "campaign 'A' is declared twice"),
    (lambda: Catalogue((), (Campaign("none", "later", cost=1),)), "campaign 'none' is declared twice"),
    (lambda: Catalogue((Feature("x", "x"), Feature("X", "y"))), "feature 'x' is declared twice"),
]


@pytest.mark.parametrize(("build", "match"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_wrong_is_said_in_one_line(build: Callable[[], Any], match: str) -> None:
    with pytest.raises(RuleError, match=match) as error:
        build()
    assert "\n" not in str(error.value)
