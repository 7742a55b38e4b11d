"""Three pictures of the result: gains with intervals, learning curves of all seeds, gains by delayed strength."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

__all__ = ["draw_pictures"]

Json = dict[str, Any]
TITLE = 54  # characters that a panel is wide


def draw_pictures(found: Json, folder: Path) -> dict[str, str]:
    """Write the pictures that there is something to show for; return their captions by file name."""
    compared = {name: row for name, row in found["scenarios"].items() if row["best_baseline"]}
    drawn = {
        "learning-gains.png": (_gains(compared), "Gain over the best feasible baseline, with 95 % intervals"),
        "learning-curves.png": (_curves(compared), "Validation profit along training, a line per seed"),
        "learning-strengths.png": (_strengths(found["strengths"]), "Gain by strength of the delayed effects"),
    }
    captions = {}
    for name, (figure, caption) in drawn.items():
        if figure is not None:
            folder.mkdir(parents=True, exist_ok=True)
            figure.savefig(folder / name, dpi=110, metadata={"Software": None})
            captions[name] = caption
    return captions


def _gains(rows: Json) -> Figure | None:
    if not rows:
        return None
    figure = Figure(figsize=(8, 0.8 + 0.45 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    best = [(k, row["gain_percent"], row["gain_low"], row["gain_high"]) for k, row in enumerate(rows.values())]
    others = [(k + 0.2, row.get("over_who_did_not_learn")) for k, row in enumerate(rows.values())]
    unlearned = [(k, other["value"], other["low"], other["high"]) for k, other in others if other]
    for points, label in ((best, "over the best feasible baseline"), (unlearned, "over the best that did not learn")):
        if points:
            at, value, low, high = np.array(points).T
            axes.errorbar(value, at, xerr=[value - low, high - value], fmt="o", capsize=3, label=label)
    if unlearned:
        axes.legend(fontsize=8)
    axes.axvline(0, color="0.6", linestyle=":")
    axes.set_xscale("symlog", linthresh=10)  # one scenario far behind must not hide the others
    labels = [f"{name} ({row['seeds']} seed{'s' * (row['seeds'] > 1)})" for name, row in rows.items()]
    axes.set(yticks=range(len(rows)), yticklabels=labels, xlabel="learned less best feasible baseline, % of its profit")
    axes.invert_yaxis()
    return figure


def _curves(rows: Json) -> Figure | None:
    shown = {name: row for name, row in rows.items() if row["curves"]}
    if not shown:
        return None
    across = min(3, len(shown))
    down = -(-len(shown) // across)
    figure = Figure(figsize=(3.6 * across, 2.8 * down), layout="constrained")
    panels = figure.subplots(down, across, squeeze=False).ravel()
    for axes, (name, row) in zip(panels, shown.items(), strict=False):
        _curve(axes, name, row)
    for axes in panels[len(shown) :]:
        axes.set_axis_off()
    figure.supxlabel("CPU-minutes of training", fontsize=9)
    figure.supylabel("profit beyond today, validation", fontsize=9)
    return figure


def _curve(axes: Axes, name: str, row: Json) -> None:
    for curve in row["curves"]:
        axes.plot([point[1] for point in curve], [point[2] for point in curve], color="C0", alpha=0.6, linewidth=1)
    bar, whose = row["validation_of_best_baseline"], row["best_baseline"]
    if bar is None and (other := row.get("over_who_did_not_learn")):
        bar, whose = other["validation"], other["name"]
    if bar is not None:
        axes.axhline(bar, color="C1", linestyle="--", linewidth=1)
    axes.set_title(fill(f"{name}; dashed: {row['players'][whose]['label']}", TITLE), fontsize=7)
    axes.tick_params(labelsize=7)


def _strengths(strengths: Json) -> Figure | None:
    lines = {
        name: [(float(delayed), row) for delayed, row in by.items() if row["best_baseline"]]
        for name, by in strengths.items()
    }
    lines = {name: points for name, points in lines.items() if len(points) > 1}
    if not lines:
        return None
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.add_subplot()
    for k, (name, points) in enumerate(lines.items()):
        gains = [row["gain_percent"] for _, row in points]
        low = [row["gain_percent"] - row["gain_low"] for _, row in points]
        high = [row["gain_high"] - row["gain_percent"] for _, row in points]
        beside = [delayed + 0.02 * k for delayed, _ in points]  # so that intervals do not hide one another
        axes.errorbar(beside, gains, yerr=[low, high], marker="o", capsize=3, label=name)
    axes.axhline(0, color="0.6", linestyle=":")
    axes.set(xlabel="strength of the delayed effects", ylabel="gain over the best feasible baseline, %")
    axes.legend(fontsize=8)
    return figure
