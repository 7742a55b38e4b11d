"""Segments as tiles: area is size, colour and pattern and label are the campaign. A squarified treemap.

Bruls, Huizing and van Wijk (2000), Squarified Treemaps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from evenhand.experiments.svg import group, text
from evenhand.server.pages.charts.patterns import defs, fill
from evenhand.server.pages.charts.svg import picture, rect

__all__ = ["Rect", "Tile", "squarify", "tiles"]

FLAT, UPRIGHT = (720.0, 320.0), (340.0, 380.0)  # px
GAP, BAND, EM = 1.5, 9.0, 0.56  # px between tiles, of the campaign's band, and the width of a letter in its size


class Tile(NamedTuple):
    """One segment: its name, its campaign's name and tone, its customers, and its size in words."""

    name: str
    campaign: str
    tone: int
    size: float
    said: str


class Rect(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float


def squarify(sizes: Sequence[float], box: Rect) -> list[Rect]:
    """Return one rectangle for each size, in its order; areas are in proportion and fill the box."""
    total = sum(sizes)
    if total <= 0:
        return [Rect(box.x, box.y, 0.0, 0.0) for _ in sizes]
    order = sorted(range(len(sizes)), key=lambda index: -sizes[index])
    areas = [sizes[index] * box.width * box.height / total for index in order]
    placed = _place(areas, box)
    return [rect for _, rect in sorted(zip(order, placed, strict=True))]


def tiles(rows: Sequence[Tile], *, name: str, title: str, desc: str, upright: bool = False) -> Markup:
    """Draw the tiles, upright for a narrow screen; a label stands only where it fits, the list beside has them all."""
    width, height = UPRIGHT if upright else FLAT
    boxes = squarify([row.size for row in rows], Rect(0.0, 0.0, width, height))
    parts = [defs(name, {row.tone for row in rows})]
    parts += [_tile(row, box, name) for row, box in zip(rows, boxes, strict=True) if box.width * box.height > 0]
    return picture(
        width,
        height,
        parts,
        name=name,
        title=title,
        desc=desc,
        class_=f"chart tiles {'upright' if upright else 'flat'}",
    )


def _place(areas: Sequence[float], box: Rect) -> list[Rect]:
    """Lay strips along the shorter side, each as long as that makes its worst tile squarer; areas fall."""
    placed: list[Rect] = []
    rest, start = box, 0
    while start < len(areas):
        side = min(rest.width, rest.height)
        end = start + 1
        while end < len(areas) and _worst(areas[start : end + 1], side) <= _worst(areas[start:end], side):
            end += 1
        strip, rest = _strip(areas[start:end], rest)
        placed += strip
        start = end
    return placed


def _worst(areas: Sequence[float], side: float) -> float:
    """Return the worst ratio of sides in a strip along `side`."""
    total = sum(areas)
    if total <= 0 or side <= 0 or min(areas) <= 0:
        return float("inf")
    return max(side**2 * max(areas) / total**2, total**2 / (side**2 * min(areas)))


def _strip(areas: Sequence[float], box: Rect) -> tuple[list[Rect], Rect]:
    """Return the tiles of one strip, and the room that is left."""
    total = sum(areas)
    upright = box.width >= box.height
    side = box.height if upright else box.width
    thick = total / side if side else 0.0
    tiles, along = [], 0.0
    for area in areas:
        length = area / thick if thick else 0.0
        tiles.append(
            Rect(box.x, box.y + along, thick, length) if upright else Rect(box.x + along, box.y, length, thick)
        )
        along += length
    if upright:
        return tiles, Rect(box.x + thick, box.y, box.width - thick, box.height)
    return tiles, Rect(box.x, box.y + thick, box.width, box.height - thick)


def _tile(row: Tile, box: Rect, name: str) -> Markup:
    x, y, width, height = box.x + GAP, box.y + GAP, box.width - 2 * GAP, box.height - 2 * GAP
    parts = [
        rect(x, y, width, height, "tile"),
        rect(x, y, width, min(BAND, height), "strip", fill=fill(name, row.tone)),
    ]
    lines = [(row.name, "tile-name", 15.0), (row.said, "tile-size", 13.0), (row.campaign, "tile-campaign", 13.0)]
    top = y + BAND + 4
    for content, class_, size in lines:
        top += size + 4
        if top < y + height - 3 and len(content) * size * EM < width - 14:
            parts.append(text(x + 9, top, content, class_))
    return group(parts, title=f"{row.name}: {row.said}, {row.campaign}", class_=f"tone-{row.tone}")
