"""Tuning: every opponent deserves the effort that learning gets.

Coordinate search on populations of their own, twice over the settings, judged by mean profit beyond today; the budget
is the number of settings tried times populations. A setting whose feasible share is lower than the best one's, up to
the share that counts as feasible, loses to it. What does not learn within an episode is tuned in the world that the
business expects: the mean over drawn effects is nearly the same, and settings are told apart by far fewer populations
when the luck of what effects were drawn is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final, Generic, TypeVar

from evenhand.agents.baselines.greedy import Greedy, GreedyTuning
from evenhand.agents.feasible import feasible_share, rank
from evenhand.agents.policy import Layout, Policy
from evenhand.agents.rollout import Outcomes, PopulationPool, roll_out
from evenhand.envs import Setup
from evenhand.simulator import Simulator

__all__ = [
    "ONE_STEP",
    "SHADOW_PRICED",
    "TUNING_SEED",
    "Space",
    "Tuned",
    "score_of",
    "search",
    "tune_greedy",
    "tune_policy",
]

TUNING_SEED = 300_000_000

T = TypeVar("T")
Space = Mapping[str, tuple[Any, ...]]  # setting -> values to try

ONE_STEP: Final[Space] = {"periods": (1.0, 2.0, 4.0, 8.0, 26.0), "caution": (0.0, 0.5, 1.0)}
SHADOW_PRICED: Final[Space] = {
    "lasting": (0.0, 0.5, 1.0),
    "worth_charge": (0.0, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.2),
    "contact_charge": (0.0, 0.025, 0.05, 0.1, 0.15),
    **ONE_STEP,
}


@dataclass(frozen=True)
class Tuned(Generic[T]):
    """The best setting found, and what finding it took."""

    tuning: T
    profit: float  # money per customer and period beyond today
    tried: int
    populations: int


def search(
    start: T,
    space: Space,
    score: Callable[[T], tuple[float, float]],
    *,
    populations: int,
    progress: Callable[[int], None] | None = None,
) -> Tuned[T]:
    """Return the best setting (a frozen dataclass) by coordinate search from `start`, twice over `space`.

    `score` gives what to sort by, `feasible.rank`, on `populations` populations.
    """
    scores: dict[T, tuple[float, float]] = {}

    def known(tuning: T) -> tuple[float, float]:
        if tuning not in scores:
            scores[tuning] = score(tuning)
            if progress:
                progress(len(scores))
        return scores[tuning]

    best = start
    for _ in range(2):
        for name, values in space.items():
            best = max((replace(best, **{name: value}) for value in values), key=known)  # type: ignore[type-var]
    return Tuned(best, known(best)[1], len(scores), populations)


def score_of(outcome: Outcomes, setup: Setup) -> tuple[float, float]:
    """Return what tuning sorts by; a policy that runs without the shield is not asked to be fair."""
    return rank(feasible_share(outcome) if setup.shield else 1.0, float(outcome.profit.mean()))


def tune_policy(
    build: Callable[[T], Policy],
    start: T,
    space: Space,
    *,
    simulator: Simulator,
    setup: Setup,
    populations: int = 128,
    n_customers: int = 1000,
    expected: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Tuned[T]:
    """Return the best setting of what `build` makes of one, for `setup` (its shield counts).

    With `expected` effects and behaviour are those that the business expects, else drawn for each population.
    """
    pool = PopulationPool(
        simulator, first_seed=TUNING_SEED, count=populations, n_customers=n_customers, expected=expected
    )

    def score(tuning: T) -> tuple[float, float]:
        return score_of(roll_out(build(tuning), setup, pool, range(populations), against_twin=True), setup)

    return search(start, space, score, populations=populations, progress=progress)


def tune_greedy(simulator: Simulator, setup: Setup, layout: Layout, space: Space, **sizes: Any) -> Tuned[GreedyTuning]:
    """Return the best setting of greedy within `space` for `setup`; `sizes` as in `tune_policy`."""
    charges = setup.charges_in_units
    build = partial(Greedy, layout, setup.horizon, charges.edit, charges.complexity)
    return tune_policy(build, GreedyTuning(), space, simulator=simulator, setup=setup, **sizes)
