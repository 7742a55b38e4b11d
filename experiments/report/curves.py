"""Learning curves: one line per seed, the checkpoint that was kept, and a line to compare with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from evenhand.experiments.report.figures import short
from evenhand.experiments.report.svg import picture
from evenhand.experiments.svg import Scale, group, round_ticks, tag, text

__all__ = ["Curve", "curve_plot", "size_bar"]

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 320.0, 210.0, 44.0, 10.0, 20.0, 34.0


class Curve(NamedTuple):
    """Points (steps, value) of one seed, in order; `chosen` are the steps of the checkpoint that was kept."""

    name: str
    points: tuple[tuple[float, float], ...]
    chosen: float | None = None


def curve_plot(
    curves: Sequence[Curve],
    *,
    label: str,
    write: Callable[[float], str],
    level: tuple[float, str] | None = None,
    level_class: str = "reference",
) -> Markup:
    """Draw `curves` over steps, with a horizontal line at `level` (value, what it is)."""
    xs = [x for curve in curves for x, _ in curve.points]
    ys = [y for curve in curves for _, y in curve.points] + ([level[0]] if level else []) + [0.0]
    room = 0.08 * (max(ys) - min(ys)) or 1.0
    x = Scale(0.0, max(xs, default=1.0) or 1.0, LEFT, WIDTH - RIGHT)
    y = Scale(min(ys) - room if min(ys) < 0 else 0.0, max(ys) + room, HEIGHT - BOTTOM, TOP)
    parts = [_axes(x, y, write)]
    parts += [_curve(curve, x, y) for curve in curves]
    if level:
        parts.append(_level(level, y, level_class))
    ends = "; ".join(f"{c.name} ends at {write(c.points[-1][1])}" for c in curves if c.points)
    beside = f"; {level[1]} {write(level[0])}" if level else ""
    return picture(WIDTH, HEIGHT, f"{label}. {ends}{beside}.", parts)


def _axes(x: Scale, y: Scale, write: Callable[[float], str]) -> Markup:
    parts = []
    for value in round_ticks(y.low, y.high):
        parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y(value), y2=y(value), class_="grid"))
        parts.append(text(LEFT - 6, y(value) + 4, write(value), "tick", "end"))
    ticks = round_ticks(x.low, x.high)
    for value in ticks:
        anchor = "end" if x(value) > WIDTH - 24 else "middle"
        parts.append(text(x(value), HEIGHT - BOTTOM + 16, short(value), "tick", anchor))
    parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y.start, y2=y.start, class_="axis"))
    parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 3, "training steps", "tick", "middle"))
    return group(parts)


def _curve(curve: Curve, x: Scale, y: Scale) -> Markup:
    path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in curve.points)
    parts = [tag("polyline", points=path, class_="curve")]
    kept = [(a, b) for a, b in curve.points if a == curve.chosen]
    parts += [tag("circle", cx=x(a), cy=y(b), r=5, class_="dot") for a, b in kept]
    return group(parts, title=curve.name, class_="mark learned")


def _level(level: tuple[float, str], y: Scale, class_: str) -> Markup:
    height = y(level[0])
    line = tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=height, y2=height, class_=class_)
    return group([line, text(WIDTH - RIGHT, height - 5, level[1], f"tick {class_}-text", "end")])


def size_bar(shares: Sequence[tuple[str, float, str]], *, label: str) -> Markup:
    """Draw (name, share, colour class) side by side, as wide as they are large."""
    total = sum(share for _, share, _ in shares) or 1.0
    parts, start = [], 0.0
    for name, share, class_ in shares:
        width = 1000 * share / total
        box = tag("rect", x=start, y=0, width=max(width - 3, 0.5), height=24, class_=f"box {class_}")
        parts.append(group([box], title=f"{name}: {100 * share:.0f} %"))
        start += width
    said = ", ".join(f"{name} {100 * share:.0f} %" for name, share, _ in shares)
    return picture(1000, 24, f"{label}: {said}.", parts, "sizes", preserveAspectRatio="none")
