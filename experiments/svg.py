"""The few SVG bricks that charts of reports and pages are built of; colours come from style sheets, by class."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from markupsafe import Markup, escape

__all__ = ["Scale", "group", "round_ticks", "short", "tag", "text"]


def tag(name: str, *children: str, **attributes: str | float | None) -> Markup:
    """Return one element; `class_` is class, `stroke_width` is stroke-width, None leaves an attribute out."""
    pairs = [
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), short(value))
        for key, value in attributes.items()
        if value is not None
    ]
    inner = Markup("").join(escape(child) for child in children)
    opening = Markup("<{}{}").format(name, Markup("").join(pairs))
    return opening + (Markup(">{}</{}>").format(inner, name) if children else Markup("/>"))


def text(x: float, y: float, content: str, class_: str = "label", anchor: str | None = None) -> Markup:
    """Return a line of text."""
    return tag("text", content, x=x, y=y, class_=class_, text_anchor=anchor)


def group(parts: Iterable[Markup], *, title: str = "", class_: str | None = None) -> Markup:
    """Return a group; `title` is what a pointer that rests on it shows."""
    head = [tag("title", title)] if title else []
    return tag("g", Markup("").join([*head, *parts]), class_=class_)


class Scale(NamedTuple):
    """Straight map of the numbers low..high to the pixels start..end."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Map a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def inside(self, value: float) -> float:
        """Map a value, held inside the picture."""
        return self(min(max(value, self.low), self.high))


def round_ticks(low: float, high: float, most: int = 4) -> Sequence[float]:
    """Return at most `most` + 1 round numbers inside low..high, evenly spaced."""
    raw = (high - low) / most
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]


def short(value: str | float) -> str:
    """Return a coordinate as text, to a hundredth of a pixel."""
    return value if isinstance(value, str) else f"{round(value, 2):.10g}"
