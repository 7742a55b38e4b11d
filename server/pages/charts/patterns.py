"""Patterns of the campaigns, so that no one needs to see colours to tell them apart."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from evenhand.experiments.svg import tag
from evenhand.server.pages.charts.svg import rect

__all__ = ["TONES", "defs", "fill", "swatch", "tone_of"]

TONES = 6
# in a square of 8: what is drawn over the solid ground
_MARKS = {
    0: "M0 4h8",  # no contact: a thin line
    1: "",  # solid
    2: "M-2 2l4-4M0 8l8-8M6 10l4-4",  # rising stripes
    3: "M2 0v8M6 0v8",  # upright stripes
    4: "M0 2h8M0 6h8",  # level stripes
    5: "M-2 6l4 4M0 0l8 8M6-2l4 4",  # falling stripes
    6: "M0 4h8M4 0v8",  # squares
}


def tone_of(tone: int) -> int:
    """Return the tone that is drawn: 0 is no contact, and after the sixth campaign they begin again."""
    return 0 if tone == 0 else (tone - 1) % TONES + 1


def fill(name: str, tone: int) -> str:
    """Return the value of `fill` that paints a tone in the picture called `name`."""
    return f"url(#{name}-tone-{tone_of(tone)})"


def defs(name: str, tones: Iterable[int]) -> Markup:
    """Return the definitions of the patterns that a picture uses."""
    return tag("defs", *(_pattern(name, tone) for tone in sorted({tone_of(tone) for tone in tones})))


def swatch(name: str, tone: int) -> Markup:
    """Return a small square for a legend; the word beside it tells the rest, so it is hidden from readers."""
    square = rect(0, 0, 16, 16, "strip", fill=fill(name, tone), rx=3)
    return tag("svg", defs(name, [tone]), square, viewBox="0 0 16 16", aria_hidden="true", class_="swatch")


def _pattern(name: str, tone: int) -> Markup:
    parts = [rect(0, 0, 8, 8, "ground"), tag("path", d=_MARKS[tone], class_="hatch")]
    return tag(
        "pattern",
        *parts,
        id=f"{name}-tone-{tone}",
        width=8,
        height=8,
        patternUnits="userSpaceOnUse",
        class_=f"tone-{tone}",
    )
