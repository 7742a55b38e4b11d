"""Held-out customers simulated forward from their first half year, and compared with what they did.

A classifier is asked to tell what customers did from what the simulator says they might have done: their
second half year alone, and jointly with the first, which both share. Beside it stand the answers for copying
the past, which passes on the future alone and fails jointly, and for two real halves, which shows the noise
of the measure itself. A full report adds moments, weekly figures, redemption, coverage and a search for copies.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.artefact import Simulator
from evenhand.simulator.realism.case import SEEDS, Case, missing, with_past
from evenhand.simulator.realism.copies import HalfYears, copies_of
from evenhand.simulator.realism.covering import coverage_of
from evenhand.simulator.realism.forward import Forward
from evenhand.simulator.realism.margins import feature_gaps, moments_of
from evenhand.simulator.realism.parts import Copies, Coverage
from evenhand.simulator.realism.referee import questions, refereed
from evenhand.simulator.realism.response import answers_of, bins_of, cells_of
from evenhand.simulator.realism.result import Realism
from evenhand.simulator.realism.weekly import trajectories_of, weekly

if TYPE_CHECKING:
    from evenhand.customers import Customers

__all__ = ["FULL", "SHORT", "Budget", "Tell", "realism"]

Floats = NDArray[np.float64]
Tell = Callable[[str, int], None]  # (what is worked on, how many are done)

ANSWERS = 500  # where the seeds of redemption begin, apart from those of the futures


class Budget(NamedTuple):
    """How much is simulated and classified."""

    futures: int  # told from reality; a full report needs two, for the bands
    splits: int = 5  # fold splits, over which the futures are shared out
    halves: int = 5  # pairs of real halves
    answers: int = 0  # futures of each campaign
    coverage: int = 0  # futures for the coverage; 0 leaves out all that only a full report has

    @property
    def work(self) -> dict[str, int]:
        """Return how long each task is that `tell` hears of, but for redemption: it depends on the campaigns."""
        tasks = {"futures": self.futures, "telling apart": questions(self.futures, self.halves)}
        return {**tasks, "coverage": 1} if self.coverage else tasks


SHORT = Budget(futures=10, halves=4)
FULL = Budget(futures=20, answers=200, coverage=400)


def _quiet(task: str, done: int) -> None:
    """Tell nobody."""


def realism(
    simulator: Simulator,
    holdout: Customers,
    *,
    fit: Customers | None = None,
    seed: int = 0,
    budget: Budget = SHORT,
    tell: Tell = _quiet,
) -> Realism:
    """Simulate `holdout` forward from the first half of its history and compare with what it did.

    `simulator` must have been calibrated on other customers; `fit`, those other customers, lend the weeks
    that compositions are drawn from (without it, held-out customers lend each other weeks of the first half).
    Too short a history or too few customers are a result with a `reason`, not an exception.
    """
    holdout, whole = with_past(holdout)
    reason = missing(holdout, whole)
    if whole is None or reason:
        return _no_answer(holdout.n, reason)
    case = Case(simulator, holdout, whole, fit, seed)
    runs = []
    for k in range(budget.futures):
        runs.append(case.simulated(k))
        tell("futures", k + 1)
    past, real = case.real()
    described = [case.described(run.panel, run.redeemed.sum(1)) for run in runs]
    told = refereed(
        past, real, described, splits=budget.splits, halves=budget.halves, seed=seed * SEEDS,
        tell=lambda done: tell("telling apart", done),
    )  # fmt: skip
    rest = _rest(case, past, real, runs, described, budget, tell) if budget.coverage else {}
    return Realism(
        n=holdout.n,
        weeks=case.stop - case.start,
        **told._asdict(),
        features=feature_gaps(case.names, past, real, described, seed=seed),
        futures=budget.futures,
        splits=budget.splits,
        **rest,
    )


def _no_answer(n: int, reason: str) -> Realism:
    nan = float("nan")
    return Realism(n, 0, *(nan,) * 8, features=(), reason=reason)


def _rest(
    case: Case, past: Floats, real: Floats, runs: list[Forward], described: list[Floats], budget: Budget, tell: Tell
) -> dict[str, Any]:
    """Return what a full report has beyond the AUCs and features."""
    done = 0

    def redeem(customers: Customers) -> Floats:
        nonlocal done
        found = case.futures(budget.answers, ANSWERS, customers).redemptions
        done += 1
        tell("redemption", done)
        return found

    answers = list(answers_of(case.holdout, case.start, redeem))
    return {
        "moments": moments_of(case.names, real, described, seed=case.seed),
        "trajectories": trajectories_of(case.whole, [weekly(run.panel) for run in runs]),
        "cells": cells_of(case.holdout, answers),
        "bins": bins_of(answers),
        "coverage": _coverage(case, real, budget.coverage, tell),
        "copies": _copies(case, past, real, runs, described),
    }


def _coverage(case: Case, real: Floats, draws: int, tell: Tell) -> tuple[Coverage, ...]:
    """Return the randomised PIT of frequency, value, recency and redemptions under `draws` simulated futures."""
    tell("coverage", 0)
    futures = case.futures(draws, 0)
    known = case.totals(real[:, case.names.index("redemption weeks")])
    tell("coverage", 1)
    return coverage_of(known._asdict(), futures._asdict(), seed=case.seed)


def _copies(case: Case, past: Floats, real: Floats, runs: list[Forward], described: list[Floats]) -> Copies:
    held = HalfYears(case.future, real)
    lent = [HalfYears(weeks, features) for weeks, features in case.lent()]
    return copies_of(
        [HalfYears(run.panel, features) for run, features in zip(runs, described, strict=True)],
        held,
        known=[held, HalfYears(case.past, past), *lent],
        reference=lent[-1] if lent else None,
        seed=case.seed,
    )
