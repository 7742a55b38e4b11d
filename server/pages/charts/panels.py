"""Small pictures one below another, a segment or an attribute each, over the same periods: values with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from evenhand.experiments.svg import Scale, group, round_ticks, tag, text
from evenhand.server.pages.charts.svg import line, path, picture

__all__ = ["Panel", "panels"]

WIDTH, HEAD, PLOT, APART, FOOT = 360.0, 22.0, 42.0, 14.0, 22.0
LEFT, RIGHT = 46.0, 12.0
FEWEST = 1e-9  # a picture of nothing but zeros has a height all the same


class Panel(NamedTuple):
    """One row: what it is, its newest value in words, and (value, low, high) of each period; None where not known.

    `limit` is a level to compare with.
    """

    label: str
    said: str
    points: Sequence[tuple[float, float | None, float | None] | None]
    limit: float | None = None


def panels(
    rows: Sequence[Panel],
    *,
    name: str,
    title: str,
    desc: str,
    write: Callable[[float], str],
    ends: tuple[str, str],
    alike: bool = True,
) -> Markup:
    """Draw the rows over an even axis from the first period to the last, whose names are `ends`; each starts at zero.

    With `alike` all rows have one scale, so that their heights compare; without it each fills its own.
    """
    tops = [_top(row) for row in rows]
    most = max(tops, default=1.0)
    every = max((len(row.points) for row in rows), default=0)
    x = Scale(0.0, float(max(every - 1, 1)), LEFT + 4, WIDTH - RIGHT - 4)
    parts = []
    for index, (row, top) in enumerate(zip(rows, tops, strict=True)):
        up = index * (HEAD + PLOT + APART) + HEAD
        y = Scale(0.0, most if alike else top, up + PLOT, up)
        parts.append(_panel(row, x, y, write))
    bottom = len(rows) * (HEAD + PLOT + APART) - APART
    first, last = ends
    parts.append(text(LEFT, bottom + 18, first, "tick", "start"))
    if every > 1:
        parts.append(text(WIDTH - RIGHT, bottom + 18, last, "tick", "end"))
    return picture(WIDTH, bottom + FOOT, parts, name=name, title=title, desc=desc)


def _top(row: Panel) -> float:
    ends = [end for point in row.points if point for end in point if end is not None]
    return max([FEWEST, *ends, *([] if row.limit is None else [row.limit])]) * 1.05


def _panel(row: Panel, x: Scale, y: Scale, write: Callable[[float], str]) -> Markup:
    parts = [
        text(LEFT - 38, y.end - 8, row.label, "label"),
        text(WIDTH - RIGHT, y.end - 8, row.said, "value", "end"),
    ]
    for value in round_ticks(0.0, y.high, most=3):
        parts.append(line(LEFT, y(value), WIDTH - RIGHT, y(value), "zero" if value == 0 else "grid"))
        parts.append(text(LEFT - 6, y(value) + 4, write(value), "tick", "end"))
    if row.limit is not None:
        parts.append(line(LEFT, y(row.limit), WIDTH - RIGHT, y(row.limit), "limit"))
    parts += [path(run, "line") for run in _runs(row, x, y) if len(run) > 1]
    for place, point in enumerate(row.points):
        if point is not None:
            parts += _mark(point, x(place), y)
    return group(parts, title=f"{row.label}: {row.said}", class_="curve dash-1")


def _mark(point: tuple[float, float | None, float | None], at: float, y: Scale) -> list[Markup]:
    value, low, high = point
    ends = [] if low is None or high is None else [line(at, y.inside(low), at, y.inside(high), "interval")]
    return [*ends, tag("circle", cx=at, cy=y(value), r=3, class_="dot")]


def _runs(row: Panel, x: Scale, y: Scale) -> list[list[tuple[float, float]]]:
    runs: list[list[tuple[float, float]]] = [[]]
    for place, point in enumerate(row.points):
        if point is None:
            runs.append([])
        else:
            runs[-1].append((x(place), y(point[0])))
    return runs
