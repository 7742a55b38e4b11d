"""What surrounds a page: who reads it, in which language, what waits for them, what is frozen."""

from __future__ import annotations

from typing import NamedTuple, cast

from babel import negotiate_locale
from fastapi import Request
from sqlalchemy import Connection

from evenhand.registry import requests, segmentations
from evenhand.registry.requests import Filter
from evenhand.server.auth import Caller
from evenhand.server.deps import Deps, deps_of
from evenhand.server.pages.catalogue import SOURCE, locales
from evenhand.server.pages.models.frame import Frame, Freeze, Notice, Theme
from evenhand.server.pages.models.parts import Person
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.notices import NOTICES
from evenhand.server.pages.views.people import People
from evenhand.server.pages.views.queue import need_of

__all__ = ["COOKIE", "THEMES", "Reading", "bare_frame", "frame_of", "places_of", "reading_of", "speech_of"]

COOKIE = "evenhand-reading"  # language and appearance: a convenience, nothing secret
THEMES = ("auto", "light", "dark")
# What a menu may lead to, and the permission that it takes; pages that do not exist yet do not stand here.
PLACES = {
    "queue": "requests:read",
    "segmentations": "segmentations:read",
    "dashboard": "segmentations:read",
    "policies": "policies:read",
    "experiments": "policies:read",
    "audit": "audit:read",
    "start": "customers:load",
    "help": "account:use",
}


class Reading(NamedTuple):
    """How somebody likes to read."""

    locale: str
    theme: Theme


def reading_of(request: Request) -> Reading:
    """Return what was chosen, else the browser's languages and the device's appearance."""
    locale, _, theme = request.cookies.get(COOKIE, "").partition(".")
    if locale not in locales():
        wanted = [part.split(";")[0].strip() for part in request.headers.get("accept-language", "").split(",")[:9]]
        locale = negotiate_locale(wanted, locales(), sep="-") or SOURCE
    return Reading(locale, cast("Theme", theme) if theme in THEMES else "auto")


def speech_of(request: Request) -> Speech:
    """Return how this reader's language is written."""
    return Speech(reading_of(request).locale, now=deps_of(request).clock())


def places_of(caller: Caller) -> frozenset[str]:
    """Return where a caller's menu leads."""
    return frozenset(place for place, permission in PLACES.items() if caller.may(permission))


def bare_frame(request: Request, deps: Deps, caller: Caller | None = None) -> Frame:
    """Return the surroundings of a page that asks the database nothing: log-in, errors."""
    reading = reading_of(request)
    frame = Frame(
        now=deps.clock(), locale=reading.locale, theme=reading.theme, here=_here(request), notice=_notice(request)
    )
    if caller is None:
        return frame
    who = Person(name=caller.user.name, display=caller.user.display or caller.user.name)
    csrf = caller.session.csrf if caller.session else ""
    return frame.with_reader(who, roles=frozenset(caller.roles), csrf=csrf, places=places_of(caller))


def frame_of(connection: Connection, request: Request, deps: Deps, caller: Caller) -> Frame:
    """Return the surroundings of a page for somebody who is logged in."""
    frame = bare_frame(request, deps, caller)
    waiting = requests.count(connection, Filter(needs=need_of(caller)), now=frame.now)
    people = People.of(connection)
    frozen = [one for one in segmentations.every(connection) if one.frozen_at]
    freezes = tuple(
        Freeze(segmentation=one.name, by=people.person(one.frozen_by or ""), at=one.frozen_at or frame.now,
               reason=one.frozen_reason or "")
        for one in frozen
    )  # fmt: skip
    return frame.with_state(waiting=waiting, freezes=freezes)


def _here(request: Request) -> str:
    """Return the address to come back to; of a form that was sent, the page that it stood on."""
    if request.method != "GET":
        return "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def _notice(request: Request) -> Notice | None:
    code = request.query_params.get("done", "")
    if code not in NOTICES:
        return None
    say = Speech(reading_of(request).locale)
    return Notice(mood="done", text=say(NOTICES[code]))
