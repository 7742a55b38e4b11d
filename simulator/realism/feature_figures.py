"""Pictures of features: their distributions, their correlations, and how each hangs on its own past."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from evenhand.simulator.realism.margins import LEVELS
from evenhand.simulator.realism.parts import FeatureGap, Moments
from evenhand.simulator.realism.pictures import BAD, INK, MUTED, QUIET, SIMULATED, WIDTH, frame, grid

__all__ = ["marginals_figure", "moments_figure"]

ACROSS = 6  # small multiples in a row
NAMED = 4  # points with a name


def marginals_figure(features: Sequence[FeatureGap]) -> Figure:
    """Return the distribution function of each feature, real and simulated, the most different first."""
    worst = sorted(features, key=lambda gap: -gap.wasserstein)
    figure, panels = grid(len(worst), ACROSS, 1.55)
    for axes, gap in zip(panels, worst, strict=True):
        _distribution(axes, gap)
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9,
                  frameon=False, labelcolor=INK)  # fmt: skip
    return figure


def _distribution(axes: Axes, gap: FeatureGap) -> None:
    frame(axes, grid="both")
    axes.set_title(gap.name, loc="left", fontsize=7.5, color=INK, fontweight="bold")
    axes.plot(gap.real_quantiles, LEVELS, color=INK, linewidth=1.6, label="real")
    axes.plot(gap.simulated_quantiles, LEVELS, color=SIMULATED, linewidth=1.6, linestyle=(0, (3, 1)), label="simulated")
    # The largest values stretch the picture, and they are the noisiest.
    low, high = (min(q[1] for q in _both(gap)), max(q[-2] for q in _both(gap)))
    room = 0.04 * (high - low) or 0.5
    axes.set(xlim=(low - room, high + room), ylim=(-0.02, 1.02), yticks=(0, 0.5, 1))
    axes.tick_params(labelsize=7)
    early = gap.simulated_quantiles[len(LEVELS) // 2] < (low + high) / 2
    axes.text(*((0.97, 0.06) if early else (0.04, 0.9)), _said(gap), transform=axes.transAxes, fontsize=6.5,
              color=MUTED, ha="right" if early else "left", va="bottom" if early else "top")  # fmt: skip


def _said(gap: FeatureGap) -> str:
    return f"W {gap.wasserstein:.2f} ({gap.wasserstein_halves:.2f})\nKS {gap.ks:.2f}, p {gap.ks_p:.2g}"


def _both(gap: FeatureGap) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return gap.real_quantiles, gap.simulated_quantiles


def moments_figure(moments: Moments, features: Sequence[FeatureGap]) -> Figure:
    """Return simulated against real correlations, between features and of each with its own past."""
    figure = Figure(figsize=(WIDTH, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    upper = np.triu_indices(len(moments.names), 1)
    real, simulated = np.array(moments.real)[upper], np.array(moments.simulated)[upper]
    _diagonal(left, real, simulated, "Correlations between features, second half year")
    for number, pair in enumerate(moments.largest[:NAMED], start=1):
        left.plot([pair.real], [pair.simulated], "o", color=BAD, markersize=4)
        left.annotate(str(number), (pair.real, pair.simulated), xytext=(5, -3), textcoords="offset points",
                      fontsize=8, color=BAD)  # fmt: skip
    named = [f"{k}  {pair.one} × {pair.other}" for k, pair in enumerate(moments.largest[:NAMED], start=1)]
    left.text(0.99, 0.02, "\n".join(["largest differences", *named]), transform=left.transAxes, va="bottom",
              ha="right", fontsize=7.5, color=BAD)  # fmt: skip
    left.text(0.02, 0.97, f"rms difference {moments.rms:.3f}\n(two real halves {moments.rms_halves:.3f})",
              transform=left.transAxes, va="top", fontsize=8.5, color=MUTED)  # fmt: skip
    links = np.array([(gap.real_link, gap.simulated_link) for gap in features])
    _diagonal(right, links[:, 0], links[:, 1], "Each feature with its own first half year")
    for k in np.argsort(-np.abs(links[:, 1] - links[:, 0]))[:NAMED]:
        _name(right, features[k].name, links[k, 0], links[k, 1])
    return figure


def _diagonal(axes: Axes, real: NDArray[np.float64], simulated: NDArray[np.float64], title: str) -> None:
    low, high = min(real.min(), simulated.min()) - 0.05, max(real.max(), simulated.max()) + 0.05
    frame(axes, title=title, grid="both").set(xlabel="real", ylabel="simulated", xlim=(low, high), ylim=(low, high))
    axes.plot([low, high], [low, high], color=QUIET, linewidth=1)
    axes.plot(real, simulated, "o", color=SIMULATED, markersize=4, alpha=0.6, markeredgewidth=0)


def _name(axes: Axes, text: str, real: float, simulated: float) -> None:
    left = real < np.mean(axes.get_xlim())
    axes.annotate(text, (real, simulated), xytext=(6 if left else -6, 0), textcoords="offset points", va="center",
                  ha="left" if left else "right", fontsize=7.5, color=INK)  # fmt: skip
