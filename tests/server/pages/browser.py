"""A server of the sample pages on loopback, and a real Chromium to look at them."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import uvicorn
from tests.server.pages.samples import FRAME, PAGES
from tests.server.people import PASSWORD

from evenhand.server import pages
from evenhand.server.openapi import operations

if TYPE_CHECKING:
    from fastapi import FastAPI
    from playwright.sync_api import Browser, Page

__all__ = [
    "CHROMIUM",
    "check_by_axe",
    "chromium",
    "enter",
    "found_by_axe",
    "picture",
    "running",
    "served",
    "violations",
]

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
STATIC = Path(pages.__file__).parent / "static"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class _Handler(BaseHTTPRequestHandler):
    """Answers /sample/NAME?theme=…&locale=… with the rendered page, and the files of static."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if asked.path.startswith("/static/"):
            file = STATIC / Path(asked.path).name
            return self._answer(file.read_bytes(), KINDS.get(file.suffix, "text/plain"))
        name = asked.path.removeprefix("/sample/")
        if name not in PAGES:
            return self.send_error(404)
        choices = {key: values[0] for key, values in parse_qs(asked.query).items()}
        who = None if name.startswith("log-in") else FRAME.who
        frame = replace(FRAME, who=who, **choices)  # type: ignore[arg-type]  # theme and locale, by the tests
        return self._answer(pages.render(PAGES[name], frame).encode(), "text/html; charset=utf-8")

    def _answer(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", pages.CONTENT_SECURITY_POLICY)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served() -> Iterator[str]:
    """Serve the samples; yields the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium without a window; yields it."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """Serve an app on loopback; yields its address.

    Its routes are made ready before: FastAPI silences a warning of pydantic's as it makes one, which two threads at
    once undo for each other, and here warnings are errors.
    """
    list(operations(app))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False))
        thread = Thread(target=server.run, kwargs={"sockets": [taken]}, daemon=True)
        thread.start()
        while not server.started:
            sleep(0.02)
        try:
            yield f"http://127.0.0.1:{taken.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def enter(browser: Browser, address: str, name: str, said: list[str], **context: Any) -> Page:
    """Log somebody in at a live server; what the browser complains of is added to `said`."""
    given = {"viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce", **context}
    page = browser.new_context(**given).new_page()
    page.on("console", lambda message: said.append(f"{name}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"{name}: {error}"))
    page.goto(address)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Changes that wait for people").wait_for()
    return page


def picture(page: Page, name: str) -> None:
    """Keep a picture where somebody asks for them."""
    folder = os.environ.get("EVENHAND_TEST_PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def violations(page: Page) -> list[Any]:
    """Return what axe finds: (rule, help, the first elements)."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=RULES).response["violations"]
    return [(one["id"], one["help"], [node["html"][:160] for node in one["nodes"][:3]]) for one in found]


def check_by_axe(page: Page, url: str) -> None:
    """Open every <details>, then let axe look at the page in both themes."""
    found = found_by_axe(page, url)
    assert found == []


def found_by_axe(page: Page, url: str) -> list[Any]:
    """Return what axe finds on a page in either theme, every <details> open."""
    page.goto(url)
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    found: list[Any] = []
    for theme in ("light", "dark"):
        page.evaluate("theme => document.documentElement.dataset.theme = theme", theme)
        found += [(theme, *one) for one in violations(page)]
    return found
