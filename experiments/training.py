"""Several training seeds side by side, and which of their policies is kept first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from evenhand.agents import Budget, DualSettings, Hyperparameters, Training, rank, train
from evenhand.envs import Setup
from evenhand.experiments.opponents import Opponents, net_settings
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.workers import Task, side_by_side
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator

__all__ = ["HALF_DONE", "LOGS", "best_first", "budget_of", "hyper_of", "train_seeds", "what_to_train"]

HALF_DONE, LOGS = "half-done", "logs"  # folders of a study


def train_seeds(
    simulator: Simulator,
    today: Segmentation,
    setup: Setup,
    opponents: Opponents,
    settings: StudySettings,
    *,
    hyper: Hyperparameters | None = None,
    folder: Path | None = None,
    workers: int = 1,
    on_progress: Callable[[str, Any], None] | None = None,
) -> list[Training]:
    """Train once per training seed; the seeds follow from the study's, and so does how it learns without `hyper`.

    In `folder` each leaves its TensorBoard log, `logs/seed-...`, and while it is under way its state, `half-done/`: the
    next call with the same arguments goes on from there. Whoever has what came of them deletes `half-done`.
    """
    shared = what_to_train(simulator, today, setup, opponents, settings, hyper=hyper)
    seeds = [1000 * settings.seed + k for k in range(settings.training_seeds)]
    tasks = [
        Task(f"seed {k + 1}", train, {"seed": seed, **_places(folder, seed), **shared}) for k, seed in enumerate(seeds)
    ]
    return side_by_side(tasks, workers=workers, on_progress=on_progress)


def what_to_train(
    simulator: Simulator,
    today: Segmentation,
    setup: Setup,
    opponents: Opponents,
    settings: StudySettings,
    *,
    hyper: Hyperparameters | None = None,
) -> dict[str, Any]:
    """Return the arguments of `agents.train` in a study, all but the seed and where things are kept."""
    return {
        "simulator": simulator, "segmentation": today, "setup": setup,
        "settings": net_settings(simulator, setup, opponents), "budget": budget_of(settings),
        "algorithm": settings.algorithm, "hyper": hyper or hyper_of(settings),
        "beginning": opponents.plan,
    }  # fmt: skip


def budget_of(settings: StudySettings) -> Budget:
    """Return what one training may spend."""
    return Budget(
        steps=settings.steps,
        n_envs=settings.n_envs,
        n_customers=settings.training_customers,
        train_populations=settings.training_populations,
        validation_populations=settings.validation_populations,
        confirmation_populations=settings.confirmation_populations,
        checkpoints=settings.checkpoints,
        patience=settings.patience,
    )


def hyper_of(settings: StudySettings) -> Hyperparameters:
    """Return how a study learns unless a search says otherwise."""
    return Hyperparameters(dual=DualSettings(tail=settings.tail))


def _places(folder: Path | None, seed: int) -> dict[str, Path]:
    if folder is None:
        return {}
    return {"snapshot": folder / HALF_DONE / f"seed-{seed}.npz", "logs": folder / LOGS / f"seed-{seed}"}


def best_first(trainings: Sequence[Training]) -> list[Training]:
    """Return trainings by what confirmed them: feasible first, then the gain beyond the start, which they share."""
    return sorted(trainings, key=lambda training: rank(training.feasible, training.gain), reverse=True)
