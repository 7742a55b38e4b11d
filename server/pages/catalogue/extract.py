"""Collect the strings of templates and code into the catalogues; `make catalogue` runs it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import write_po

from evenhand.server.pages.catalogue import FOLDER, SOURCE, locales, read

__all__ = ["extract", "update"]

METHODS = [("**.py", "python"), ("templates/**.html", "jinja2")]
OPTIONS = {"templates/**.html": {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}}


def extract() -> Catalog:
    """Return a catalogue without translations that holds every marked string of the pages."""
    catalogue = Catalog(project="Evenhand", charset="utf-8")
    found = extract_from_dir(str(Path(__file__).parents[1]), method_map=METHODS, options_map=OPTIONS)
    for file, _, message, comments, context in found:
        place: Any = (Path(file).name, None)  # without its line, so that an edit elsewhere changes no catalogue
        catalogue.add(message, None, [place], auto_comments=comments, context=context)
    return catalogue


def update() -> None:
    """Bring every language's file up to date: new strings empty, lost ones gone."""
    template = extract()
    for locale in locales():
        if locale != SOURCE:
            catalogue = read(locale)
            catalogue.update(template, no_fuzzy_matching=True, update_creation_date=False)
            with (FOLDER / f"{locale}.po").open("wb") as file:
                write_po(file, catalogue, width=110, ignore_obsolete=True, sort_output=True)


if __name__ == "__main__":
    update()
