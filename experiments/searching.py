"""A hyperparameter search of a study: several workers on one journal, and what they found as plain data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from evenhand.agents import Hyperparameters, train
from evenhand.agents.learning.search import Trial, begin_search, hyperparameters, run_trials, trials_in
from evenhand.agents.learning.settings import DualSettings
from evenhand.agents.learning.snapshot import digest
from evenhand.errors import ArtefactError
from evenhand.experiments.opponents import net_settings, tune_opponents
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import setup_of
from evenhand.experiments.training import budget_of, hyper_of
from evenhand.experiments.workers import Task, side_by_side
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator

__all__ = ["JOURNAL", "Searched", "hyper_from", "search"]

JOURNAL = "search.sqlite"
SEED = 999  # of a training within a search, behind those of the trainings that follow


@dataclass(frozen=True)
class Searched:
    """What a search tried, and the best of it."""

    trials: tuple[Trial, ...]
    steps: int  # of each training
    start: Hyperparameters  # what a trial's parameters are put into

    @property
    def best(self) -> Trial:
        """The trial of the highest value; ArtefactError where none was finished."""
        done = [t for t in self.trials if t.state == "complete" and t.value is not None]
        if not done:
            raise ArtefactError("no trial was finished", mend="search on, with more trials")
        return max(done, key=lambda t: (t.value, -t.number))

    @property
    def hyper(self) -> Hyperparameters:
        """The best hyperparameters, as `train` takes them."""
        return hyperparameters(self.best.parameters, self.start)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: the best trial's number and hyperparameters, and every trial."""
        return {
            "best": {"number": self.best.number, "hyper": asdict(self.hyper)},
            "steps": self.steps,
            "trials": [asdict(t) for t in self.trials],
        }


def search(
    simulator: Simulator,
    today: Segmentation,
    *,
    trials: int,
    journal: str | Path,
    settings: StudySettings | None = None,
    workers: int = 1,
    on_progress: Callable[[str, Any], None] | None = None,
    **changes: Any,
) -> Searched:
    """Search until the journal, a file, holds `trials`; one that is there goes on, with the trials left.

    With one worker the same seed gives the same trials, also after a kill; with more, trials learn from each other as
    they end. `changes` replace single settings. ArtefactError where the journal is of another search.
    """
    settings = (settings or StudySettings()).changed(**changes)
    path, setup, budget = Path(journal), setup_of(simulator, today, settings), budget_of(settings)
    start = hyper_of(settings)
    begin_search(
        path,
        {
            "simulator": simulator.hash, "segmentation": today.hash, "setup": digest(setup), "seed": settings.seed,
            "algorithm": settings.algorithm, "tail": settings.tail, "tuning_populations": settings.tuning_populations,
            **asdict(budget),
        },
    )  # fmt: skip
    opponents = tune_opponents(
        simulator, setup, settings.changed(opponents=""), workers=workers, on_progress=on_progress
    )
    learn = partial(
        train, simulator, today, setup, net_settings(simulator, setup, opponents), seed=1000 * settings.seed + SEED,
        algorithm=settings.algorithm, budget=budget,
    )  # fmt: skip
    shared = {"path": path, "learn": learn, "wanted": trials, "seed": settings.seed, "start": start}
    tasks = [Task(f"search {w + 1}", run_trials, {"worker": w, **shared}) for w in range(max(1, workers))]
    side_by_side(tasks, workers=workers, on_progress=on_progress)
    return Searched(trials_in(path), settings.steps, start)


def hyper_from(data: dict[str, Any]) -> Hyperparameters:
    """Read hyperparameters from plain data."""
    return Hyperparameters(**{**data, "dual": DualSettings(**data["dual"])})
