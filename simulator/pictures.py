"""Pictures of the simulator room."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from evenhand.simulator.realism import Realism

__all__ = ["realism_figure"]

_SIMULATED, _YARDSTICK, _LINE = "#2563a8", "#b0b7c3", "#59616e"


def realism_figure(result: Realism) -> Figure:
    """Return two panels: AUCs beside their yardsticks, and each feature alone; a sentence when there is no
    answer.
    """
    figure = Figure(figsize=(10, 4.5), layout="constrained")
    if not result.enough:
        figure.text(0.5, 0.5, f"Not enough data: {result.reason}", ha="center", va="center")
        return figure
    left, right = figure.subplots(1, 2, width_ratios=(1, 1.2))
    bars = [
        ("copying the past, jointly", result.copy_joint, _YARDSTICK),
        ("simulator, jointly", result.joint, _SIMULATED),
        ("copying the past, future alone", result.copy_marginal, _YARDSTICK),
        ("simulator, future alone", result.marginal, _SIMULATED),
        ("two real halves", result.halves, _YARDSTICK),
    ]
    names, values, colours = zip(*bars[::-1], strict=True)
    left.barh(names, [value - 0.5 for value in values], left=0.5, color=colours)
    for place, value in enumerate(values):
        left.text(max(value, 0.5) + 0.01, place, f"{value:.2f}", va="center")
    left.set(xlim=(0.4, 1.08), xlabel="AUC (0.50: cannot be told from real)", title="Told from real customers")
    gaps = sorted(result.features, key=lambda f: abs(f.auc - 0.5))
    right.scatter([gap.auc for gap in gaps], [gap.name for gap in gaps], color=_SIMULATED)
    right.set(xlim=(0.3, 0.7), xlabel="AUC of one feature alone", title="Each feature alone")
    for axes in (left, right):
        axes.axvline(0.5, color=_LINE, linewidth=1)
        axes.spines[["top", "right"]].set_visible(False)
    return figure
