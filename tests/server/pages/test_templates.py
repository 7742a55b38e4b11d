"""Every template with every sample, in both languages: valid, labelled, in order, light, and safe against injection."""

from __future__ import annotations

import itertools
import re
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from tests.server.pages.markup import Read, read
from tests.server.pages.samples import FRAME, NOTICE, PAGES

from evenhand.server.pages import render
from evenhand.server.pages.assets import asset_address
from evenhand.server.pages.catalogue import locales
from evenhand.server.pages.models import Frame
from evenhand.server.pages.rendering import HTMX

EVIL = "\"'><script>alert(1)</script><b evil onclick=alert(1)>{{ 7 * 7 }}%(x)s"
LIGHTEST = 200_000  # bytes of a page without its charts


@pytest.fixture(scope="module", params=[(name, locale) for name in PAGES for locale in locales()], ids="-".join)
def html(request: pytest.FixtureRequest) -> str:
    name, locale = request.param
    frame = replace(FRAME, locale=locale, who=None if name.startswith("log-in") else FRAME.who)
    return render(PAGES[name], frame)


@pytest.fixture(scope="module")
def page(html: str) -> Read:
    return read(html)


def test_elements_nest_and_close(page: Read) -> None:
    assert page.faults == []


def test_ids_are_unique_and_references_lead_somewhere(page: Read) -> None:
    ids = [element.attributes["id"] for element in page.elements if element.attributes.get("id")]
    assert len(ids) == len(set(ids))
    for element in page.elements:
        for name in ("for", "aria-labelledby", "aria-describedby", "popovertarget"):
            assert set((element.attributes.get(name) or "").split()) <= set(ids), element
        href = element.attributes.get("href") or ""
        if href.startswith("#"):
            assert href[1:] in ids
    for paint in re.findall(r"url\(#([^)]+)\)", " ".join(str(e.attributes.get("fill")) for e in page.elements)):
        assert paint in ids


def test_nothing_needs_an_unsafe_policy(page: Read) -> None:
    assert page.all("style", "iframe", "object", "embed", "base") == []
    for element in page.elements:
        assert not [name for name in element.attributes if name == "style" or name.startswith("on")], element
    assert [script.attributes.get("src") for script in page.all("script")] == [asset_address(HTMX)]
    sources = [element.attributes.get(name) or "" for element in page.elements for name in ("src", "action")]
    assert [source for source in sources if source and not source.startswith("/")] == []


def test_every_control_has_a_label(page: Read) -> None:
    labelled = {element.attributes["for"] for element in page.all("label") if "for" in element.attributes}
    for control in page.all("input", "select", "textarea"):
        if control.attributes.get("type") != "hidden":
            named = control.attributes.get("id") in labelled or control.inside_label
            assert named or control.attributes.get("aria-label"), control
    assert [button for button in page.all("button") if not button.text.strip()] == []
    assert [link for link in page.all("a") if not link.text.strip() and not link.attributes.get("aria-label")] == []


def test_headings_are_in_order(page: Read) -> None:
    levels = [int(heading.name[1]) for heading in page.all("h1", "h2", "h3", "h4")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels)), levels


def test_every_picture_is_told_in_words(page: Read) -> None:
    for picture in page.all("svg"):
        hidden = picture.attributes.get("aria-hidden") == "true"
        assert hidden or (picture.attributes.get("role") == "img" and picture.attributes.get("aria-labelledby"))


def test_forms_that_write_carry_the_token(page: Read) -> None:
    writing = [form for form in page.all("form") if form.attributes.get("method") == "post"]
    tokens = [field for field in page.all("input") if field.attributes.get("name") == "csrf"]
    assert len(tokens) == len(writing)


def test_pages_are_light(html: str) -> None:
    assert len(re.sub(r"<svg.*?</svg>", "", html, flags=re.S).encode()) < LIGHTEST


def test_the_decision_stands_after_evidence_and_harms() -> None:
    html = render(PAGES["request"], FRAME)
    places = [html.index(f'id="{part}"') for part in ("effect", "groups", "harm", "decision")]
    assert places == sorted(places)
    assert html.index('name="verdict"') > places[-1]
    page = read(html)
    verdicts = [field for field in page.all("input") if field.attributes.get("name") == "verdict"]
    assert [field.attributes.get("value") for field in verdicts] == ["approve", "request_changes", "reject"]
    assert all("checked" not in field.attributes and "required" in field.attributes for field in verdicts)
    assert next(e for e in page.all("textarea") if e.attributes["id"] == "reason").attributes["minlength"] == "10"


def test_an_outdated_request_cannot_be_approved() -> None:
    html = render(PAGES["request-outdated"], FRAME)
    assert "Approve, ask for changes" not in html
    assert "Approve, ask for changes" in render(PAGES["request"], FRAME)
    assert "Outdated." in html
    assert 'value="approve"' not in html


def test_the_author_is_told_why_there_is_nothing_to_decide() -> None:
    html = render(PAGES["request-own"], FRAME)
    assert "someone else must decide" in html
    assert 'name="verdict"' not in html


def test_a_refused_form_keeps_what_was_typed() -> None:
    page = read(render(PAGES["request-failed"], FRAME))
    reason = next(element for element in page.all("textarea") if element.attributes["id"] == "reason")
    assert reason.text == "ok"
    assert reason.attributes["aria-invalid"] == "true"
    chosen = [e.attributes["value"] for e in page.all("input") if "checked" in e.attributes]
    assert chosen == ["approve"]


def poisoned(value: Any, said: str = "") -> Any:
    """Return a view model whose every free text is an attack; codes, which are typed as literals, stay."""
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{f.name: poisoned(getattr(value, f.name), str(f.type)) for f in fields(value) if f.init}
        )
    if isinstance(value, tuple):
        return tuple(poisoned(part, said) for part in value)
    free = isinstance(value, str) and "Literal" not in said and "str" in said
    return EVIL if free and value else value


@pytest.mark.parametrize("name", list(PAGES))
def test_no_text_becomes_markup(name: str) -> None:
    frame: Frame = poisoned(NOTICE)
    frame = replace(frame, locale="en", zone="UTC", currency="", theme="auto", here=EVIL)
    html = render(poisoned(PAGES[name]), frame)
    page = read(html)
    assert page.faults == []
    assert len(page.all("script")) == 1
    assert [
        element for element in page.elements if "evil" in element.attributes or "onclick" in element.attributes
    ] == []
    assert "49%(x)s" not in html
    assert html.count("&lt;script&gt;") + html.count("%3Cscript%3E") > 0 or EVIL not in str(poisoned(PAGES[name]))
