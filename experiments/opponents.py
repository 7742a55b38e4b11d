"""The opponents of a study, each tuned with the same care: settings found, and what finding them took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from evenhand.agents import (
    ONE_STEP,
    SHADOW_PRICED,
    Greedy,
    GreedyTuning,
    Hold,
    Layout,
    LearnedPolicy,
    NetSettings,
    RandomValid,
    StaticPlan,
    Tuned,
    best_campaigns,
    kmeans_boxes,
    tune_greedy,
)
from evenhand.envs import Boxes, Setup
from evenhand.experiments.evaluation import Entrant
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.workers import Task, side_by_side
from evenhand.simulator import Simulator

__all__ = ["Opponents", "entrants", "net_settings", "tune_opponents"]


@dataclass(frozen=True)
class Opponents:
    """Tuned settings by name; `shadow` is greedy with shadow prices of fatigue, which learning starts from."""

    greedy: Tuned  # one-step, without the shield
    shielded: Tuned  # one-step, with it
    shadow: Tuned  # with it, and with shadow prices
    rfm: StaticPlan
    kmeans: StaticPlan

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        greedy = {name: asdict(getattr(self, name)) for name in ("greedy", "shielded", "shadow")}
        return greedy | {name: _plain(getattr(self, name)) for name in ("rfm", "kmeans")}

    @classmethod
    def from_dict(cls, data: dict[str, Any], setup: Setup) -> Opponents:
        """Read what `to_dict` gave, for the same set-up."""
        found: dict[str, Any] = {}
        for name in ("greedy", "shielded", "shadow"):
            found[name] = Tuned(**{**data[name], "tuning": GreedyTuning(**data[name]["tuning"])})
        for name in ("rfm", "kmeans"):
            row = data[name]
            lo, hi = np.array(row["lo"], np.uint8), np.array(row["hi"], np.uint8)
            boxes = Boxes(lo, hi, np.array(row["campaign"], np.int8), row["size"])
            found[name] = StaticPlan(replace(setup, entry=boxes), row["edits"], row["tried"])
        return cls(**found)


def _plain(plan: StaticPlan) -> dict[str, Any]:
    boxes = plan.setup.entry
    assert boxes is not None
    arrays = {name: getattr(boxes, name).tolist() for name in ("lo", "hi", "campaign")}
    return {**arrays, "size": boxes.size, "edits": plan.edits, "tried": plan.tried}


def tune_opponents(
    simulator: Simulator,
    setup: Setup,
    settings: StudySettings,
    *,
    workers: int = 1,
    on_progress: Callable[[str, int], None] | None = None,
) -> Opponents:
    """Tune every opponent on populations of their own."""
    layout = Layout(setup.max_segments, len(simulator.catalogue.campaigns))
    sizes = {"populations": settings.tuning_populations, "n_customers": settings.training_customers}
    bare = replace(setup, shield=False)
    common = {"simulator": simulator, "layout": layout, **sizes}
    fixed = {"simulator": simulator, "setup": setup, "n_campaigns": layout.n_campaigns, **sizes}
    fixed["populations"] = max(2, settings.tuning_populations // 2)  # a static plan is judged on more plans
    tasks = [
        Task("shadow", tune_greedy, {"setup": setup, "space": SHADOW_PRICED, **common}),
        Task("rfm", best_campaigns, {"boxes": setup.start, **fixed}),
        Task("kmeans", _kmeans, {"seed": settings.seed, **fixed}),
        Task("greedy", tune_greedy, {"setup": bare, "space": ONE_STEP, **common}),
        Task("shielded", tune_greedy, {"setup": setup, "space": ONE_STEP, **common}),
    ]
    found = side_by_side(tasks, workers=workers, on_progress=on_progress)
    return Opponents(**{task.name: result for task, result in zip(tasks, found, strict=True)})


def _kmeans(*, simulator: Simulator, setup: Setup, seed: int, **arguments: Any) -> StaticPlan:
    return best_campaigns(simulator, setup, kmeans_boxes(simulator, setup, seed=seed), **arguments)


def net_settings(simulator: Simulator, setup: Setup, opponents: Opponents) -> NetSettings:
    """Return what the policy network stands on: the best-tuned greedy."""
    return NetSettings(
        max_segments=setup.max_segments,
        n_campaigns=len(simulator.catalogue.campaigns),
        horizon=setup.horizon,
        edit=setup.charges_in_units.edit,
        complexity=setup.charges_in_units.complexity,
        tuning=opponents.shadow.tuning,
    )


def entrants(
    setup: Setup, layout: Layout, opponents: Opponents, learned: Sequence[LearnedPolicy] = ()
) -> list[Entrant]:
    """Return everyone who enters the comparison; the first learned policy is the chosen one."""
    bare = replace(setup, shield=False)
    charges = setup.charges_in_units

    def greedy(tuned: Tuned) -> Greedy:
        return Greedy(layout, setup.horizon, charges.edit, charges.complexity, tuned.tuning)

    rows = [
        Entrant("today", "today (RFM)", Hold(), setup, kind="today"),
        Entrant("random", "random valid tweaks", RandomValid(), bare),
        Entrant("rfm", "static RFM, best campaigns", Hold(), opponents.rfm.setup, edits=opponents.rfm.edits),
        Entrant("kmeans", "k-means, best campaigns", Hold(), opponents.kmeans.setup, edits=opponents.kmeans.edits),
        Entrant("greedy", "greedy", greedy(opponents.greedy), bare),
        Entrant("greedy-shielded", "greedy, shielded", greedy(opponents.shielded), setup),
        Entrant("greedy-shadow", "greedy, shielded, shadow prices", greedy(opponents.shadow), setup),
    ]
    for k, policy in enumerate(learned):
        if k == 0:
            rows.append(Entrant("learned", "learned", policy, setup, kind="learned"))
        else:
            rows.append(
                Entrant(
                    f"learned-seed-{k + 1}", f"learned, seed {k + 1} of {len(learned)}", policy, setup, kind="learned"
                )
            )
    return rows
