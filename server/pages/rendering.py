"""From a view model and its frame to HTML."""

from __future__ import annotations

import math
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from evenhand.server.pages.assets import asset_address
from evenhand.server.pages.catalogue import locales, translations
from evenhand.server.pages.glossary import TERMS, Glossary
from evenhand.server.pages.models import Frame, Page
from evenhand.server.pages.pictures import Pictures
from evenhand.server.pages.places import address
from evenhand.server.pages.speech import Speech

__all__ = ["CONTENT_SECURITY_POLICY", "HTMX", "environment", "render"]

HTMX = "htmx-2.0.11.min.js"
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


def render(page: Page, frame: Frame) -> str:
    """Return the HTML of a page as this reader sees it."""
    speech = Speech(frame.locale, zone=frame.zone, currency=frame.currency, now=frame.now)
    return (
        environment(str(speech.locale))
        .get_template(page.template)
        .render(page=page, frame=frame, say=speech, draw=Pictures(speech, frame.period), glossary=Glossary())
    )


@cache
def environment(locale: str) -> Environment:
    """Return the templates with the catalogue of one language."""
    environment = Environment(
        loader=PackageLoader("evenhand.server.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    install = environment.install_gettext_translations  # type: ignore[attr-defined]  # the extension adds it
    install(translations(locale), newstyle=True)
    environment.globals.update(
        url=address, asset=asset_address, locales=locales(), TERMS=TERMS, HTMX=HTMX, infinity=math.inf
    )
    return environment
