"""The segmentation as the list of questions that it is: the first match wins, the stem is who is left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from evenhand.experiments.svg import group, text
from evenhand.server.pages.charts.patterns import defs, fill
from evenhand.server.pages.charts.svg import picture, rect

__all__ = ["Branch", "tree"]

WIDTH, ROW, STEM = 360.0, 54.0, 96.0  # px; the stem's width is all customers
LEFT, TURN = 8.0, 22.0  # of the stem; how far down in its row a branch leaves


class Branch(NamedTuple):
    """One segment in its place."""

    name: str
    campaign: str
    tone: int
    size: float
    said: str


def tree(rows: Sequence[Branch], *, name: str, title: str, desc: str) -> Markup:
    """Draw the stem with a branch for each segment; widths of stem and branches are numbers of customers."""
    total = sum(row.size for row in rows) or 1.0
    parts = [defs(name, {row.tone for row in rows})]
    left = total
    for index, row in enumerate(rows):
        parts.append(_branch(row, left / total, row.size / total, ROW * index, name))
        left -= row.size
    return picture(WIDTH, ROW * len(rows), parts, name=name, title=title, desc=desc, class_="chart tree")


def _branch(row: Branch, before: float, own: float, top: float, name: str) -> Markup:
    """Draw the stem above the question, the branch to the right, and what goes on below.

    The branch takes the right part of the stem, so that the stem narrows where customers leave it.
    """
    wide, part = STEM * before, STEM * own
    thick = max(part * (ROW - TURN - 6) / STEM, 2.0)
    inner = LEFT + wide - part
    parts = [
        rect(LEFT, top, wide - part, ROW, "stem"),
        rect(inner, top, part, TURN, "stem"),
        rect(inner, top + TURN, STEM + LEFT + 14 - inner, thick, "strip", fill=fill(name, row.tone)),
        rect(inner, top, part, TURN + thick, "strip", fill=fill(name, row.tone)),
        text(STEM + LEFT + 22, top + TURN + 4, row.name, "branch-name"),
        text(STEM + LEFT + 22, top + TURN + 20, f"{row.said} · {row.campaign}", "branch-size"),
    ]
    return group(parts, title=f"{row.name}: {row.said}, {row.campaign}", class_=f"tone-{row.tone}")
