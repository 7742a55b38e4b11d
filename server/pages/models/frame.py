"""What surrounds every page: who is logged in, where they are, how they like to read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import ClassVar, Literal, Self

from evenhand.server.pages.models.parts import Person

__all__ = ["PLACES", "Frame", "Freeze", "Notice", "Page", "Theme"]

Theme = Literal["auto", "light", "dark"]
PLACES = frozenset(
    {"queue", "segmentations", "dashboard", "policies", "experiments", "audit", "start", "help"}
)  # of the menu


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What came of the form that was just sent."""

    mood: Literal["done", "warn", "wrong"]
    text: str  # in the reader's language


@dataclass(frozen=True, kw_only=True)
class Freeze:
    """The kill switch is on: who pulled it, when and why."""

    segmentation: str
    by: Person
    at: datetime
    reason: str


@dataclass(frozen=True, kw_only=True)
class Frame:
    """The request's surroundings; `now` is aware and comes from the edge, so that ages are the same everywhere."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    who: Person | None = None
    roles: frozenset[str] = frozenset()
    csrf: str = ""
    here: str = "/"  # the path shown, to return to after a choice of language or appearance
    locale: str = "en"
    zone: str = "UTC"
    currency: str = ""  # ISO 4217, or "" where the business has not said
    period: Literal["day", "week", "month"] = "week"  # one campaign cycle
    theme: Theme = "auto"
    waiting: int = 0  # requests that need this reader
    alarms: int = 0
    notice: Notice | None = None
    freezes: tuple[Freeze, ...] = ()
    places: frozenset[str] = PLACES  # where the menu, and links that not everybody may follow, lead

    def with_reader(self, who: Person, *, roles: frozenset[str], csrf: str, places: frozenset[str]) -> Self:
        """Return the same surroundings for somebody who is logged in."""
        return replace(self, who=who, roles=roles, csrf=csrf, places=places)

    def with_state(self, *, waiting: int, freezes: tuple[Freeze, ...]) -> Self:
        """Return the same surroundings with what waits and what is frozen."""
        return replace(self, waiting=waiting, freezes=freezes)


class Page:
    """A view model: a frozen dataclass that says exactly what its template shows."""

    template: ClassVar[str]
    place: ClassVar[str] = ""  # the entry of the navigation that is the current one
