"""Profit against gap: one point per policy with both intervals, and the frontier of what nobody beats on both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from evenhand.experiments.report.charts import Tone
from evenhand.experiments.report.evidence import Interval
from evenhand.experiments.report.svg import picture
from evenhand.experiments.svg import Scale, group, round_ticks, tag, text

__all__ = ["Point", "frontier", "pareto_plot"]

WIDTH, HEIGHT = 680.0, 380.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 14.0, 24.0, 44.0
NAME = 15.0  # height of a name's line, px
CHARACTER = 6.2  # width of one, of 12 px type, on the wide side


Box = tuple[float, float, float, float]  # left, top, right, bottom
Boxes = dict[tuple[int, float], Box]


class Point(NamedTuple):
    """One policy; hollow where it is not feasible."""

    label: str
    gap: Interval
    profit: Interval
    feasible: bool
    tone: Tone


def frontier(points: Sequence[tuple[float, float]]) -> list[int]:
    """Return which (gap, profit) points nobody beats with as small a gap and as much profit, by rising gap.

    Of points that are alike the first stays.
    """
    best, found = float("-inf"), []
    for k in sorted(range(len(points)), key=lambda k: (points[k][0], -points[k][1], k)):
        if points[k][1] > best:
            best = points[k][1]
            found.append(k)
    return found


def pareto_plot(
    points: Sequence[Point],
    *,
    label: str,
    across: str,
    up: str,
    write_gap: Callable[[float], str],
    write_profit: Callable[[float], str],
    tolerance: float | None = None,
) -> Markup:
    """Draw the plane: gap `across`, profit `up`; better is to the left and above."""
    x = Scale(0.0, 1.06 * max([*(p.gap.high for p in points), tolerance or 0.0, 1e-9]), LEFT, WIDTH - RIGHT)
    low, high = min(p.profit.low for p in points), max(p.profit.high for p in points)
    room = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    y = Scale(low - room, high + room, HEIGHT - BOTTOM, TOP)
    best = frontier([(p.gap.mean, p.profit.mean) for p in points])
    parts = [_grid(x, y, across, up, write_gap, write_profit)]
    if tolerance is not None:
        parts += [
            tag("line", x1=x(tolerance), x2=x(tolerance), y1=TOP, y2=HEIGHT - BOTTOM, class_="limit"),
            text(x(tolerance), TOP - 8, f"{write_gap(tolerance)} allowed", "tick limit-text", "middle"),
        ]
    steps = _steps([(x(points[k].gap.mean), y(points[k].profit.mean)) for k in best], x.end)
    parts.append(tag("polyline", points=steps, class_="reference"))
    parts += [_point(p, x, y) for p in points]
    parts += _names(points, x, y, tolerance)
    said = "; ".join(
        f"{p.label}: gap {write_gap(p.gap.mean)}, profit {write_profit(p.profit.mean)}"
        + ("" if p.feasible else ", not fair enough")
        for p in points
    )
    nobody = ", ".join(points[k].label for k in best)
    return picture(WIDTH, HEIGHT, f"{label}. {said}. Nobody beats on both: {nobody}.", parts, "chart plane")


def _grid(
    x: Scale, y: Scale, across: str, up: str, write_gap: Callable[[float], str], write_profit: Callable[[float], str]
) -> Markup:
    parts = []
    for value in round_ticks(x.low, x.high, 6):
        parts.append(tag("line", x1=x(value), x2=x(value), y1=TOP, y2=y.start, class_="grid"))
        parts.append(text(x(value), y.start + 16, write_gap(value), "tick", "middle"))
    for value in round_ticks(y.low, y.high, 5):
        parts.append(tag("line", x1=x.start, x2=x.end, y1=y(value), y2=y(value), class_="grid"))
        parts.append(text(x.start - 8, y(value) + 4, write_profit(value), "tick", "end"))
    parts.append(text(x.end, HEIGHT - 8, across, "tick", "end"))
    parts.append(text(0, TOP - 8, up, "tick"))
    return group(parts)


def _steps(corners: Sequence[tuple[float, float]], end: float) -> str:
    """Return the staircase under which everything is beaten: right from each point, then up to the next."""
    places = []
    for (x, y), (right, _) in zip(corners, [*corners[1:], (end, 0.0)], strict=True):
        places += [(x, y), (right, y)]
    return " ".join(f"{round(x, 2):g},{round(y, 2):g}" for x, y in places)


def _point(point: Point, x: Scale, y: Scale) -> Markup:
    at, over = x(point.gap.mean), y(point.profit.mean)
    bars = [
        tag("line", x1=x.inside(point.gap.low), x2=x.inside(point.gap.high), y1=over, y2=over, class_="bar"),
        tag("line", x1=at, x2=at, y1=y.inside(point.profit.low), y2=y.inside(point.profit.high), class_="bar"),
    ]
    shape = "dot" if point.feasible else "dot hollow"
    return group(
        [*bars, tag("circle", cx=at, cy=over, r=5, class_=shape)], title=point.label, class_=f"mark {point.tone}"
    )


def _names(points: Sequence[Point], x: Scale, y: Scale, tolerance: float | None) -> list[Markup]:
    """Write each name beside its point, where it covers least: first of all other names and dots, then the limit."""
    dots = [(x(p.gap.mean), y(p.profit.mean)) for p in points]
    taken = [(at - 6, over - 6, at + 6, over + 6) for at, over in dots]
    limit = (x(tolerance), TOP, x(tolerance), HEIGHT - BOTTOM) if tolerance is not None else (0.0, 0.0, 0.0, 0.0)
    parts = []
    for p, (at, over) in sorted(zip(points, dots, strict=True), key=lambda pair: pair[0].tone != "learned"):
        places = [(side, over - 4 + NAME * row) for row in (0, 1, -1) for side in (1, -1)]
        boxes = {place: _box(at, *place, CHARACTER * len(p.label)) for place in places}

        def harm(place: tuple[int, float], boxes: Boxes = boxes) -> tuple[int, bool]:
            box = boxes[place]
            outside = box[0] < LEFT or box[2] > WIDTH
            return outside + sum(_overlap(box, other) for other in taken), _overlap(box, limit)

        side, base = min(places, key=harm)
        taken.append(boxes[side, base])
        weight = "label strong" if p.tone == "learned" else "label"
        parts.append(text(at + 9 * side, base, p.label, weight, "start" if side > 0 else "end"))
    return parts


def _box(at: float, side: int, base: float, wide: float) -> Box:
    """Return left, top, right and bottom of a name beside `at`."""
    left = at + 9 if side > 0 else at - 9 - wide
    return left, base - NAME + 4, left + wide, base + 3


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
