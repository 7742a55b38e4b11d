"""The SVG bricks that only pages use: lines, boxes, and the frame that tells a chart to who cannot see it."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from evenhand.experiments.svg import short, tag

__all__ = ["line", "path", "picture", "rect"]


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """Return a straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def rect(x: float, y: float, width: float, height: float, class_: str, **more: str | float | None) -> Markup:
    """Return a rectangle, never of negative size."""
    return tag("rect", x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), class_=class_, **more)


def path(points: Iterable[tuple[float, float]], class_: str) -> Markup:
    """Return a line through points."""
    return tag("polyline", points=" ".join(f"{short(x)},{short(y)}" for x, y in points), class_=class_)


def picture(
    width: float, height: float, parts: Iterable[Markup], *, name: str, title: str, desc: str, class_: str = "chart"
) -> Markup:
    """Return a drawing that scales with its box; title and desc tell it to those who cannot see it.

    `name` makes the ids of both, so it is unique on the page.
    """
    head = [tag("title", title, id=f"{name}-title"), tag("desc", desc or title, id=f"{name}-desc")]
    return tag(
        "svg",
        Markup("").join([*head, *parts]),
        viewBox=f"0 0 {short(width)} {short(height)}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        class_=class_,
    )
