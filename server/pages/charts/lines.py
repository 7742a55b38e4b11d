"""Lines over an even axis: learning curves, and the gaps between groups over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from evenhand.experiments.svg import Scale, group, round_ticks, tag, text
from evenhand.server.pages.charts.scale import spread
from evenhand.server.pages.charts.svg import line, path, picture

__all__ = ["Curve", "Limit", "lines"]

WIDTH, HEIGHT = 360.0, 220.0
LEFT, RIGHT, TOP, BOTTOM = 46.0, 12.0, 14.0, 30.0
TURNS = {  # how a mark is drawn from its left end, and how far below the point that is
    3: ("l5 -5 5 5 -5 5z", 0),
    4: ("l5 -9 5 9z", 4),
    5: ("h10l-5 9z", -4),
    6: ("v-3h3.5v-3.5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5z", 1.5),
}
DASHES = 6  # lines differ by dash and mark too; later ones begin again


class Curve(NamedTuple):
    """One line; a value that is None breaks it."""

    label: str
    xs: Sequence[float]
    ys: Sequence[float | None]


class Limit(NamedTuple):
    """A level to compare with, such as a tolerance or a rival's profit."""

    label: str
    value: float


def lines(
    curves: Sequence[Curve],
    *,
    name: str,
    title: str,
    desc: str,
    write: Callable[[float], str],
    write_x: Callable[[float], str],
    limit: Limit | None = None,
    from_zero: bool = False,
) -> Markup:
    """Draw the lines with their marks at the ends, a grid, and the limit."""
    values = [y for curve in curves for y in curve.ys if y is not None]
    values += [0.0] if from_zero else []
    values += [limit.value] if limit else []
    low, high = spread(values)
    y = Scale(0.0 if from_zero else low, high, HEIGHT - BOTTOM, TOP)
    xs = [value for curve in curves for value in curve.xs] or [0.0]
    x = Scale(min(xs), max(xs) if max(xs) > min(xs) else min(xs) + 1.0, LEFT, WIDTH - RIGHT)
    parts = [_axes(x, y, write, write_x, len(set(xs)))]
    if limit:
        parts.append(line(LEFT, y(limit.value), WIDTH - RIGHT, y(limit.value), "limit"))
    parts += [_curve(curve, x, y, index % DASHES + 1) for index, curve in enumerate(curves)]
    if limit:
        parts.append(text(WIDTH - RIGHT, y(limit.value) - 5, limit.label, "tick limit-text", "end"))
    return picture(WIDTH, HEIGHT, parts, name=name, title=title, desc=desc)


def _curve(curve: Curve, x: Scale, y: Scale, dash: int) -> Markup:
    runs: list[list[tuple[float, float]]] = [[]]
    for at, value in zip(curve.xs, curve.ys, strict=True):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x(at), y(value)))
    parts = [path(run, "line") for run in runs if len(run) > 1]
    last = next((run[-1] for run in reversed(runs) if run), None)
    if last:
        parts.append(_end(last, dash))
    return group(parts, title=curve.label, class_=f"curve dash-{dash}")


def _end(point: tuple[float, float], dash: int) -> Markup:
    """Return the mark at a line's end; the legend shows the same one."""
    a, b = point
    if dash == 1:
        return tag("circle", cx=a, cy=b, r=4, class_="dot")
    if dash == 2:
        return tag("rect", x=a - 4, y=b - 4, width=8, height=8, class_="dot")
    turn, down = TURNS[dash]
    return tag("path", d=f"M{a - 5:.2f} {b + down:.2f}{turn}", class_="dot")


def _axes(x: Scale, y: Scale, write: Callable[[float], str], write_x: Callable[[float], str], places: int) -> Markup:
    """Draw both axes; of one or two places on x no more than those are named."""
    parts = []
    for value in round_ticks(y.low, y.high):
        parts.append(line(LEFT, y(value), WIDTH - RIGHT, y(value), "zero" if value == 0 else "grid"))
        parts.append(text(LEFT - 6, y(value) + 4, write(value), "tick", "end"))
    ends = [(x.low, "start"), ((x.low + x.high) / 2, "middle"), (x.high, "end")]
    ends = ends if places > 2 else [ends[0], ends[2]][:places]
    parts += [text(x(value), HEIGHT - BOTTOM + 18, write_x(value), "tick", anchor) for value, anchor in ends]
    return group([*parts, line(LEFT, HEIGHT - BOTTOM, WIDTH - RIGHT, HEIGHT - BOTTOM, "axis")])
