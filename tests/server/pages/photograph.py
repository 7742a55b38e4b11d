"""Photograph every sample page: `python -m tests.server.pages.photograph FOLDER [NAME ...]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.server.pages.browser import chromium, served
from tests.server.pages.samples import PAGES

__all__ = ["VIEWS", "photograph"]

VIEWS = {  # name: (theme, width)
    "light": ("light", 1280),
    "dark": ("dark", 1280),
    "phone": ("light", 320),
    "phone-dark": ("dark", 390),
    "wide": ("light", 1600),
}


def photograph(folder: Path, names: list[str], views: list[str]) -> None:
    """Write one picture a page and view."""
    folder.mkdir(parents=True, exist_ok=True)
    with served() as address, chromium() as browser:
        for view in views:
            theme, width = VIEWS[view]
            page = browser.new_page(viewport={"width": width, "height": 900}, reduced_motion="reduce")
            for name in names:
                page.goto(f"{address}/sample/{name}?theme={theme}")
                page.screenshot(path=folder / f"{name}.{view}.png", full_page=True)
            page.close()


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    asked.add_argument("names", nargs="*", choices=[*PAGES, []], metavar="NAME", help="all, when none is named")
    given = asked.parse_args()
    photograph(given.folder, given.names or list(PAGES), list(VIEWS))
