"""How a hyperparameter search and a comparison of mitigations run, and what is said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.cli.progress import Bars
from evenhand.cli.saying import lines, out, show_table

if TYPE_CHECKING:
    from evenhand.experiments.folder import StudyFolder
    from evenhand.experiments.settings import StudySettings

__all__ = ["mitigate_study", "search_study"]


def search_study(folder: StudyFolder, settings: StudySettings, *, trials: int, workers: int) -> None:
    """Search, and say what was found."""
    from evenhand.experiments.steps import search_step

    totals = {f"search {w + 1}": trials for w in range(workers)}
    with Bars(out, totals) as bars:
        found = search_step(folder, settings, trials=trials, workers=workers, tell=bars.tell)
    best, states = found.best, [t.state for t in found.trials]
    counts = ", ".join(f"{states.count(state)} {state}" for state in dict.fromkeys(states))
    lines([f"{len(states)} trials of {settings.steps:,} steps: {counts}"], indent=0)
    if best.profit is not None and best.feasible is not None:
        said = f"profit over today {best.profit:+.4f} per customer and week, fair in {best.feasible:.0%}"
        lines([f"best is trial {best.number}: {said} of the validation populations"], indent=0)
    lines(f"{name} = {value:.4g}" if isinstance(value, float) else f"{name} = {value}"
          for name, value in best.parameters.items())  # fmt: skip
    lines([f"Next: evenhand train {folder.path} --searched"], indent=0)


def mitigate_study(folder: StudyFolder, *, workers: int) -> None:
    """Compare, and show the table."""
    from evenhand.experiments.report import mitigation_table
    from evenhand.experiments.steps import mitigate_step

    with Bars(out, {}) as bars:
        found = mitigate_step(folder, workers=workers, tell=bars.tell)
    n = found.rows[0].profit.n
    lines([f"Fairness of {found.attribute} before, inside and after learning, {n:,} unseen populations"], indent=0)
    lines(["profit per customer and week, benefits per 1,000 customers and week"], indent=0)
    show_table(mitigation_table(found))
    lines([f"Before: {found.attribute} made independent of who {found.response}."], indent=0)
