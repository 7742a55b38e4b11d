"""The few SVG bricks that the charts are built of; colours come from the style sheet by class, never from here."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape

__all__ = ["group", "line", "path", "picture", "rect", "tag", "text"]


def tag(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """Return one element; `class_` is class, `stroke_width` is stroke-width, None leaves an attribute out."""
    pairs = [
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _short(value))
        for key, value in attributes.items()
        if value is not None
    ]
    inner = Markup("").join(escape(child) for child in children)
    opening = Markup("<{}{}").format(name, Markup("").join(pairs))
    return opening + (Markup(">{}</{}>").format(inner, name) if children else Markup("/>"))


def text(x: float, y: float, content: str, class_: str = "label", anchor: str | None = None) -> Markup:
    """Return a line of text."""
    return tag("text", content, x=x, y=y, class_=class_, text_anchor=anchor)


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """Return a straight line."""
    return tag("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def rect(x: float, y: float, width: float, height: float, class_: str, **more: str | float | None) -> Markup:
    """Return a rectangle, never of negative size."""
    return tag("rect", x=x, y=y, width=max(width, 0.0), height=max(height, 0.0), class_=class_, **more)


def path(points: Iterable[tuple[float, float]], class_: str) -> Markup:
    """Return a line through points."""
    return tag("polyline", points=" ".join(f"{_short(x)},{_short(y)}" for x, y in points), class_=class_)


def group(parts: Iterable[Markup], *, title: str = "", class_: str | None = None) -> Markup:
    """Return a group; `title` is what a pointer that rests on it shows."""
    head = [tag("title", title)] if title else []
    return tag("g", Markup("").join([*head, *parts]), class_=class_)


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
        viewBox=f"0 0 {_short(width)} {_short(height)}",
        role="img",
        aria_labelledby=f"{name}-title {name}-desc",
        class_=class_,
    )


def _short(value: str | float) -> str:
    return value if isinstance(value, str) else f"{round(value, 2):.10g}"
