"""Several training seeds side by side, and which of their policies is kept first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from evenhand.agents import Budget, Training, rank, train
from evenhand.envs import Setup
from evenhand.experiments.opponents import Opponents, net_settings
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.workers import Task, side_by_side
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator

__all__ = ["best_first", "train_seeds"]


def train_seeds(
    simulator: Simulator,
    today: Segmentation,
    setup: Setup,
    opponents: Opponents,
    settings: StudySettings,
    *,
    workers: int = 1,
    on_progress: Callable[[str, Any], None] | None = None,
) -> list[Training]:
    """Train once per training seed; the seeds follow from the study's."""
    budget = Budget(
        steps=settings.steps,
        n_envs=settings.n_envs,
        n_customers=settings.training_customers,
        train_populations=settings.training_populations,
        validation_populations=settings.validation_populations,
        checkpoints=settings.checkpoints,
    )
    shared = {
        "simulator": simulator, "segmentation": today, "setup": setup,
        "settings": net_settings(simulator, setup, opponents), "budget": budget,
    }  # fmt: skip
    seeds = [1000 * settings.seed + k for k in range(settings.training_seeds)]
    tasks = [Task(f"seed {k + 1}", train, {"seed": seed, **shared}) for k, seed in enumerate(seeds)]
    return side_by_side(tasks, workers=workers, on_progress=on_progress)


def best_first(trainings: Sequence[Training]) -> list[Training]:
    """Return trainings by their kept checkpoint on validation populations: feasible first, then profit."""
    return sorted(trainings, key=lambda training: rank(training.kept.feasible, training.kept.profit), reverse=True)
