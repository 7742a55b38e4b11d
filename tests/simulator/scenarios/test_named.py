"""Every scenario has a name, a line and a page, and a wrong name gets the nearest right one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import evenhand as eh
from evenhand.errors import DataError
from evenhand.simulator.scenarios import describe, names, scenario, twist, world
from evenhand.simulator.scenarios.form import read_world
from evenhand.simulator.scenarios.pages import difference_in_words

PAGE = (Path(__file__).parents[3] / "docs/scenarios.md").read_text(encoding="utf-8")


def test_names_are_worlds_and_twists() -> None:
    assert names() == (*names("world"), *names("twist"))
    assert len(set(names())) == len(names())
    assert set(names()) >= {
        "beauty_box", "coffee_tea", "ethical_fashion", "restaurants", "no_delayed_effects", "shifted",
        "adversarial_proxy",
    }  # fmt: skip


@pytest.mark.parametrize("name", names())
def test_every_scenario_has_its_section_in_the_docs(name: str) -> None:
    line = describe(name).line
    assert f"| `{name}` | {line} |" in PAGE
    heading = name if not name.startswith("shifted_") else "shifted"
    assert re.search(rf"^### `{heading}`", PAGE, re.M), name


@pytest.mark.parametrize("name", names("world"))
def test_the_docs_tell_how_groups_differ_as_the_file_does(name: str) -> None:
    section = " ".join(PAGE.split(f"### `{name}`")[1].split("### ")[0].split())
    said = read_world(name)
    for attribute in said.protected:
        for group in attribute.groups:
            for column, value in group.differs.items():
                if column in ("rate", "basket"):
                    words = difference_in_words(said, column, value)
                    assert f"{group.name} ({group.share:.0%})" in section
                    assert words in section, (name, group.name, words)


@pytest.mark.parametrize("name", names("world"))
def test_a_worlds_page_says_who_what_and_how_strong(name: str) -> None:
    description, said = describe(name), read_world(name)
    page = " ".join(description.page.split())
    assert (description.kind, description.name) == ("world", name)
    assert str(description) == description.page
    assert f"{said.customers:,} customers" in page
    for campaign in said.campaigns:
        assert f"{campaign.id}, by {campaign.channel}: {campaign.offer}" in page
    for attribute in said.protected:
        for group in attribute.groups:
            assert f"{attribute.label}: {group.name} ({group.share:.0%})" in page
    for effect, number in said.behaviour.items():
        assert f"{effect} {number.value:g} (else " in page
    assert max(len(line) for line in description.page.splitlines()) <= 100


@pytest.mark.parametrize("name", names("twist"))
def test_a_twists_page_says_what_it_changes(name: str) -> None:
    description = describe(name)
    assert description.kind == "twist"
    wanted = {"adversarial_proxy": "style_score", "no_delayed_effects": "fatigue_open"}.get(name, "fatigue_open x ")
    assert wanted in description.page


def test_differences_are_said_in_per_cent_of_habits_and_spreads_of_columns() -> None:
    said = read_world("coffee_tea")
    assert difference_in_words(said, "rate", 0.3) == "orders +20 %"
    assert difference_in_words(said, "tea_share", -0.3) == "share of spend on tea -0.30 sd"


def test_a_scenario_is_a_world_or_a_twist_of_what_is_given() -> None:
    assert scenario("coffee_tea") is world("coffee_tea")
    assert scenario("shifted", world("coffee_tea")) == twist("shifted", world("coffee_tea"))
    assert eh.scenario is scenario


def test_wrong_names_are_told_the_nearest() -> None:
    with pytest.raises(DataError, match=r"there is no scenario 'cofee_tea' .* did you mean 'coffee_tea'"):
        world("cofee_tea")
    with pytest.raises(DataError, match=r"no scenario 'x' .* one of beauty_box, coffee_tea"):
        describe("x")
    with pytest.raises(DataError, match="'shifted' is a twist of a simulator"):
        world("shifted")
    with pytest.raises(DataError, match="'coffee_tea' is a world of its own"):
        twist("coffee_tea", world("coffee_tea"))
    with pytest.raises(DataError, match=r"changes the features .* take one of no_delayed_effects, shifted"):
        twist("adversarial_proxy", world("coffee_tea"), dynamics=True)
