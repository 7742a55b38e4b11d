"""Groups of a protected attribute: rates before and after, and ratios to the reference group with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from evenhand.experiments.svg import Scale, group, round_ticks, tag, text
from evenhand.server.pages.charts.scale import LogScale, spread
from evenhand.server.pages.charts.svg import line, picture, rect

__all__ = ["FOUR_FIFTHS", "Rate", "Ratio", "rates", "ratios"]

WIDTH, ROW, TOP, FOOT, SIDE = 360.0, 42.0, 6.0, 24.0, 16.0
FOUR_FIFTHS = (0.8, 1.25)  # the customary screening band of a ratio
FARTHEST = 4.0  # ratios beyond are drawn at the edge


class Rate(NamedTuple):
    """A group's rate before and after."""

    label: str
    said: str
    before: float
    after: float


class Ratio(NamedTuple):
    """A group's ratio to the reference group; `ratio` is None where it cannot be told."""

    label: str
    said: str
    ratio: float | None
    low: float | None
    high: float | None


def rates(rows: Sequence[Rate], *, name: str, title: str, desc: str, write: Callable[[float], str]) -> Markup:
    """Draw from a ring (before) to a dot (after), a group a row, over an axis that starts at zero."""
    _, high = spread([0.0, *(value for row in rows for value in (row.before, row.after))])
    x = Scale(0.0, high, SIDE, WIDTH - SIDE)
    bottom = TOP + ROW * len(rows)
    ticks = [value for value in round_ticks(0.0, high) if x(value) < WIDTH - SIDE - 4]
    parts = [_grid(x(value), bottom, write(value), zero=value == 0) for value in ticks]
    parts += [_rate(row, x, TOP + ROW * index) for index, row in enumerate(rows)]
    return picture(WIDTH, bottom + FOOT, parts, name=name, title=title, desc=desc)


def ratios(rows: Sequence[Ratio], *, name: str, title: str, desc: str, write: Callable[[float], str]) -> Markup:
    """Draw each ratio with its interval over a logarithmic axis; the band is the four-fifths screen."""
    ends = [value for row in rows for value in (row.low, row.high) if value]
    reach = min(FARTHEST, max([1.5, *(max(value, 1 / value) for value in ends)]) * 1.05)
    x = LogScale(1 / reach, reach, SIDE, WIDTH - SIDE)
    bottom = TOP + ROW * len(rows)
    parts = [rect(x(FOUR_FIFTHS[0]), TOP, x(FOUR_FIFTHS[1]) - x(FOUR_FIFTHS[0]), bottom - TOP, "band")]
    ticks = [value for value in (0.25, 0.5, 0.8, 1.0, 1.25, 2.0, 4.0) if 1 / reach <= value <= reach]
    parts += [_grid(x(value), bottom, write(value), zero=value == 1) for value in ticks]
    parts += [_ratio(row, x, TOP + ROW * index) for index, row in enumerate(rows)]
    return picture(WIDTH, bottom + FOOT, parts, name=name, title=title, desc=desc)


def _rate(row: Rate, x: Scale, top: float) -> Markup:
    middle = top + 30
    parts = [
        *_words(row.label, row.said, top),
        line(x(row.before), middle, x(row.after), middle, "move"),
        tag("circle", cx=x(row.before), cy=middle, r=4.5, class_="dot hollow before"),
        tag("circle", cx=x(row.after), cy=middle, r=4.5, class_="dot after"),
    ]
    return group(parts, title=f"{row.label}: {row.said}", class_="group-row")


def _ratio(row: Ratio, x: LogScale, top: float) -> Markup:
    middle = top + 30
    parts = _words(row.label, row.said, top)
    if row.low and row.high:
        parts.append(line(x.inside(row.low), middle, x.inside(row.high), middle, "interval"))
    if row.ratio:
        parts.append(tag("circle", cx=x.inside(row.ratio), cy=middle, r=4.5, class_="dot after"))
    return group(parts, title=f"{row.label}: {row.said}", class_="group-row")


def _words(label: str, said: str, top: float) -> list[Markup]:
    return [text(SIDE + 6, top + 16, label, "label"), text(WIDTH - SIDE, top + 16, said, "value", "end")]


def _grid(x: float, bottom: float, said: str, *, zero: bool) -> Markup:
    return group([line(x, TOP, x, bottom, "zero" if zero else "grid"), text(x, bottom + 16, said, "tick", "middle")])
