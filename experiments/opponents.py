"""The opponents of a study, each tuned with the same care: settings found, and what finding them took."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from evenhand.agents import GreedyTuning, Layout, LearnedPolicy, NetSettings, Tuned
from evenhand.agents.baselines.case import Case
from evenhand.agents.baselines.registry import OPPONENTS, Found, named, plain, tuned
from evenhand.envs import Setup
from evenhand.experiments.beginning import BEGUN, START, Beginning, choose_beginning
from evenhand.experiments.evaluation import Entrant, Kind
from evenhand.experiments.settings import StudySettings
from evenhand.experiments.setup import customers_in_evidence
from evenhand.experiments.workers import Task, side_by_side
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator

__all__ = ["ALWAYS", "Opponents", "begin", "entrants", "net_settings", "tune_opponents"]

ALWAYS = ("today", START)


@dataclass(frozen=True)
class Opponents:
    """What tuning found, by name, in the registry's order, and what learning begins with."""

    found: Mapping[str, Found]
    beginning: Beginning | None = None  # None: today's segmentation

    @property
    def start(self) -> Tuned[GreedyTuning]:
        """Greedy with shadow prices of fatigue, which learning starts from."""
        start = (self.beginning.found if self.beginning else self.found)[START]
        assert isinstance(start, Tuned)
        return start

    @property
    def plan(self) -> Segmentation | None:
        """The plan that learning begins with; None: today's segmentation."""
        return self.beginning.plan.segmentation if self.beginning else None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data: settings, budgets, and what each asks of the simulator."""
        rows = {name: {"needs": named(name).needs, **plain(found)} for name, found in self.found.items()}
        return {**rows, **({"beginning": self.beginning.to_dict()} if self.beginning else {})}

    @classmethod
    def from_dict(cls, data: dict[str, Any], setup: Setup) -> Opponents:
        """Read what `to_dict` gave, for the same set-up."""
        found = {o.name: o.read(data[o.name], setup) for o in OPPONENTS if o.name in data}
        return cls(found, Beginning.from_dict(data["beginning"], setup) if "beginning" in data else None)


def tune_opponents(
    simulator: Simulator,
    setup: Setup,
    settings: StudySettings,
    *,
    names: Iterable[str] | None = None,
    workers: int = 1,
    on_progress: Callable[[str, int], None] | None = None,
) -> Opponents:
    """Tune the opponents of these names, else all that the settings name, on populations of their own."""
    case = _case(simulator, setup, settings)
    wanted = {named(name).name for name in (_of_study(settings) if names is None else names)}
    entering = [o for o in OPPONENTS if o.name in wanted]
    tasks = [Task(o.name, tuned, {"name": o.name, "case": case}) for o in entering if o.needs != "nothing"]
    tunings = side_by_side(tasks, workers=workers if tasks else 1, on_progress=on_progress)
    found = dict(zip((task.name for task in tasks), tunings, strict=True))
    return Opponents({o.name: found.get(o.name) for o in entering})


def begin(
    opponents: Opponents,
    simulator: Simulator,
    today: Segmentation,
    setup: Setup,
    settings: StudySettings,
    *,
    workers: int = 1,
    on_progress: Callable[[str, int], None] | None = None,
) -> Opponents:
    """Return the opponents with what learning begins with: a whole plan where one is ahead and settings allow it."""
    if not settings.whole_plans:
        return opponents
    case = _case(simulator, setup, settings)
    found = choose_beginning(case, today, opponents.found, workers=workers, on_progress=on_progress)
    return replace(opponents, beginning=found)


def _case(simulator: Simulator, setup: Setup, settings: StudySettings) -> Case:
    return Case(
        simulator, setup, settings.seed, settings.tuning_populations, settings.training_customers,
        customers_in_evidence(simulator, settings),
    )  # fmt: skip


def _of_study(settings: StudySettings) -> list[str]:
    return [*ALWAYS, *(name.strip() for name in settings.opponents.split(",") if name.strip())]


def net_settings(simulator: Simulator, setup: Setup, opponents: Opponents) -> NetSettings:
    """Return what the policy network stands on: the best-tuned greedy."""
    return NetSettings(
        max_segments=setup.max_segments,
        n_campaigns=len(simulator.catalogue.campaigns),
        horizon=setup.horizon,
        edit=setup.charges_in_units.edit,
        complexity=setup.charges_in_units.complexity,
        tuning=opponents.start.tuning,
    )


def entrants(
    setup: Setup, layout: Layout, opponents: Opponents, learned: Sequence[LearnedPolicy] = ()
) -> list[Entrant]:
    """Return everyone who enters the comparison; the first learned policy is the chosen one."""
    rows = []
    for name, found in opponents.found.items():
        policy, entered = named(name).enter(setup, layout, found)
        kind: Kind = "today" if name == "today" else "baseline"
        rows.append(Entrant(name, named(name).label, policy, entered, kind=kind))
    if begun := opponents.beginning:
        for name, found in begun.found.items():
            policy, entered = named(name).enter(setup.begun_with(begun.plan.segmentation), layout, found)
            rows.append(Entrant(name + BEGUN, begun.label(name), policy, entered))
    for k, one in enumerate(learned):
        name, label = ("learned", "learned") if k == 0 else (f"learned-seed-{k + 1}", _seed_label(k, len(learned)))
        rows.append(Entrant(name, label, one, setup.begun_with(one.beginning), kind="learned"))
    return rows


def _seed_label(k: int, n: int) -> str:
    return f"learned, seed {k + 1} of {n}"
