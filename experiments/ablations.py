"""What each part of the learner is worth: the same training with one part taken away or another in its place, as data.

`run_cell` trains and evaluates one cell of the table, (ablation, seed); who loops over cells, and where results are
kept, is a benchmark's business. Everything else stays what it is in a study: opponents tuned for the *full* problem,
unseen populations, and the evidence judged by the study's own limits, also for a learner that was told of none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from evenhand.agents import AlgorithmName, Budget, Hyperparameters, NetSettings, train
from evenhand.envs import Setup
from evenhand.errors import DataError, nearest
from evenhand.experiments.evaluation import Entrant, Evaluation, evaluate_entrants
from evenhand.experiments.opponents import Opponents, entrants, net_settings
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import customers_in_evidence
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator

__all__ = ["ABLATIONS", "Ablation", "ablation_named", "acting_setup", "begun_without", "run_cell", "without_part"]

Changes = Mapping[str, Any]
T = TypeVar("T", NetSettings, Hyperparameters, Setup, Budget)


@dataclass(frozen=True)
class Ablation:
    """What is taken away: changed fields by the object that holds them."""

    line: str
    net: Changes = field(default_factory=dict)  # of NetSettings
    hyper: Changes = field(default_factory=dict)  # of Hyperparameters
    setup: Changes = field(default_factory=dict)  # of Setup, in training and when it acts
    learning: Changes = field(default_factory=dict)  # of Setup, in training alone: it acts in the full problem
    budget: Changes = field(default_factory=dict)  # of Budget
    whole_plan: bool = True  # whether it may begin with a whole plan
    algorithm: AlgorithmName | None = None  # that learns in place of the study's


ABLATIONS: dict[str, Ablation] = {
    "full": Ablation("nothing is taken away"),
    "no-residual": Ablation("logits do not stand on the tuned greedy", net={"residual": False}),
    "no-uncertainty": Ablation("standard errors of estimates are not seen", net={"uncertainty": False}),
    "myopic": Ablation("only the next period counts", hyper={"gamma": 0.0}),
    "drawn-effects": Ablation("training populations differ in their effects too", hyper={"effects": "drawn"}),
    "one-population": Ablation("one population to learn on, not a distribution", budget={"train_populations": 1}),
    "no-constraint": Ablation("learns without limits and without the shield", learning={"constraints": ()}),
    "from-today": Ablation("begins with today's segmentation, whatever plan is ahead of it", whole_plan=False),
    "fixed-granularity": Ablation(
        "today's segments: no whole plan, no split and no merge",
        setup={"operations": ("assign", "move")},
        whole_plan=False,
    ),
    "ppo": Ablation("SB3's PPO learns in place of MaskablePPO, without masks", algorithm="ppo"),
    "dqn": Ablation("SB3's DQN learns in place of MaskablePPO, without masks and multipliers", algorithm="dqn"),
}


def ablation_named(name: str) -> Ablation:
    """Return an ablation; DataError with the nearest name for one that there is not."""
    if name not in ABLATIONS:
        close = nearest(name, ABLATIONS)
        raise DataError(
            f"there is no ablation {name!r}",
            mend=f"did you mean {close!r}?" if close else f"one of {', '.join(ABLATIONS)}",
        )
    return ABLATIONS[name]


def run_cell(
    name: str,
    *,
    seed: int,
    simulator: Simulator,
    today: Segmentation,
    setup: Setup,
    opponents: Opponents,
    settings: StudySettings,
    budget: Budget | None = None,
    hyper: Hyperparameters | None = None,
    dynamics: Simulator | None = None,
    progress: Callable[[Any], None] | None = None,
) -> Evaluation:
    """Train one seed of one ablation and compare it with today and every opponent on unseen populations.

    `settings` are those of the evidence; `budget` and `hyper` those of the full learner, from which one part is taken.
    With `dynamics` they meet those instead of the simulator's own. DataError for a field that there is not.
    """
    net = net_settings(simulator, setup, begun_without(name, opponents))
    whole = {
        "simulator": simulator, "segmentation": today, "setup": setup, "settings": net,
        "budget": budget or Budget(), "hyper": hyper or Hyperparameters(),
        "beginning": begun_without(name, opponents).plan,
    }  # fmt: skip
    training = train(**without_part(name, whole), seed=seed, progress=progress)
    rows = entrants(setup, net.layout, opponents)
    acting = acting_setup(name, setup).begun_with(training.policy.beginning)
    rows.append(Entrant("learned", name, training.policy, acting, kind="learned"))
    return evaluate_entrants(
        rows,
        dynamics or simulator,
        setup,
        populations=settings.populations,
        n_customers=customers_in_evidence(simulator, settings),
        seed=settings.seed,
    )


def begun_without(name: str, opponents: Opponents) -> Opponents:
    """Return the opponents as an ablation begins: with today's segmentation where it does without a whole plan."""
    return opponents if ablation_named(name).whole_plan else replace(opponents, beginning=None)


def without_part(name: str, whole: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `agents.train`, `whole` for the full learner, with one part taken away."""
    ablation = ablation_named(name)
    return {
        **whole,
        "setup": changed(acting_setup(name, whole["setup"]), ablation.learning),
        "settings": changed(whole["settings"], ablation.net),
        "budget": changed(whole["budget"], ablation.budget),
        "hyper": changed(whole["hyper"], ablation.hyper),
        **({"algorithm": ablation.algorithm} if ablation.algorithm else {}),
    }


def acting_setup(name: str, setup: Setup) -> Setup:
    """Return the set-up in which the policy of an ablation acts, once it has learned."""
    return changed(setup, ablation_named(name).setup)


def changed(whole: T, changes: Changes) -> T:
    """Return `whole` with other fields; DataError for a field that it does not have."""
    for name in changes:
        if name not in whole.__dataclass_fields__:
            raise DataError(f"{type(whole).__name__} has no {name!r}", rule="an ablation changes what is there")
    return replace(whole, **changes)
