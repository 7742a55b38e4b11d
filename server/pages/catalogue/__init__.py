"""The catalogue of strings: English stands in the sources, every other language in one `.po` file here.

A translation needs no code: copy `de.po`, translate, done; `make catalogue` brings new strings into every file.
"""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

__all__ = ["SOURCE", "locales", "read", "translations"]

SOURCE = "en"
FOLDER = Path(__file__).parent


@cache
def locales() -> tuple[str, ...]:
    """Return the languages that there are, English first."""
    return (SOURCE, *sorted(path.stem for path in FOLDER.glob("*.po")))


def read(locale: str) -> Catalog:
    """Return the catalogue of a language as it stands in its file."""
    with (FOLDER / f"{locale}.po").open("rb") as file:
        return read_po(file, locale=locale)


@cache
def translations(locale: str) -> NullTranslations:
    """Return what translates into a language: `de_AT` by `de`; English and unknown languages as the sources say."""
    names = [name for name in (locale, locale.partition("_")[0]) if name in locales() and name != SOURCE]
    if not names:
        return NullTranslations()
    compiled = BytesIO()
    write_mo(compiled, read(names[0]))
    compiled.seek(0)
    return Translations(compiled)
