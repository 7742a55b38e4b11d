"""The frame of a report's chart."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from evenhand.experiments.svg import short, tag

__all__ = ["picture"]


def picture(
    width: float, height: float, label: str, parts: Iterable[Markup], class_: str = "chart", **attributes: str
) -> Markup:
    """Return a drawing that scales with its box; `label` says it all to those who cannot see it."""
    return tag(
        "svg",
        Markup("").join(parts),
        viewBox=f"0 0 {short(width)} {short(height)}",
        role="img",
        aria_label=label,
        class_=class_,
        **attributes,
    )
