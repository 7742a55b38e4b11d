"""The whole path at the live pages in a real Chromium: nothing on the console, nothing against the security policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tests.server.pages.browser import CHROMIUM, chromium, enter, picture, running
from tests.server.pages.live import NAME, settle
from tests.server.people import CHEAP_HASHES, OPERATOR, PASSWORD

from evenhand.registry.identity import Role, add_user
from evenhand.server.app import create_app
from evenhand.server.settings import ServerSettings

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine: apt-get install chromium")
WHY = "Looked at the groups, at the sizes and at the interval."
PEOPLE: dict[str, list[Role]] = {"mia": ["marketer"], "rob": ["reviewer"], "ann": ["reviewer"], "aud": ["auditor"]}


@pytest.fixture
def address(settings: ServerSettings) -> Iterator[str]:
    app = create_app(settings)
    settle(app)
    deps = app.state.deps
    with deps.database.writing() as connection:
        for name, roles in PEOPLE.items():
            add_user(connection, name, display=f"{name.title()} Example", roles=roles, password=PASSWORD,
                     passwords=CHEAP_HASHES, actor=OPERATOR, now=deps.clock())  # fmt: skip
    with running(app) as found:
        yield found


def decide(page: Page, url: str, verdict: str, reason: str = WHY) -> None:
    page.goto(url)
    page.get_by_label(verdict).check()
    page.locator("#reason").fill(reason)
    page.get_by_role("button", name="Record my decision").click()


def test_the_whole_path_in_a_browser(address: str) -> None:
    said: list[str] = []
    with chromium() as browser:
        mia, rob, ann, aud = (enter(browser, address, name, said) for name in PEOPLE)
        mia.goto(f"{address}/segmentations/{NAME}")
        picture(mia, "segmentation")
        mia.get_by_role("link", name="Propose a change").click()
        mia.locator("#campaign-0").select_option("none")
        mia.get_by_role("button", name="Preview").click()
        mia.get_by_text("Another campaign for").wait_for()
        picture(mia, "edit")
        mia.locator("#edit-heading").fill("Quiet for the lapsed")
        mia.locator("#edit-reason").fill(WHY)
        mia.get_by_role("button", name="Send to review").click()
        mia.get_by_text("Your change is in review now").wait_for()
        url = mia.url.partition("?")[0]

        rob.goto(address)
        picture(rob, "queue")
        rob.get_by_role("link", name="Quiet for the lapsed").click()
        picture(rob, "request")
        decide(rob, url, "Ask for changes")
        rob.get_by_text("went back to its author").wait_for()

        mia.goto(f"{url}/edit")
        mia.locator("#value-0\\.rule\\.0").fill("90")
        mia.get_by_role("button", name="Send to review").click()
        mia.get_by_text("The request has its new content and is in review").wait_for()

        for page in (rob, ann):
            decide(page, url, "Approve")
            page.get_by_text("Your approval is recorded").wait_for()
        for step, done in (("Put into force", "It is in force now"), ("Roll back at once", "It is undone")):
            box = rob.locator("details", has=rob.locator("summary", has_text=step))
            rob.goto(url)
            if box.get_attribute("open") is None:
                box.locator("summary").click()
            if box.locator("textarea").count():
                box.locator("textarea").fill("The leaflet had wrong prices.")
            box.get_by_role("button", name="Do it").click()
            rob.get_by_text(done).wait_for()
        picture(rob, "undone")

        aud.goto(f"{address}/audit")
        aud.get_by_role("button", name="Check now").click()
        aud.get_by_text("rows fit together").wait_for()
        picture(aud, "audit")
    assert said == []
