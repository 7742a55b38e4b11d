"""Expected effects with their intervals, one row for each kind of evidence, told apart by shape and words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from markupsafe import Markup

from evenhand.experiments.svg import Scale, group, round_ticks, tag, text
from evenhand.server.pages.charts.scale import spread
from evenhand.server.pages.charts.svg import line, picture, rect

__all__ = ["Effect", "effects", "mark"]

WIDTH, ROW, TOP, FOOT, SIDE = 360.0, 46.0, 6.0, 40.0, 16.0
WORDS = 20.0  # of a row's height, above its interval


class Effect(NamedTuple):
    """One estimate: its kind, what it is called, its number in words, and the number."""

    source: Literal["simulated", "logged", "live"]
    label: str
    said: str
    mean: float
    low: float
    high: float


def effects(
    rows: Sequence[Effect], *, name: str, title: str, desc: str, write: Callable[[float], str], ends: tuple[str, str]
) -> Markup:
    """Draw one interval a row over a common axis with its zero; `ends` say what left and right of it mean."""
    low, high = spread([0.0, *(value for row in rows for value in (row.low, row.high))])
    x = Scale(low, high, SIDE, WIDTH - SIDE)
    bottom = TOP + ROW * len(rows)
    parts = [_axis(x, len(rows), write, ends)]
    parts += [_row(row, x, TOP + ROW * index) for index, row in enumerate(rows)]
    return picture(WIDTH, bottom + FOOT, parts, name=name, title=title, desc=desc)


def mark(source: str, x: float, y: float) -> Markup:
    """Return the shape of a kind of evidence: simulated a ring, logged a square, live a diamond."""
    if source == "simulated":
        return tag("circle", cx=x, cy=y, r=5, class_="dot hollow")
    if source == "logged":
        return rect(x - 4.5, y - 4.5, 9, 9, "dot")
    return tag("path", d=f"M{x - 6.5:.2f} {y:.2f}l6.5 -6.5 6.5 6.5 -6.5 6.5z", class_="dot")


def _row(row: Effect, x: Scale, top: float) -> Markup:
    middle = top + 32
    parts = [
        text(SIDE, top + 15, row.label, "label"),
        text(WIDTH - SIDE, top + 15, row.said, "value", "end"),
        line(x(row.low), middle, x(row.high), middle, "interval"),
        line(x(row.low), middle - 5, x(row.low), middle + 5, "cap"),
        line(x(row.high), middle - 5, x(row.high), middle + 5, "cap"),
        mark(row.source, x(row.mean), middle),
    ]
    return group(parts, title=f"{row.label}: {row.said}", class_=f"effect {row.source}")


def _axis(x: Scale, n: int, write: Callable[[float], str], ends: tuple[str, str]) -> Markup:
    """Draw the axis; its lines spare the words above each of the `n` intervals."""
    bottom = TOP + ROW * n
    ticks = [value for value in round_ticks(x.low, x.high) if SIDE + 6 <= x(value) <= WIDTH - SIDE - 6]
    parts = [
        line(x(value), TOP + ROW * k + WORDS, x(value), TOP + ROW * (k + 1), "zero" if value == 0 else "grid")
        for value in ticks
        for k in range(n)
    ]
    parts += [text(x(value), bottom + 15, write(value), "tick", "middle") for value in ticks]
    parts += [text(SIDE, bottom + 33, ends[0], "tick"), text(WIDTH - SIDE, bottom + 33, ends[1], "tick", "end")]
    return group([line(SIDE, bottom, WIDTH - SIDE, bottom, "axis"), *parts])
