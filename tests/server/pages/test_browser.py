"""The pages in a real Chromium: axe, the security policy, small screens, no scripts, keyboard only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pytest
from tests.server.pages.browser import CHROMIUM, check_by_axe, chromium, served, violations
from tests.server.pages.samples import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium")

MAIN = ("request", "queue", "edit")  # of the others the slow test takes care


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served() as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    yield page
    page.close()


@pytest.mark.parametrize("name", MAIN)
def test_axe_finds_nothing_on_the_main_pages(page: Page, address: str, name: str) -> None:
    check_by_axe(page, f"{address}/sample/{name}")


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PAGES if name not in MAIN])
def test_axe_finds_nothing_on_any_page(page: Page, address: str, name: str) -> None:
    check_by_axe(page, f"{address}/sample/{name}")


def test_axe_would_find_something(page: Page, address: str) -> None:
    page.goto(f"{address}/sample/log-in")
    page.evaluate("document.querySelector('label').remove()")
    assert "label" in [rule for rule, *_ in violations(page)]


def test_no_page_breaks_the_security_policy_or_complains(browser: Browser, address: str) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for name in PAGES:
        page.goto(f"{address}/sample/{name}")
        assert page.evaluate("typeof htmx") == "object"  # the one script did load
    page.close()
    assert said == []


def too_wide(browser: Browser, address: str, names: Iterable[str], locale: str) -> dict[str, int]:
    """Return the pages that are wider than 320 px, and how wide."""
    page = browser.new_page(viewport={"width": 320, "height": 700})
    widths = {}
    for name in names:
        page.goto(f"{address}/sample/{name}?locale={locale}")
        widths[name] = page.evaluate("document.documentElement.scrollWidth")
    page.close()
    return {name: width for name, width in widths.items() if width > 320}


@pytest.mark.parametrize("locale", ["en", "de"])
def test_main_pages_fit_a_small_phone(browser: Browser, address: str, locale: str) -> None:
    assert too_wide(browser, address, MAIN, locale) == {}


@pytest.mark.slow
@pytest.mark.parametrize("locale", ["en", "de"])
def test_every_page_fits_a_small_phone(browser: Browser, address: str, locale: str) -> None:
    assert too_wide(browser, address, PAGES, locale) == {}


def test_terms_open_by_keyboard_without_scripts(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/sample/request")
    term = page.locator("button.term", has_text="interval").first
    meaning = page.locator("#term-interval")
    assert not meaning.is_visible()
    term.focus()
    page.keyboard.press("Enter")
    assert meaning.is_visible()
    page.keyboard.press("Escape")
    assert not meaning.is_visible()
    context.close()


def test_a_verdict_needs_a_choice_and_a_reason_without_scripts(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/sample/request")
    page.get_by_role("button", name="Record my decision").click()
    assert page.url.endswith("/sample/request")  # nothing chosen: not sent
    page.get_by_label("Approve").check()
    page.get_by_role("button", name="Record my decision").click()
    assert page.url.endswith("/sample/request")  # no reason: not sent
    with page.expect_request("**/requests/117/review") as sent:
        page.get_by_label("Why?").first.fill("Looked at the groups and the interval.")
        page.get_by_role("button", name="Record my decision").click()
    body = sent.value.post_data or ""
    assert "verdict=approve" in body
    assert "revision=6" in body
    assert "edit=2" in body
    context.close()


def test_the_first_stop_skips_to_the_content(page: Page, address: str) -> None:
    page.goto(f"{address}/sample/queue")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_the_theme_follows_the_device_until_one_is_chosen(browser: Browser, address: str) -> None:
    page = browser.new_page(color_scheme="dark")
    grounds = []
    for theme in ("auto", "dark", "light"):
        page.goto(f"{address}/sample/queue?theme={theme}")
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    page.close()
    assert grounds[0] == grounds[1] != grounds[2]
