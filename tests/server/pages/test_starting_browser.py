"""The first visit in a real Chromium: without scripts, by keyboard, and with axe at every step in both themes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.server.arriving.tables import shop_csv
from tests.server.pages.browser import CHROMIUM, chromium
from tests.server.pages.test_browser import violations
from tests.server.pages.test_live_browser import picture, running
from tests.server.people import CHEAP_HASHES, OPERATOR, PASSWORD

from evenhand.registry.identity import add_user
from evenhand.server.app import create_app
from evenhand.server.arriving import child
from evenhand.server.settings import ServerSettings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium")


@pytest.fixture
def address(settings: ServerSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(child, "run", child.do)
    app = create_app(settings)
    deps = app.state.deps
    with deps.database.writing() as connection:
        add_user(connection, "mia", display="Mia Example", roles=["marketer"], password=PASSWORD,
                 passwords=CHEAP_HASHES, actor=OPERATOR, now=deps.clock())  # fmt: skip
    with running(app) as found:
        yield found


def enter(browser: Browser, address: str, said: list[str], **options: object) -> Page:
    page = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce", **options).new_page()  # type: ignore[arg-type]  # of playwright
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(address)
    page.get_by_label("Name").fill("mia")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Changes that wait for people").wait_for()
    return page


def seen(page: Page, name: str) -> None:
    """Let axe look in both themes, on a small phone as well; keep pictures where somebody asks for them."""
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    for width, view in ((1600, "wide"), (1280, "light"), (320, "phone")):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
        picture(page, f"{name}.{view}")
    page.set_viewport_size({"width": 1280, "height": 900})
    for theme in ("dark", "light"):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        assert violations(page) == [], (name, theme)
        if theme == "dark":
            picture(page, f"{name}.dark")


def test_every_step_is_sound(address: str) -> None:
    said: list[str] = []
    file = {"name": "Corner_shop.csv", "mimeType": "text/csv", "buffer": shop_csv()}
    with chromium() as browser:
        page = enter(browser, address, said)
        seen(page, "start-queue")
        page.goto(f"{address}/segmentations")
        seen(page, "start-segmentations")
        page.get_by_role("main").get_by_role("link", name="Bring a customer table").click()
        page.get_by_label("Customer table").set_input_files({**file, "name": "a.csv", "buffer": b"x,x\n1,2\n"})  # type: ignore[arg-type]  # a payload
        page.get_by_role("button", name="Read the table").click()
        page.get_by_text("stands there twice").wait_for()
        seen(page, "start-refused")
        assert said.pop().startswith("Failed to load resource: the server responded with a status of 422")
        page.get_by_label("Customer table").set_input_files(file)  # type: ignore[arg-type]  # a payload
        page.get_by_role("button", name="Read the table").click()
        page.get_by_role("heading", name="What do the columns mean?").wait_for()
        seen(page, "start-columns")
        page.locator("#campaign-0").fill("Letter")
        page.locator("#cost-0").fill("0.85")
        page.get_by_label("Good for whoever receives it").first.check()
        page.locator("#campaign-1").fill("Newsletter")
        page.get_by_role("button", name="Show the segmentation").click()
        page.get_by_role("heading", name="A first segmentation").wait_for()
        seen(page, "start-today")
        page.get_by_role("button", name="Begin with this").click()
        page.get_by_text("Version 1 is in force").wait_for()
        picture(page, "start-begun")
    assert said == []


def test_it_goes_by_keyboard_and_without_scripts(address: str) -> None:
    said: list[str] = []
    with chromium() as browser:
        page = enter(browser, address, said, java_script_enabled=False)
        page.get_by_role("link", name="Bring data").focus()
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="Bring your customers").wait_for()
        file = page.get_by_label("Customer table")
        file.set_input_files(
            {"name": "shop.csv", "mimeType": "text/csv", "buffer": shop_csv()}
        )  # a dialog of the system
        file.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.get_by_role("heading", name="What do the columns mean?").wait_for()
        page.locator("#campaign-0").focus()
        page.keyboard.type("Letter")
        page.keyboard.press("Enter")  # the first button of a form answers Enter: it must be the one that goes on
        page.get_by_role("heading", name="A first segmentation").wait_for()
        page.get_by_role("button", name="Begin with this").focus()
        page.keyboard.press("Enter")
        page.get_by_text("Version 1 is in force").wait_for()
    assert said == []
