"""What was predicted against what came: on the diagonal a prediction was right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from evenhand.experiments.svg import Scale, group, round_ticks, tag, text
from evenhand.server.pages.charts.scale import spread
from evenhand.server.pages.charts.svg import line, picture

__all__ = ["Pair", "calibration"]

SIZE = 300.0
LEFT, RIGHT, TOP, BOTTOM = 52.0, 12.0, 12.0, 44.0


class Pair(NamedTuple):
    """One change: (mean, low, high) predicted, and realised."""

    label: str
    predicted: tuple[float, float, float]
    realised: tuple[float, float, float]


def calibration(
    pairs: Sequence[Pair], *, name: str, title: str, desc: str, write: Callable[[float], str], words: tuple[str, str]
) -> Markup:
    """Draw a cross of two intervals for each change; both axes have the same scale. `words` name x and y."""
    low, high = spread([0.0, *(value for pair in pairs for value in (*pair.predicted, *pair.realised))])
    x, y = Scale(low, high, LEFT, SIZE - RIGHT), Scale(low, high, SIZE - BOTTOM, TOP)
    parts = [_axes(x, y, write, words), line(x(low), y(low), x(high), y(high), "diagonal")]
    parts += [_cross(pair, x, y) for pair in pairs]
    return picture(SIZE, SIZE, parts, name=name, title=title, desc=desc, class_="chart square")


def _cross(pair: Pair, x: Scale, y: Scale) -> Markup:
    (predicted, left, right), (realised, down, up) = pair.predicted, pair.realised
    parts = [
        line(x(left), y(realised), x(right), y(realised), "interval"),
        line(x(predicted), y(down), x(predicted), y(up), "interval"),
        tag("circle", cx=x(predicted), cy=y(realised), r=4.5, class_="dot"),
    ]
    return group(parts, title=pair.label, class_="curve")


def _axes(x: Scale, y: Scale, write: Callable[[float], str], words: tuple[str, str]) -> Markup:
    parts = []
    for value in round_ticks(x.low, x.high, 3):
        class_ = "zero" if value == 0 else "grid"
        parts.append(line(x(value), TOP, x(value), SIZE - BOTTOM, class_))
        parts.append(line(LEFT, y(value), SIZE - RIGHT, y(value), class_))
        parts.append(text(x(value), SIZE - BOTTOM + 16, write(value), "tick", "middle"))
        parts.append(text(LEFT - 6, y(value) + 4, write(value), "tick", "end"))
    parts.append(text(SIZE - RIGHT, SIZE - 8, words[0], "tick", "end"))
    parts.append(text(LEFT + 4, TOP + 10, words[1], "tick"))
    return group(parts)
