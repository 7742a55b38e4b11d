"""Dot plots with intervals: one row per policy, metric, group or attribute."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from markupsafe import Markup

from evenhand.experiments.report.svg import picture
from evenhand.experiments.svg import Scale, group, round_ticks, tag, text

__all__ = ["Line", "Mark", "Row", "effect_plot", "row_plot"]

WIDTH, ROW, TOP, BOTTOM, SIDE = 320.0, 42.0, 4.0, 20.0, 8.0
_CHARACTER = 7.0  # of the label's 12 px type, on the wide side

Tone = Literal["today", "baseline", "learned", "unfair", "good", "bad", "plain"]


class Mark(NamedTuple):
    """One dot, with a bar where there are limits; `hollow` is how things were before."""

    value: float
    low: float | None = None
    high: float | None = None
    tone: Tone = "plain"
    hollow: bool = False


class Row(NamedTuple):
    """One line of a plot: a label at the left, its value in words at the right, its marks below."""

    label: str
    value: str
    marks: tuple[Mark, ...]
    limit: float | None = None  # this row's own tolerance
    strong: bool = False


class Line(NamedTuple):
    """A vertical line through all rows: a limit, or what to compare with."""

    value: float
    label: str
    kind: Literal["limit", "reference"] = "limit"


def row_plot(
    rows: Sequence[Row],
    *,
    label: str,
    write: Callable[[float], str],
    lines: Sequence[Line] = (),
    domain: tuple[float, float] | None = None,
    ticks: Sequence[float] | None = None,
) -> Markup:
    """Draw `rows` on one common axis; `write` turns an axis value into words."""
    head = TOP + (16 if lines else 0)
    height = head + ROW * len(rows) + BOTTOM
    scale = Scale(*(domain or _domain(rows, lines)), SIDE, WIDTH - SIDE)
    places = round_ticks(scale.low, scale.high) if ticks is None else ticks
    parts = [_axis(places, scale, head, height - BOTTOM, write)]
    parts += [_named(line, scale, head) for line in lines]
    for index, row in enumerate(rows):
        top = head + ROW * index
        parts += [_upright(scale.inside(line.value), top, line.kind) for line in lines]
        parts.append(_row(row, scale, top))
    said = "; ".join(f"{row.label} {row.value}".strip() for row in rows)
    limits = "".join(f"; {line.label}" for line in lines)
    return picture(WIDTH, height, f"{label}. {said}{limits}.", parts)


def effect_plot(rows: Sequence[Row], *, label: str) -> Markup:
    """Draw changes, each row on its own scale with no change in the middle."""
    height = TOP + ROW * len(rows)
    parts = []
    for index, row in enumerate(rows):
        parts.append(_upright(WIDTH / 2, TOP + ROW * index, "zero"))
        reach = 1.12 * max((abs(number) for mark in row.marks for number in _numbers(mark)), default=1.0) or 1.0
        parts.append(_row(row, Scale(-reach, reach, SIDE, WIDTH - SIDE), TOP + ROW * index))
    said = "; ".join(f"{row.label} {row.value}" for row in rows)
    return picture(WIDTH, height, f"{label}. {said}.", parts)


def _numbers(mark: Mark) -> list[float]:
    return [number for number in (mark.value, mark.low, mark.high) if number is not None]


def _domain(rows: Sequence[Row], lines: Sequence[Line]) -> tuple[float, float]:
    numbers = [number for row in rows for mark in row.marks for number in _numbers(mark)]
    numbers += [row.limit for row in rows if row.limit is not None] + [line.value for line in lines]
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    room = 0.06 * (high - low) or abs(high) * 0.1 or 1.0
    # A scale that nearly reaches zero starts there: a reader takes the left end for nothing at all.
    start = 0.0 if 0 <= low < 0.35 * high else low - room
    return start, high + room


def _axis(places: Sequence[float], scale: Scale, top: float, bottom: float, write: Callable[[float], str]) -> Markup:
    parts = []
    for value in places:
        x = scale(value)
        anchor = "start" if x < 12 else "end" if x > WIDTH - 14 else "middle"
        parts.append(tag("line", x1=x, x2=x, y1=top, y2=bottom, class_="grid"))
        parts.append(text(x, bottom + 15, write(value), "tick", anchor))
    return group(parts)


def _row(row: Row, scale: Scale, top: float) -> Markup:
    weight = "label strong" if row.strong else "label"
    room = int((WIDTH - _CHARACTER * len(row.value)) / _CHARACTER) - 1
    name = row.label if len(row.label) <= room else row.label[: max(room - 1, 3)].rstrip(" ,") + "…"
    y = top + 25
    parts = [text(0, top + 13, name, weight), text(WIDTH, top + 13, row.value, f"{weight} value", "end")]
    parts.append(tag("line", x1=scale.start, x2=scale.end, y1=y, y2=y, class_="track"))
    if len(row.marks) == 2 and row.marks[0].low is None:
        parts.append(_step(row.marks, scale, y))
    # Two bars would hide each other, so they stand a little apart.
    apart = 3.5 if len(row.marks) == 2 and row.marks[0].low is not None else 0.0
    parts += [_mark(mark, scale, y + apart * (2 * index - 1)) for index, mark in enumerate(row.marks)]
    if row.limit is not None:
        parts.append(_upright(scale.inside(row.limit), top, "limit"))
    return group(parts, title=f"{row.label}: {row.value}")


def _step(marks: Sequence[Mark], scale: Scale, y: float) -> Markup:
    first, last = (scale.inside(mark.value) for mark in marks)
    return tag("line", x1=first, x2=last, y1=y, y2=y, class_="step")


def _mark(mark: Mark, scale: Scale, y: float) -> Markup:
    parts = []
    if mark.low is not None and mark.high is not None:
        low, high = scale.inside(mark.low), scale.inside(mark.high)
        parts.append(tag("line", x1=low, x2=high, y1=y, y2=y, class_="bar"))
    shape = "dot hollow" if mark.hollow else "dot"
    parts.append(tag("circle", cx=scale.inside(mark.value), cy=y, r=5, class_=shape))
    return group(parts, class_=f"mark {mark.tone}")


def _upright(x: float, top: float, class_: str) -> Markup:
    """Cross one row's track, and keep clear of the words above it."""
    return tag("line", x1=x, x2=x, y1=top + 17, y2=top + 34, class_=class_)


def _named(line: Line, scale: Scale, top: float) -> Markup:
    x = scale.inside(line.value)
    anchor = "start" if x < 60 else "end" if x > WIDTH - 60 else "middle"
    return text(x, top - 5, line.label, f"tick {line.kind}-text", anchor)
