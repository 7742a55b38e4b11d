"""Pictures of who redeems: by tenth of the simulated chance, and by campaign and group."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from evenhand.simulator.realism.parts import Bin, Cell
from evenhand.simulator.realism.pictures import BAD, QUIET, SIMULATED, cells, frame, grid

__all__ = ["groups_figure", "tenths_figure"]


def tenths_figure(bins: Sequence[Bin]) -> Figure:
    """Return observed against expected redemption by tenth of the simulated chance, all and by campaign."""
    names = list(dict.fromkeys(one.campaign for one in bins))
    figure, panels = grid(len(names), max(min(len(names), 3), 2), 3.6)
    for axes, name in zip(panels, names, strict=True):
        _tenths(axes, f"Campaign {name}" if name else "All campaigns", [one for one in bins if one.campaign == name])
    return figure


def _tenths(axes: Axes, title: str, bins: list[Bin]) -> None:
    top = max(max(one.high for one in bins), max(one.expected for one in bins)) * 1.05
    frame(axes, title=f"{title} (n {sum(one.n for one in bins):,})", grid="both")
    axes.set(xlabel="simulated chance to redeem", ylabel="share that redeemed", xlim=(0, top), ylim=(0, top))
    axes.plot([0, top], [0, top], color=QUIET, linewidth=1)
    for one in bins:
        colour = SIMULATED if one.low <= one.expected <= one.high else BAD
        axes.plot([one.expected] * 2, [one.low, one.high], color=colour, linewidth=2, alpha=0.5)
        axes.plot([one.expected], [one.observed], "o", color=colour, markersize=5)


def groups_figure(given: Sequence[Cell]) -> Figure:
    """Return observed and expected redemption by campaign and group; groups that are too small everywhere are
    left out.
    """
    campaigns = list(dict.fromkeys(cell.campaign for cell in given if cell.enough))
    keys = list(dict.fromkeys((cell.attribute, cell.group) for cell in given if cell.enough))
    known = {(cell.campaign, cell.attribute, cell.group): cell for cell in given}
    nan = float("nan")
    table = [
        [
            (cell.observed, cell.expected, cell.sd, cell.n) if (cell := known.get((name, *key))) else (nan, nan, nan, 0)
            for key in keys
        ]
        for name in campaigns
    ]
    observed, expected, sd, n = np.moveaxis(np.array(table, np.float64), 2, 0)
    return cells(
        observed, expected, sd, rows=[f"Campaign {name}" for name in campaigns], sizes=n,
        columns=[f"{attribute}: {group}" if attribute else group for attribute, group in keys],
        label="share that redeemed", together=False,
    )  # fmt: skip
