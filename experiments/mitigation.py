"""Fairness before, inside and after learning, and all of it: what each costs and what it brings.

Before: the customers that the simulator is calibrated on are drawn anew so that group and response are independent
(`reweighed`); what is learned there is judged in the simulator of the customers as they are. Inside: the constraints
and the shield of a study. After: candidates are ranked anew (`agents.reranking`), tuned on validation populations of
the customers as they are. The same budget, seeds and hyperparameters for every training.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from evenhand.agents import FEASIBLE_SHARE, Hold, Hyperparameters, Layout, LearnedPolicy, PopulationPool
from evenhand.agents.learning.train import VALIDATION_SEED
from evenhand.agents.reranking import Reranked, Reranking, tune_reranking
from evenhand.customers import Customers
from evenhand.envs import Grid, Setup
from evenhand.envs.boxes import boxes_of
from evenhand.errors import DataError
from evenhand.experiments.evaluation import Entrant, Evaluation, evaluate_entrants
from evenhand.experiments.opponents import tune_opponents
from evenhand.experiments.paired import compare
from evenhand.experiments.report import Interval, PolicyEvidence
from evenhand.experiments.report.mitigation import Mitigated, Mitigation, Threshold, WorstOff
from evenhand.experiments.reweighed import response_of, reweighed
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import attribute_of, customers_in_evidence, setup_of
from evenhand.experiments.training import best_first, train_seeds
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator, calibrate

__all__ = ["WAYS", "Way", "mitigate"]

Tell = Callable[[str, Any], None]


@dataclass(frozen=True)
class Way:
    """Where fairness is seen to."""

    name: str
    label: str
    before: bool = False
    inside: bool = False
    after: bool = False


NONE: Final = Way("none", "none")
WAYS: Final = (
    NONE,
    Way("before", "before: customers reweighed", before=True),
    Way("inside", "inside: constraints and shield", inside=True),
    Way("after", "after: ranked anew", after=True),
    Way("all", "before, inside and after", before=True, inside=True, after=True),
)


def mitigate(
    customers: Customers,
    simulator: Simulator,
    today: Segmentation,
    settings: StudySettings,
    *,
    inside: LearnedPolicy | None = None,
    hyper: Hyperparameters | None = None,
    scratch: Path | None = None,
    workers: int = 1,
    on_progress: Tell | None = None,
) -> Mitigation:
    """Train under each way and compare all on unseen populations, today's segmentation with them.

    `inside` is a policy that a study has learned with these settings and `hyper` already. In the folder `scratch`
    trainings that were stopped go on. DataError where no attribute can be constrained.
    """
    attribute = attribute_of(simulator, settings)
    if attribute is None:
        raise DataError("no attribute has two groups that are large enough", rule="mitigation needs groups to compare")
    say = on_progress or (lambda name, message: None)
    say("reweighed", "calibrating on customers drawn anew")
    fair_data = calibrate(
        reweighed(customers, attribute, seed=settings.seed), seed=settings.seed, replicates=settings.replicates
    )
    plan = inside.beginning if inside else None  # all ways begin with what the study begins with
    setup = setup_of(simulator, today, settings)

    def learn(way: Way) -> LearnedPolicy:
        """Return what is learned before anything is ranked anew."""
        name = next(w.name for w in WAYS if (w.before, w.inside) == (way.before, way.inside))
        return _learn(
            fair_data if way.before else simulator, today, settings, grid=setup.grid, plan=plan,
            constrained=way.inside, hyper=hyper, scratch=scratch / name if scratch else None, workers=workers,
            say=lambda n, m: say(f"{name}: {n}", m),
        )  # fmt: skip

    known = {(False, True): inside} if inside else {}
    entering = [Entrant("today", "today", Hold(), setup, kind="today")]
    found: dict[str, Reranking] = {}
    for way in WAYS:
        key = (way.before, way.inside)
        known[key] = policy = known.get(key) or learn(way)
        acting = replace(setup.begun_with(plan), shield=way.inside)
        if not way.after:
            unwatched = acting if way.inside else replace(acting, constraints=())
            entering.append(Entrant(way.name, way.label, policy, unwatched))
            continue
        found[way.name] = _tuned(policy, simulator, acting, settings, blind=not way.inside, say=say)
        layout = Layout(setup.max_segments, len(simulator.catalogue.campaigns))
        ranked = Reranked(policy.logits, layout, found[way.name], blind=not way.inside)
        entering.append(Entrant(way.name, way.label, ranked, acting))
    evaluation = evaluate_entrants(
        entering, simulator, setup, populations=settings.populations,
        n_customers=customers_in_evidence(simulator, settings), seed=settings.seed, workers=workers,
        on_progress=on_progress,
    )  # fmt: skip
    return Mitigation(
        attribute=attribute,
        response=response_of(customers)[1],
        feasible_share=FEASIBLE_SHARE,
        rows=_rows(evaluation, attribute, found, settings.seed),
    )


def _learn(
    simulator: Simulator, today: Segmentation, settings: StudySettings, *, grid: Grid, plan: Segmentation | None,
    constrained: bool, hyper: Hyperparameters | None, scratch: Path | None, workers: int, say: Tell,
) -> LearnedPolicy:  # fmt: skip
    """Return the best training on a simulator of its own, from a greedy that was tuned for the same set-up.

    Thresholds are those of `grid`, where the policy will act: a simulator of other customers would round others, and
    the plan has its own.
    """
    setup = setup_of(simulator, today, settings)
    start = boxes_of(today, grid, max_segments=setup.max_segments)
    setup = replace(setup, grid=grid, start=start).begun_with(plan)
    if not constrained:
        setup = replace(setup, constraints=(), shield=False)
    alone = settings.changed(opponents="")  # greedy with shadow prices, which learning starts from, is always there
    opponents = tune_opponents(simulator, setup, alone, workers=workers, on_progress=say)
    trainings = train_seeds(
        simulator, today, setup, opponents, settings, hyper=hyper, folder=scratch, workers=workers, on_progress=say
    )
    return best_first(trainings)[0].policy


def _tuned(
    policy: LearnedPolicy, simulator: Simulator, setup: Setup, settings: StudySettings, *, blind: bool, say: Tell
) -> Reranking:
    pool = PopulationPool(
        simulator, first_seed=VALIDATION_SEED, count=settings.validation_populations,
        n_customers=settings.training_customers,
    )  # fmt: skip
    layout = Layout(setup.max_segments, len(simulator.catalogue.campaigns))
    return tune_reranking(
        policy.logits, layout, setup, pool, blind=blind, progress=lambda tried: say("ranking anew", tried)
    ).tuning


def _rows(
    evaluation: Evaluation, attribute: str, found: dict[str, Reranking], seed: int
) -> tuple[Mitigated, ...]:  # fmt: skip
    ways: Sequence[Way] = (Way("today", "today, nothing learned"), *WAYS)
    base = evaluation.profits[NONE.name]
    rows = []
    for way, policy in zip(ways, evaluation.policies, strict=True):
        paired = compare(evaluation.profits[way.name], base, seed=seed) if way is not NONE else None
        assert policy.held is not None
        rows.append(
            Mitigated(
                name=way.name,
                label=way.label,
                before=way.before,
                inside=way.inside,
                after=way.after,
                profit=policy.profit,
                against_none=Interval(mean=paired.mean, low=paired.low, high=paired.high) if paired else None,
                gap=policy.gap[attribute],
                feasible=policy.feasible,
                held=policy.held,
                worst_off=_worst_off(policy, attribute),
                threshold=_threshold(found.get(way.name)),
            )
        )
    return tuple(rows)


def _threshold(tuning: Reranking | None) -> Threshold | None:
    if tuning is None:
        return None
    return Threshold(price=tuning.price, limit=tuning.limit if np.isfinite(tuning.limit) else None)


def _worst_off(policy: PolicyEvidence, attribute: str) -> WorstOff | None:
    """Return the counted group that gets least, with its own interval."""
    counted = [g for g in policy.welfare[attribute].groups if g.counted] if attribute in policy.welfare else []
    if not counted:
        return None
    least = min(counted, key=lambda group: group.beneficial.mean)
    return WorstOff(group=least.group, beneficial=least.beneficial)
