"""The versions of a segmentation in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from markupsafe import Markup

from evenhand.experiments.svg import Scale, group, tag, text
from evenhand.server.pages.charts.svg import line, picture

__all__ = ["Moment", "timeline"]

WIDTH, HEIGHT, SIDE, LEVEL = 360.0, 66.0, 20.0, 32.0
NEAR = 18.0  # px: a label nearer to the one before is left out, the list below has them all


class Moment(NamedTuple):
    """One version: its number, its time in seconds, what it is, and all of it in words."""

    number: int
    at: float
    standing: Literal["current", "stable", "past", "rolled_back"]
    said: str


def timeline(moments: Sequence[Moment], *, name: str, title: str, desc: str, ends: tuple[str, str]) -> Markup:
    """Draw the versions along a line from the first to the newest; `ends` are those two dates in words."""
    times = [moment.at for moment in moments] or [0.0]
    x = Scale(min(times), max(times) if max(times) > min(times) else min(times) + 1.0, SIDE, WIDTH - SIDE)
    parts = [line(SIDE, LEVEL, WIDTH - SIDE, LEVEL, "axis")]
    last = float("-inf")
    for moment in sorted(moments, key=lambda moment: moment.at):
        parts.append(_moment(moment, x(moment.at), labelled=x(moment.at) - last >= NEAR))
        last = x(moment.at) if x(moment.at) - last >= NEAR else last
    parts += [text(SIDE - 8, HEIGHT - 8, ends[0], "tick"), text(WIDTH - SIDE + 8, HEIGHT - 8, ends[1], "tick", "end")]
    return picture(WIDTH, HEIGHT, parts, name=name, title=title, desc=desc, class_="chart timeline")


def _moment(moment: Moment, x: float, *, labelled: bool) -> Markup:
    radius = 7.0 if moment.standing == "current" else 5.0
    parts = [tag("circle", cx=x, cy=LEVEL, r=radius, class_=f"dot {'hollow' if moment.standing != 'current' else ''}")]
    if moment.standing == "rolled_back":
        parts.append(line(x - 6, LEVEL + 6, x + 6, LEVEL - 6, "struck"))
    if labelled:
        parts.append(text(x, LEVEL - 13, str(moment.number), "label", "middle"))
    return group(parts, title=moment.said, class_="curve")
