"""Every string is in the catalogue, every language is complete, and numbers and dates follow the reader."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from jinja2 import Environment
from tests.server.pages.markup import read
from tests.server.pages.samples import FRAME, PAGES, REQUEST

from evenhand.server.pages import catalogue, render
from evenhand.server.pages.catalogue.extract import extract
from evenhand.server.pages.glossary import TERMS
from evenhand.server.pages.models.parts import Estimate
from evenhand.server.pages.speech import Speech

TEMPLATES = sorted((Path(catalogue.__file__).parents[1] / "templates").glob("*.html"))
OTHERS = [locale for locale in catalogue.locales() if locale != catalogue.SOURCE]
SAID = ("aria-label", "title", "placeholder", "alt")  # attributes that people read or hear
FRAME_DE = replace(FRAME, locale="de")
LETTERS = re.compile(r"[^\W\d_]{2,}")


def ids(catalog: Catalog) -> set[object]:
    return {message.id for message in catalog if message.id}


def marks(text: str) -> list[str]:
    return sorted(re.findall(r"%\(\w+\)s|%%", text))


def texts(message: object) -> tuple[str, ...]:
    return (message,) if isinstance(message, str) else tuple(message)  # type: ignore[arg-type]  # babel's plurals


def test_there_is_a_second_language() -> None:
    assert "de" in OTHERS


@pytest.mark.parametrize("locale", OTHERS)
def test_a_language_has_every_string_and_no_other(locale: str) -> None:
    assert ids(catalogue.read(locale)) == ids(extract())


@pytest.mark.parametrize("locale", OTHERS)
def test_every_string_is_translated_with_the_same_places(locale: str) -> None:
    for message in catalogue.read(locale):
        if message.id:
            assert all(texts(message.string)), message.id
            assert not message.fuzzy
            assert marks(texts(message.id)[-1]) == marks(texts(message.string)[-1]), message.id


def literal(template: str) -> str:
    """Return the template's own HTML, every tag and expression of Jinja left out."""
    tokens = Environment(trim_blocks=True, lstrip_blocks=True).lex(template)
    return "".join(value if kind == "data" else "\x00" if kind == "variable_begin" else "" for _, kind, value in tokens)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_no_template_says_anything_outside_the_catalogue(path: Path) -> None:
    html = literal(path.read_text(encoding="utf-8"))
    said = [text for text in re.sub(r"<[^>]*>", "\n", html).split("\n") if LETTERS.search(text)]
    said += re.findall(rf'(?:{"|".join(SAID)})="([^"]*[A-Za-z]{{2,}}[^"]*)"', html)
    assert [text.strip() for text in said if text.strip() not in ("Evenhand", "\x00 · Evenhand", "· Evenhand")] == []


def test_a_german_page_is_german() -> None:
    german = read(render(REQUEST, FRAME_DE)).all("main")[0].text
    english = read(render(REQUEST, FRAME)).all("main")[0].text
    for message in ("Your decision", "What could go wrong", "must still approve", "Record my decision"):
        assert message in english
        assert message not in german
    assert "Ihre Entscheidung" in german
    assert "[−0,010; +0,016]" in german
    assert "[−0.010, +0.016]" in english


def test_every_term_that_a_page_uses_is_explained_on_it() -> None:
    for name, model in PAGES.items():
        page = read(render(model, FRAME))
        used = {
            button.attributes["popovertarget"] for button in page.all("button") if "popovertarget" in button.attributes
        }
        explained = {div.attributes["id"] for div in page.all("div") if "popover" in div.attributes}
        assert used == explained, name


def test_the_help_page_explains_every_term() -> None:
    text = read(render(PAGES["help"], FRAME)).all("main")[0].text
    assert [key for key, (_, meaning) in TERMS.items() if meaning not in text] == []


def test_numbers_money_and_dates_follow_the_language() -> None:
    english, german = Speech("en", currency="EUR"), Speech("de", currency="EUR", zone="Europe/Berlin")
    assert english.number(-1234.5, 1) == "−1,234.5"
    assert german.number(-1234.5, 1) == "−1.234,5"
    assert english.money(0.0056, 4, signed=True) == "+€0.0056"
    assert german.money(0.0056, 4, signed=True) == "+0,0056\xa0€"
    assert english.share(0.154, 1) == "15.4%"
    assert german.share(0.154, 1) == "15,4\xa0%"
    assert german.moment(datetime(2026, 11, 26, 23, 30, tzinfo=UTC)) == "27.11.2026, 00:30"
    assert english.listed(["a", "b", "c"]) == "a, b, and c"


def test_a_zero_has_no_sign() -> None:
    assert Speech("en").number(-0.0001, 2, signed=True) == "0.00"
    assert Speech("en").share(0.0, signed=True) == "0%"


@pytest.mark.parametrize(
    ("low", "high", "digits"), [(0.01, 0.03, 3), (-1, 1, 1), (0, 250, 0), (0, 1e-12, 6), (0, 0, 2)]
)
def test_an_interval_is_written_with_two_figures_of_its_width(low: float, high: float, digits: int) -> None:
    assert Speech("en").digits([Estimate(source="live", mean=low, low=low, high=high)]) == digits
