"""A segmentation as a picture: a tile for each segment, as large as its customers, coloured by its campaign.

Drawn with matplotlib's Agg canvas, so that the same episode gives the same bytes wherever there is no display. Tiles
keep the order of the segments (an ordered treemap after Shneiderman and Wattenberg, "Ordered treemap layouts", 2001):
they grow and shrink from frame to frame and never jump about. Colours are those of Okabe and Ito ("Color universal
design", 2008), which people with any colour vision tell apart.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from evenhand.envs.candidates import ASSIGN, MOVE, SPLIT
from evenhand.envs.grid import Grid

if TYPE_CHECKING:
    from evenhand.envs.world import World

__all__ = ["HEIGHT", "WIDTH", "Scene", "Tile", "draw", "layout", "rule_of", "scene_of"]

WIDTH, HEIGHT, DPI = 720, 480, 100  # pixels, and dots per inch, which sets how large letters are
NOBODY: Final = "#d9d9d9"  # "no contact"
OKABE_ITO: Final = ("#56B4E9", "#E69F00", "#009E73", "#CC79A7", "#F0E442", "#0072B2", "#D55E00")
DARK: Final = ("#0072B2", "#D55E00", "#009E73")  # of these, that white letters stand on
INK, QUIET, GOOD, BAD = "#222222", "#666666", "#0072B2", "#D55E00"
TILES = (0.02, 0.335, 0.96, 0.555)  # left, bottom, width, height in shares of the picture
SIGNS: Final = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}
LETTER = 6.1 / WIDTH  # width of a letter of the small size, share of the picture's width
LINE = 12.0 / HEIGHT


@dataclass(frozen=True)
class Tile:
    """One segment."""

    name: str  # empty where names are not followed
    rule: str
    campaign: int
    customers: int
    changed: bool  # by the last tweak


@dataclass(frozen=True)
class Scene:
    """What one picture shows."""

    tiles: Sequence[Tile]  # in the order of the segments
    campaigns: Sequence[str]  # names, "no contact" first
    period: int  # periods that have passed
    horizon: int
    profit: Sequence[float]  # so far, from 0 at the start on, money per customer beyond today's segmentation
    slack: Sequence[float]  # worst foretold at the horizon, as often, in its scale: 0 is the limit
    constrained: bool
    caption: str  # what was just done


def scene_of(
    world: World, e: int, *, campaigns: Sequence[str], profit: Sequence[float], slack: Sequence[float], caption: str,
    names: Sequence[str] = (),
) -> Scene:  # fmt: skip
    """Return what to show of environment `e` as it stands; `names` of its segments, if they are known."""
    op, changed = int(world.carried[e, 0]), int(world.carried[e, 1])
    size, grid = int(world.size[e]), world.setup.grid
    count = np.bincount(world.first[e], minlength=size)
    tiles = [
        Tile(
            name=names[s] if names else "",
            rule=rule_of(world.lo[e, s], world.hi[e, s], grid),
            campaign=int(world.campaign[e, s]),
            customers=int(count[s]),
            changed=op in (ASSIGN, MOVE, SPLIT) and s == changed,
        )
        for s in range(size)
    ]
    return Scene(
        tiles, campaigns, world.period, world.setup.horizon, profit, slack, bool(world.setup.constraints), caption
    )


def rule_of(lo: NDArray[np.uint8], hi: NDArray[np.uint8], grid: Grid) -> str:
    """Return the bounds of a box in short, such as "recency days ≤ 21, trips per month > 4"."""
    said: list[str] = []
    for f, (name, cuts) in enumerate(zip(grid.names, grid.cuts, strict=True)):
        plain = name.replace("_", " ")
        if lo[f] > 0:
            said.append(f"{plain} {SIGNS[cuts[lo[f] - 1].above]}\N{NO-BREAK SPACE}{cuts[lo[f] - 1].value:g}")
        if hi[f] <= len(cuts):
            said.append(f"{plain} {SIGNS[cuts[hi[f] - 1].below]}\N{NO-BREAK SPACE}{cuts[hi[f] - 1].value:g}")
    return ", ".join(said) or "everyone else"


Box = tuple[float, float, float, float]  # left, bottom, width, height


def layout(weights: Sequence[float], box: Box, aspect: float = WIDTH / HEIGHT) -> list[Box]:
    """Return a box for each weight, in order, that together fill `box` in proportion to the weights.

    Halves as even as the order allows, side by side where the box is wide and one above the other where it is high.
    """
    if len(weights) < 2:
        return [box] * len(weights)
    left, bottom, width, height = box
    reached = np.cumsum(weights) / max(float(np.sum(weights)), 1e-9)
    k = 1 + int(np.abs(reached[:-1] - 0.5).argmin())
    share = float(reached[k - 1])
    if width * aspect >= height:
        one, other = (left, bottom, width * share, height), (left + width * share, bottom, width * (1 - share), height)
    else:  # the first is above
        one = (left, bottom + height * (1 - share), width, height * share)
        other = (left, bottom, width, height * (1 - share))
    return layout(weights[:k], one, aspect) + layout(weights[k:], other, aspect)


def draw(scene: Scene) -> NDArray[np.uint8]:
    """Return the picture, (HEIGHT, WIDTH, 3)."""
    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    _write(figure, 0.02, 0.955, f"Period {scene.period} of {scene.horizon}", size=12, weight="bold")
    said = textwrap.wrap(scene.caption, int(0.71 / LETTER), max_lines=2, placeholder="…")
    for k, line in enumerate(said):
        _write(figure, 0.27, 0.953 + (len(said) - 1) * 0.012 - k * 0.026, line, size=7.5, color=QUIET)
    _legend(figure, scene)
    shown = [tile for tile in scene.tiles if tile.customers]
    everyone = max(sum(tile.customers for tile in shown), 1)
    boxes = layout([tile.customers for tile in shown], TILES)
    order = sorted(range(len(shown)), key=lambda k: shown[k].changed)  # the frame of the changed one on top
    for k in order:
        _tile(figure, shown[k], boxes[k], everyone)
    _curve(figure, 0.02, scene.profit, scene.horizon, "Profit per customer beyond today's plan", good=1)
    if scene.constrained:
        _curve(figure, 0.52, scene.slack, scene.horizon, "Constraints at the horizon, kept below 0", good=-1)
    else:
        _write(figure, 0.52, 0.285, "No constraints", size=8, color=QUIET)
    canvas.draw()  # type: ignore[no-untyped-call]  # of matplotlib's, as is the next
    return np.asarray(canvas.buffer_rgba(), np.uint8)[:, :, :3].copy()  # type: ignore[no-untyped-call]


def _write(figure: Figure, x: float, y: float, text: str, *, size: float, **how: object) -> None:
    figure.text(x, y, text, fontsize=size, va="center", **{"color": INK, "parse_math": False, **how})  # type: ignore[arg-type]


def _colour(campaign: int) -> str:
    return OKABE_ITO[(campaign - 1) % len(OKABE_ITO)] if campaign else NOBODY


def _legend(figure: Figure, scene: Scene) -> None:
    x = 0.02
    for c, name in enumerate(scene.campaigns):
        if x > 0.9:
            break
        figure.add_artist(Rectangle((x, 0.903), 0.018, 0.022, facecolor=_colour(c), linewidth=0))
        _write(figure, x + 0.024, 0.914, name, size=7.5)
        x += 0.05 + len(name) * LETTER


def _tile(figure: Figure, tile: Tile, box: Box, everyone: int) -> None:
    left, bottom, width, height = box
    face, edge = _colour(tile.campaign), INK if tile.changed else "white"
    line = 3.0 if tile.changed else 1.5
    figure.add_artist(Rectangle((left, bottom), width, height, facecolor=face, edgecolor=edge, linewidth=line))
    letters = "white" if face in DARK else INK
    most = max(int((width - 0.02) / LETTER), 1)  # letters in a line
    lines = [f"{tile.customers / everyone:.0%}" if most < 14 else f"{tile.customers / everyone:.0%} of customers"]
    for text in (*reversed(tile.rule.split(", ")), tile.name):
        lines = textwrap.wrap(text, most) + lines
    fits = int((height - 0.015) / LINE)
    if len(lines) > fits:  # what matters most: which, then how large
        lines = [*lines[: fits - 1], lines[-1]] if fits > 1 else lines[:fits]
    y = bottom + height - 0.008 - LINE / 2
    titled = len(textwrap.wrap(tile.name, most))
    for k, text in enumerate(lines if most > 3 else []):
        weight = "bold" if k < titled else "normal"
        _write(figure, left + 0.009, y - k * LINE, text, size=7.5, color=letters, weight=weight)


def _curve(figure: Figure, left: float, values: Sequence[float], horizon: int, title: str, *, good: int) -> None:
    """Draw a small curve over the episode and its last value, blue on the good side of zero, else vermilion.

    Lines and letters only: matplotlib's axes would take longer than all the rest.
    """
    width, bottom, height = 0.46, 0.04, 0.2
    last, low, high = values[-1], min(*values, 0.0), max(*values, 0.0)
    colour = GOOD if last * good >= 0 else BAD
    scale = max(high - low, 0.02)

    def at(value: float) -> float:
        return bottom + height * (value - low) / scale

    x = [left + width * k / horizon for k in range(len(values))]
    figure.add_artist(Line2D([left, left + width], [at(0.0)] * 2, color=QUIET, linewidth=0.8))
    figure.add_artist(Line2D(x, [at(value) for value in values], color=colour, linewidth=1.8))
    figure.add_artist(Line2D(x[-1:], [at(last)], color=colour, marker="o", markersize=4))
    _write(figure, left, 0.285, title, size=8)
    _write(figure, left + width, 0.285, f"{last:+.2f}", size=10, weight="bold", color=colour, ha="right")
    _write(figure, left + width, at(0.0) + 0.02, "0", size=7, color=QUIET, ha="right")
