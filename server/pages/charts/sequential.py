"""The path of an experiment through its bounds, in standard errors from no effect."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from markupsafe import Markup

from evenhand.experiments.svg import Scale, group, round_ticks, tag, text
from evenhand.server.pages.charts.svg import line, path, picture

__all__ = ["Step", "sequential"]

WIDTH, HEIGHT = 360.0, 260.0
LEFT, RIGHT, TOP, BOTTOM = 36.0, 14.0, 18.0, 30.0
FARTHEST = 9.0  # standard errors: bounds beyond are drawn at the edge


class Step(NamedTuple):
    """One look: the share of information, where the path was (None: still to come), and both bounds."""

    share: float
    z: float | None
    upper: float
    lower: float


def sequential(
    steps: Sequence[Step],
    *,
    name: str,
    title: str,
    desc: str,
    write: Callable[[float], str],
    write_x: Callable[[float], str],
    words: tuple[str, str],
) -> Markup:
    """Draw the bounds and the path; `words` say what crossing the upper and the lower one shows."""
    finite = [abs(z) for step in steps for z in (step.z or 0.0, step.upper, step.lower) if math.isfinite(z)]
    reach = min(FARTHEST, max([3.0, *finite]) + 0.6)
    x = Scale(0.0, max([1.0, *(step.share for step in steps)]), LEFT, WIDTH - RIGHT)
    y = Scale(-reach, reach, HEIGHT - BOTTOM, TOP)
    parts = [_axes(x, y, write, write_x)]
    parts.append(_bound([(s.share, s.upper) for s in steps], x, y, "better", words[0], above=True))
    parts.append(_bound([(s.share, s.lower) for s in steps], x, y, "harm", words[1], above=False))
    parts.append(_path([(s.share, s.z) for s in steps if s.z is not None], x, y))
    return picture(WIDTH, HEIGHT, parts, name=name, title=title, desc=desc)


def _bound(points: Sequence[tuple[float, float]], x: Scale, y: Scale, class_: str, word: str, *, above: bool) -> Markup:
    found = [(x(share), y.inside(z)) for share, z in points if math.isfinite(z)]
    if not found:
        return Markup("")
    ticks = [line(a, b - 4, a, b + 4, f"bound {class_}") for a, b in found]
    place = found[0][1] + 4 if above else found[-1][1] + 15  # beside the falling bound, and below the level one
    label = text(WIDTH - RIGHT, place, word, f"tick {class_}-text", "end")
    return group([path(found, f"bound {class_}"), *ticks, label])


def _path(points: Sequence[tuple[float, float]], x: Scale, y: Scale) -> Markup:
    found = [(x(share), y.inside(z)) for share, z in points]
    dots = [tag("circle", cx=a, cy=b, r=4, class_="dot") for a, b in found]
    return group([path([(x(0.0), y(0.0)), *found], "walk"), *dots], class_="curve") if found else Markup("")


def _axes(x: Scale, y: Scale, write: Callable[[float], str], write_x: Callable[[float], str]) -> Markup:
    parts = []
    for value in round_ticks(y.low, y.high, 6):
        parts.append(line(LEFT, y(value), WIDTH - RIGHT, y(value), "zero" if value == 0 else "grid"))
        parts.append(text(LEFT - 6, y(value) + 4, write(value), "tick", "end"))
    for value in round_ticks(x.low, x.high):
        anchor = "end" if x(value) > WIDTH - RIGHT - 8 else "middle"
        parts.append(text(x(value), HEIGHT - BOTTOM + 18, write_x(value), "tick", anchor))
    return group(parts)
