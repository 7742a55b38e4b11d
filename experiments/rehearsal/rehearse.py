"""Rehearse an experiment on the calibrated simulator before running it: how often would it ship, stop, hold, find?

Each population is these very customers with one draw of all that cannot be observed of them, so the spread over
populations holds what the business does not know. In each one the whole trial runs as it would live: arms by salted
hash, a campaign plan with its exploration share, results by the day, the analysis at every planned look, the gate. A
formula's power rests on what the plan assumes of means and spreads; this one rests on the simulator, and says by how
much the two differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np

from evenhand.customers import Customers
from evenhand.customers.resample import resampled
from evenhand.errors import DataError
from evenhand.experiments.exploration import Exploration
from evenhand.experiments.rehearsal.arms import as_aa, as_run, checked_arms
from evenhand.experiments.rehearsal.course import Judge, Stage, Trial, look_days, rehearsed
from evenhand.experiments.rehearsal.found import Rehearsal
from evenhand.experiments.rehearsal.judging import judge
from evenhand.experiments.rehearsal.rates import assumed, effects, endings
from evenhand.experiments.start import Start, given_by
from evenhand.experiments.trial.needs import needs, with_groups
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.register import RegisteredPlan
from evenhand.experiments.workers import Report, Task, side_by_side
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator

__all__ = ["MONDAY", "rehearse"]

REHEARSAL_SEED, STRIDE = 900_000_000, 10_000  # populations of a seed are numbered from REHEARSAL_SEED + STRIDE * seed
MONDAY = date(2026, 1, 5)  # on which rehearsals start: only differences of days matter
PARTS = 4  # tasks for each worker, so that none waits long for the last


def rehearse(
    plan: RegisteredPlan | ExperimentPlan,
    arms: Mapping[str, Segmentation],
    customers: Customers,
    simulator: Simulator,
    *,
    today: Segmentation | None = None,
    populations: int = 100,
    size: int | None = None,
    seed: int = 0,
    aa: bool = True,
    exploration: Exploration | None = None,
    workers: int = 1,
    on_progress: Callable[[str, Any], None] | None = None,
) -> Rehearsal:
    """Return how trials of `plan` go in so many populations, and with `aa` how A/A tests of it go there.

    `arms` are what the plan's arms run; `today` is what ran before (the control's segmentation unless given). `size`
    customers take part, drawn from the table (again, where it has fewer). The same seed gives the same rehearsal,
    whatever the number of `workers`. Raises DataError where the plan cannot be rehearsed.
    """
    registered = plan if isinstance(plan, RegisteredPlan) else _unregistered(plan)
    ready = checked_arms(registered.plan, arms)
    _refuse(registered.plan, customers, populations)
    people = _sized(customers, size, seed)
    before = today or ready[registered.plan.control]
    stage = Stage(
        simulator, people, Start.of(people, given_by(before, people.frame)), registered, ready, MONDAY,
        exploration or Exploration(),
    )  # fmt: skip
    numbers = [REHEARSAL_SEED + STRIDE * seed + k for k in range(populations)]
    trials = _run("trials", stage, numbers, workers, on_progress)
    same = _run("A/A trials", _without_effect(stage), numbers, workers, on_progress) if aa else None
    return _found(stage, trials, same, seed=seed)


def run_part(*, stage: Stage, numbers: Sequence[int], judge: Judge = judge, progress: Report) -> list[Trial]:
    """Run the trials of some populations, by their numbers; each counts one in `progress`."""
    trials = []
    for number in numbers:
        population = stage.simulator.population_of(stage.customers, number)
        run = replace(stage, registered=as_run(stage.registered, stage.arms, number))
        trials.append(rehearsed(run, population, judge=judge))
        progress(1)
    return trials


def _run(
    name: str, stage: Stage, numbers: Sequence[int], workers: int, on_progress: Callable[[str, Any], None] | None
) -> list[Trial]:
    done = 0

    def tell(_: str, more: Any) -> None:
        nonlocal done
        done += int(more)
        if on_progress is not None:
            on_progress(name, done)

    parts = np.array_split(np.array(numbers), min(len(numbers), workers * PARTS))
    tasks = [Task(f"{name} {k}", run_part, {"stage": stage, "numbers": part.tolist()}) for k, part in enumerate(parts)]
    return [trial for part in side_by_side(tasks, workers=workers, on_progress=tell) for trial in part]


def _found(stage: Stage, trials: Sequence[Trial], same: Sequence[Trial] | None, *, seed: int) -> Rehearsal:
    plan = stage.registered.plan
    courses = {arm: [trial.courses[arm] for trial in trials] for arm in plan.challengers}
    here = needs(plan.changed(expected={**plan.expected.model_dump(mode="json"), "units": stage.customers.n,
                                        "units_per_week": 0}))  # fmt: skip
    return Rehearsal(
        plan=plan.name,
        plan_sha256=stage.registered.sha256,
        simulator_sha256=stage.simulator.hash,
        primary=plan.primary,
        customers=stage.customers.n,
        planned_units=needs(plan).units,
        weeks=plan.weeks,
        look_days=tuple(day for day, _ in look_days(plan)),
        populations=len(trials),
        seed=seed,
        endings={arm: endings(found) for arm, found in courses.items()},
        effects={arm: effects(plan, found) for arm, found in courses.items()},
        aa=None if same is None else {arm: endings([t.courses[arm] for t in same]) for arm in plan.challengers},
        assumed=assumed(plan, trials),
        formula=max(test.power for test in here.tests if test.role == "primary"),
        formula_ships=here.ships,
    )


def _without_effect(stage: Stage) -> Stage:
    plan, arms = as_aa(stage.registered.plan, stage.arms)
    return replace(stage, registered=RegisteredPlan(plan, plan.sha256, stage.registered.registered), arms=arms)


def _unregistered(plan: ExperimentPlan) -> RegisteredPlan:
    """Return a plan as if registered the day before: a rehearsal comes before that, and stands in no register."""
    whole = with_groups(plan)
    return RegisteredPlan(whole, whole.sha256, datetime(MONDAY.year, MONDAY.month, MONDAY.day - 1, tzinfo=UTC))


def _sized(customers: Customers, size: int | None, seed: int) -> Customers:
    if size is None or size == customers.n:
        return customers
    rng = np.random.default_rng([seed, 0x512E])
    rows = rng.integers(customers.n, size=size) if size > customers.n else rng.permutation(customers.n)[:size]
    return resampled(customers, np.sort(rows))


def _refuse(plan: ExperimentPlan, customers: Customers, populations: int) -> None:
    if populations < 2:
        raise DataError(f"{populations} populations", rule="at least 2, to tell a spread", mend="100 give 10 points")
    if plan.cluster is not None:
        raise DataError(
            f"the plan randomises clusters, by {plan.cluster!r}", where=f"plan {plan.name!r}",
            rule="simulated customers live on their own: nobody shares a household's luck",
            mend="rehearse the plan without clusters, and keep its design effect in mind",
        )  # fmt: skip
    known = {attribute.name for attribute in customers.protected}
    if lost := [margin.attribute for margin in plan.fairness if margin.attribute not in known]:
        raise DataError(
            f"the customers have no protected attribute {lost[0]!r}", where=f"plan {plan.name!r}",
            rule=f"theirs are {', '.join(sorted(known)) or 'none'}", mend="declare it in the schema",
        )  # fmt: skip
