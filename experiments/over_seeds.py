"""All trainings of one procedure against the best feasible baseline, and what may be claimed from so many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.experiments.aggregate import (
    LEAST_SEEDS,
    Estimate,
    iqm_interval,
    percent_of_baseline,
    probability_of_improvement,
    share_held,
)
from evenhand.experiments.report.evidence import OverSeeds
from evenhand.experiments.report.intervals import Interval

__all__ = ["CLAIM_SEEDS", "over_seeds", "seeds_of_one_procedure"]

CLAIM_SEEDS = 10  # from which a spread over seeds is trusted
OWN = ("seed", "checkpoint")  # what two trainings of one procedure may differ in


def over_seeds(
    profits: Sequence[NDArray[np.float64]],
    held: Sequence[NDArray[np.bool_]],
    baseline: NDArray[np.float64],
    *,
    name: str,
    seed: int = 0,
) -> OverSeeds:
    """Return what a procedure brings: `profits` and `held` have a row (P,) per training, the baseline `name` one.

    With fewer than three trainings there are no numbers, only the sentence that says why.
    """
    n_seeds, n_populations = len(profits), len(baseline)
    if n_seeds < LEAST_SEEDS or not baseline.mean():
        few = "one seed" if n_seeds == 1 else f"{n_seeds} seeds"
        why = few if n_seeds < LEAST_SEEDS else "a baseline that earns nothing"
        claim = f"{why}: no claim about the training procedure"
        return OverSeeds(
            claim=claim, baseline=name, seeds=n_seeds, populations=n_populations,
            percent=None, iqm=None, improvement=None, held=None,
        )  # fmt: skip
    table = np.stack(profits)
    percent = percent_of_baseline(table, baseline, seed=seed)
    per_seed = 100 * (table.mean(axis=1) - baseline.mean()) / abs(baseline.mean())
    return OverSeeds(
        claim=_claim(percent),
        baseline=name,
        seeds=n_seeds,
        populations=n_populations,
        percent=_interval(percent),
        iqm=_interval(iqm_interval(per_seed[:, None], seed=seed)),
        improvement=_interval(probability_of_improvement(table, baseline, seed=seed)),
        held=_interval(share_held(np.stack(held), seed=seed)),
    )


def _claim(percent: Estimate) -> str:
    said = (
        "the training procedure beats the baseline" if percent.low > 0
        else "the baseline beats the training procedure" if percent.high < 0
        else "chance alone can explain the difference"
    )  # fmt: skip
    few = "" if percent.seeds >= CLAIM_SEEDS else f"; a claim wants {CLAIM_SEEDS} seeds"
    return f"{percent.seeds} seeds x {percent.populations} populations: {said}{few}"


def _interval(found: Estimate) -> Interval:
    """Return limits that hold the estimate: those of the bootstrap of an IQM need not, by a hair."""
    return Interval(mean=found.value, low=min(found.low, found.value), high=max(found.high, found.value))


def seeds_of_one_procedure(manifests: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return who was trained as the first was, each training seed once; manifests by name, in order."""
    names = list(manifests)

    def procedure(name: str) -> dict[str, Any]:
        return {key: value for key, value in manifests[name].items() if key not in OWN}

    found: dict[Any, str] = {}
    for name in names:
        if procedure(name) == procedure(names[0]):
            found.setdefault(manifests[name].get("seed", name), name)
    return list(found.values())
