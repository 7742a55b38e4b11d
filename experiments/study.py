"""The study in a notebook: train, evaluate, recommend, on objects instead of files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from evenhand.agents import Hyperparameters, Layout, LearnedPolicy, Training
from evenhand.customers import Customers
from evenhand.envs import Setup
from evenhand.envs.compiling import Asked
from evenhand.experiments.evaluation import Entrant, Evaluation, evaluate_entrants
from evenhand.experiments.opponents import Opponents, begin, entrants, tune_opponents
from evenhand.experiments.recommend import begun, recommend, recommend_plan
from evenhand.experiments.report import Recommendation, RecommendedPlan
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import customers_in_evidence, setup_of
from evenhand.experiments.training import best_first, train_seeds
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator

__all__ = ["Study", "baselines", "evaluate", "train"]


@dataclass(frozen=True)
class Study:
    """What training left: the learned policies, best first, and all that an honest comparison needs."""

    simulator: Simulator
    today: Segmentation
    setup: Setup
    settings: StudySettings
    opponents: Opponents
    trainings: tuple[Training, ...]

    @property
    def policy(self) -> LearnedPolicy:
        """The best feasible policy on validation populations."""
        return self.trainings[0].policy

    @property
    def layout(self) -> Layout:
        """Where things stand in an observation."""
        return Layout(self.setup.max_segments, len(self.simulator.catalogue.campaigns))

    def evaluate(self, *, workers: int = 1) -> Evaluation:
        """Compare the learned policies with every opponent on unseen populations."""
        return evaluate(
            entrants(self.setup, self.layout, self.opponents, [t.policy for t in self.trainings]),
            self,
            workers=workers,
        )

    def recommend_plan(self, customers: Customers) -> RecommendedPlan | None:
        """Return the plan to put in force before any tweak; None where today's segmentation is to go on."""
        return recommend_plan(
            self.policy, customers, self.today, self.simulator, self.setup,
            draws=self.settings.effect_draws, seed=self.settings.seed,
        )  # fmt: skip

    def recommend(self, customers: Customers) -> list[Recommendation]:
        """Return the next tweaks for these customers, best first; of the plan that the policy begins with, if any."""
        today, setup = begun(self.policy, self.today, self.setup)
        return recommend(
            self.policy, customers, today, self.simulator, setup,
            count=self.settings.recommendations, draws=self.settings.effect_draws, seed=self.settings.seed,
        )  # fmt: skip


def train(
    simulator: Simulator,
    today: Segmentation,
    *,
    constraints: Sequence[Asked] = (),
    settings: StudySettings | None = None,
    hyper: Hyperparameters | None = None,
    workers: int | None = None,
    on_progress: Callable[[str, Any], None] | None = None,
    **changes: Any,
) -> Study:
    """Tune the opponents, train and return a Study.

    `constraints` are any of `evenhand.fairness`, or your own; they stand in `Study.setup`. Without any, the settings'
    attribute is held to parity, else the first with two large groups. `hyper` is how it learns, as `search` finds it;
    `changes` replace single settings, e.g. `steps=50_000, seed=3`. DataError for constraints that cannot stand together
    or a setting that is not valid. More than one of `workers` starts processes, so a script needs its
    `if __name__ == "__main__":`.
    """
    settings = (settings or StudySettings()).changed(**changes)
    setup = setup_of(simulator, today, settings, constraints=constraints or None)
    cores = workers or min(2, os.cpu_count() or 1)
    opponents = tune_opponents(simulator, setup, settings, workers=cores, on_progress=on_progress)
    opponents = begin(opponents, simulator, today, setup, settings, workers=cores, on_progress=on_progress)
    trainings = train_seeds(
        simulator, today, setup, opponents, settings, hyper=hyper, workers=cores, on_progress=on_progress
    )
    return Study(simulator, today, setup, settings, opponents, tuple(best_first(trainings)))


def baselines(study: Study) -> list[Entrant]:
    """Return every opponent, tuned, as entrants of a comparison."""
    return entrants(study.setup, study.layout, study.opponents)


def evaluate(entering: Sequence[Entrant], study: Study, *, workers: int = 1) -> Evaluation:
    """Compare any mix of policies on the study's unseen populations, same customers and luck for all."""
    settings = study.settings
    return evaluate_entrants(
        entering, study.simulator, study.setup, populations=settings.populations,
        n_customers=customers_in_evidence(study.simulator, settings), seed=settings.seed, workers=workers,
    )  # fmt: skip
