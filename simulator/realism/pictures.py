"""Pictures of the simulator room: the palette and the frame that all share, and cells of observed and expected."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "BAD",
    "GRID",
    "INK",
    "LINE",
    "MUTED",
    "PAPER",
    "QUIET",
    "SIMULATED",
    "WIDTH",
    "cells",
    "frame",
    "grid",
    "sentence",
]

Floats = NDArray[np.float64]

# The light colours of the report's page, which swaps each for its dark counterpart when it shows a picture.
INK, MUTED, LINE, GRID, PAPER = "#191d21", "#58616a", "#e1ded5", "#ebe9e2", "#ffffff"
SIMULATED, QUIET, BAD = "#0b7261", "#87919a", "#b3301f"

WIDTH, ROW, HEAD = 10.0, 0.3, 1.1  # inches
_Z = 1.96


def frame(axes: Axes, *, title: str = "", grid: str = "x") -> Axes:
    """Give axes the look of the report: a quiet grid, no box, a title at the left."""
    axes.set_title(title, loc="left", fontsize=10, color=INK, fontweight="bold")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.spines["bottom"].set_color(QUIET)
    axes.tick_params(colors=MUTED, labelsize=8.5, length=0)
    axes.xaxis.label.set(color=MUTED, fontsize=9)
    axes.yaxis.label.set(color=MUTED, fontsize=9)
    if grid in ("x", "y"):
        axes.grid(axis=grid, color=GRID, linewidth=0.8)  # type: ignore[arg-type]  # the stubs want a literal
    elif grid == "both":
        axes.grid(color=GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    axes.patch.set_visible(False)
    return axes


def sentence(text: str) -> Figure:
    """Return a figure that says why there is none."""
    figure = Figure(figsize=(WIDTH, 1.2), layout="constrained")
    figure.text(0.5, 0.5, text, ha="center", va="center", color=INK, wrap=True)
    return figure


def grid(n: int, across: int, height: float) -> tuple[Figure, list[Axes]]:
    """Return a figure with `n` axes, `across` in a row, each `height` inches high."""
    down = -(-n // across)
    figure = Figure(figsize=(WIDTH, height * down), layout="constrained")
    axes = list(figure.subplots(down, across, squeeze=False).ravel())
    for empty in axes[n:]:
        empty.set_visible(False)
    return figure, axes[:n]


def cells(
    observed: ArrayLike,
    expected: ArrayLike,
    sd: ArrayLike,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    sizes: ArrayLike | None = None,
    label: str = "",
    together: bool = True,
) -> Figure:
    """Draw observed beside expected figures, one panel for each of R `rows` with a line for each of C `columns`.

    `observed`, `expected` and `sd`, of observed less expected were the expectation right, have the shape
    (R, C); NaN is "not enough data". The bar is where 95 % of observations should lie; a dot outside it is
    red. `sizes` (R, C) are numbers of customers, written beside each line; `together` gives all panels one scale.
    """
    seen, mean, spread = (np.atleast_2d(np.asarray(values, np.float64)) for values in (observed, expected, sd))
    counts = None if sizes is None else np.atleast_2d(np.asarray(sizes))
    high = max(ROW * len(columns) + HEAD, 2.0)
    figure = Figure(figsize=(WIDTH, high), layout="constrained")
    panels = figure.subplots(1, len(rows), squeeze=False, sharey=True, sharex=together)[0]
    for r, (axes, row) in enumerate(zip(panels, rows, strict=True)):
        shown = slice(None) if together else slice(r, r + 1)
        room = _room(seen[shown], mean[shown], _Z * spread[shown], counts is not None)
        frame(axes, title=row).set(xlabel=label, ylim=(len(columns) - 0.4, -0.6), xlim=room)
        axes.xaxis.set_major_locator(MaxNLocator(4))
        for c in range(len(columns)):
            if np.isnan(seen[r, c] + mean[r, c]):
                axes.text(0.02, c, "not enough data", transform=axes.get_yaxis_transform(), va="center",
                          fontsize=8, color=MUTED)  # fmt: skip
                continue
            _cell(axes, c, seen[r, c], mean[r, c], _Z * spread[r, c])
        if counts is not None:
            for c in range(len(columns)):
                axes.text(1.0, c, f"n {int(counts[r, c]):,}", transform=axes.get_yaxis_transform(), va="center",
                          ha="right", fontsize=7.5, color=MUTED)  # fmt: skip
    panels[0].set_yticks(range(len(columns)), columns)
    return figure


def _room(seen: Floats, mean: Floats, reach: Floats, sizes: bool) -> tuple[float, float]:
    """Return limits that leave the right end to the numbers of customers."""
    known = ~np.isnan(seen + mean + reach)
    if not known.any():
        return 0.0, 1.0
    low, high = np.minimum(seen, mean - reach)[known].min(), np.maximum(seen, mean + reach)[known].max()
    span = (high - low) or 1.0
    return float(low - 0.06 * span), float(high + (0.3 if sizes else 0.06) * span)


def _cell(axes: Axes, place: int, observed: float, expected: float, reach: float) -> None:
    inside = abs(observed - expected) <= reach
    axes.plot([expected - reach, expected + reach], [place, place], color=QUIET, linewidth=5, alpha=0.45,
              solid_capstyle="round")  # fmt: skip
    axes.plot([expected], [place], marker="|", markersize=11, color=INK)
    axes.plot([observed], [place], marker="o", markersize=6, color=SIMULATED if inside else BAD,
              markeredgecolor=PAPER, markeredgewidth=0.8)  # fmt: skip
