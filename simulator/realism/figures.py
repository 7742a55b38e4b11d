"""The pictures of the realism report, each drawn from its figures alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from evenhand.simulator.realism.feature_figures import marginals_figure, moments_figure
from evenhand.simulator.realism.parts import Coverage, Trajectory
from evenhand.simulator.realism.pictures import BAD, INK, PAPER, QUIET, SIMULATED, WIDTH, frame, sentence
from evenhand.simulator.realism.response_figures import groups_figure, tenths_figure
from evenhand.simulator.realism.result import Realism
from evenhand.simulator.realism.targets import COVERED, JOINT

__all__ = ["pictures_of", "summary_figure"]

_Z = 1.96


def pictures_of(found: Realism) -> dict[str, Figure]:
    """Return every picture that the findings allow, by name, in the order in which a reader wants them."""
    if not found.enough:
        return {}
    drawn = {"told_apart": summary_figure(found)}
    if found.coverage:
        drawn["coverage"] = _coverage_figure(found.coverage)
    if found.moments is not None:
        drawn["marginals"] = marginals_figure(found.features)
        drawn["moments"] = moments_figure(found.moments, found.features)
    if found.trajectories:
        drawn["trajectories"] = _trajectories_figure(found.trajectories)
    if found.bins:
        drawn["redemption_by_tenth"] = tenths_figure(found.bins)
    if any(cell.enough for cell in found.cells):
        drawn["redemption_by_group"] = groups_figure(found.cells)
    return drawn


def summary_figure(found: Realism) -> Figure:
    """Return two panels: AUCs beside their yardsticks, and each feature alone; a sentence when there is no
    answer.
    """
    if not found.enough:
        return sentence(f"Not enough data: {found.reason}")
    figure = Figure(figsize=(WIDTH, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.1))
    _bars(left, found)
    gaps = sorted(found.features, key=lambda f: abs(f.auc - 0.5))
    reach = max(0.15, 1.1 * max(abs(gap.auc - 0.5) for gap in gaps))
    frame(right, title="Told from real by one feature alone").set(
        xlim=(0.5 - reach, 0.5 + reach), xlabel="AUC (below 0.50: simulated values too small)"
    )
    for place, gap in enumerate(gaps):
        right.plot([0.5, gap.auc], [place, place], color=SIMULATED, linewidth=1.5, alpha=0.5)
        right.plot([gap.auc], [place], "o", color=SIMULATED, markersize=5)
    right.set_yticks(range(len(gaps)), [gap.name for gap in gaps])
    right.axvline(0.5, color=INK, linewidth=1)
    return figure


def _bars(axes: Axes, found: Realism) -> None:
    bars = [
        ("two real halves", found.halves, QUIET, 0.0),
        ("simulator", found.joint, SIMULATED, found.joint_sd),
        ("copying the past", found.copy_joint, QUIET, 0.0),
        ("two real halves", found.halves_marginal, QUIET, 0.0),
        ("simulator", found.marginal, SIMULATED, found.marginal_sd),
        ("copying the past", found.copy_marginal, QUIET, 0.0),
    ]
    places = [0.0, 1.0, 2.0, 4.0, 5.0, 6.0]
    frame(axes, title="Told from real by all features").set(
        xlim=(0.4, 1.1), ylim=(6.6, -1.4), xlabel="AUC (0.50: cannot be told from real, 1.00: always)"
    )
    for place, (_, value, colour, sd) in zip(places, bars, strict=True):
        axes.barh(place, value - 0.5, left=0.5, height=0.7, color=colour)
        reach = _Z * sd
        if reach:
            axes.plot([value - reach, value + reach], [place, place], color=INK, linewidth=1.5)
        axes.text(max(value + reach, 0.5) + 0.012, place, f"{value:.3f}", va="center", fontsize=9, color=INK,
                  bbox={"facecolor": PAPER, "edgecolor": "none", "pad": 1.0})  # fmt: skip

    heads = {-1.0: "Past and future jointly", 3.0: "Future alone"}
    axes.set_yticks([*heads, *places], [*heads.values(), *(name for name, *_ in bars)])
    for label in axes.get_yticklabels()[: len(heads)]:
        label.set(color=INK, fontweight="bold")
    axes.plot([JOINT, JOINT], [-0.5, 2.5], color=BAD, linewidth=1.5)
    axes.text(JOINT + 0.012, -0.8, f"at most {JOINT:.2f}", color=BAD, fontsize=8.5, va="center")
    axes.axvline(0.5, color=INK, linewidth=1)


def _trajectories_figure(lines: Sequence[Trajectory]) -> Figure:
    """Return weekly means over the year with the band of simulated futures."""
    figure = Figure(figsize=(WIDTH, 6.2), layout="constrained")
    for axes, line in zip(figure.subplots(3, 1, sharex=True), lines, strict=True):
        _trajectory(axes, line)
    axes.set_xlabel("week")
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9, frameon=False,
                  labelcolor=INK)  # fmt: skip
    return figure


def _trajectory(axes: Axes, line: Trajectory) -> None:
    weeks = np.arange(len(line.real))
    future = weeks[line.start :]
    frame(axes, title=f"{line.name[:1].upper()}{line.name[1:]}: {line.inside:.0%} of weeks inside the band", grid="y")
    axes.fill_between(
        future, line.low, line.high, color=SIMULATED, alpha=0.22, linewidth=0, label="95 % of simulated futures"
    )
    axes.plot(future, line.mean, color=SIMULATED, linewidth=1.6, linestyle=(0, (3, 1)), label="their mean")
    axes.plot(weeks, line.real, color=INK, linewidth=1.4, label="real")
    axes.axvline(line.start - 0.5, color=QUIET, linewidth=1)
    low = min(min(line.real), min(line.low))
    high = max(max(line.real), max(line.high))
    if high <= 1:
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set(ylim=(low - 0.1 * (high - low), high + 0.1 * (high - low)), xlim=(-0.5, len(weeks) - 0.5))


def _coverage_figure(coverage: Sequence[Coverage]) -> Figure:
    """Return the histogram of the randomised PIT of each quantity, flat when all is right."""
    figure = Figure(figsize=(WIDTH, 2.9), layout="constrained")
    panels = figure.subplots(1, len(coverage), sharey=True, squeeze=False)[0]
    for axes, one in zip(panels, coverage, strict=True):
        met = COVERED[0] <= one.share <= COVERED[1]
        level = one.n / len(one.histogram)
        reach = _Z * np.sqrt(level * (1 - 1 / len(one.histogram)))
        edges = (np.arange(len(one.histogram)) + 0.5) / len(one.histogram)
        frame(axes, title=one.name.capitalize(), grid="y")
        axes.bar(edges, one.histogram, width=0.9 / len(one.histogram), color=SIMULATED if met else BAD, alpha=0.75)
        axes.axhspan(level - reach, level + reach, color=QUIET, alpha=0.25, linewidth=0)
        axes.axhline(level, color=INK, linewidth=1)
        axes.set(xlim=(0, 1), xticks=(0, 0.5, 1), xlabel=f"{one.share:.1%} in 0.05..0.95")
    panels[0].set_ylabel("customers")
    return figure
