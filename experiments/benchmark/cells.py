"""The cells of the benchmark: what each is, what it stands on, and in which order they are run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Literal

from evenhand.agents.baselines.planner import PlannerTuning
from evenhand.agents.baselines.registry import OPPONENTS
from evenhand.errors import DataError, nearest
from evenhand.experiments.settings import StudySettings
from evenhand.simulator.scenarios import names

__all__ = ["FULL", "HOUSEHOLDS", "SCENARIOS", "STRENGTHS", "TINY", "VARIANTS", "Cell", "Place", "Scale", "home", "plan"]

HOUSEHOLDS, SHIFTED = "households", "shifted"
SCENARIOS = (HOUSEHOLDS, *names("world"), "no_delayed_effects", SHIFTED)
STRENGTHS = (1.0, 0.0, 0.5, 2.0)  # of every delayed effect, times what it is
LEARNED_BASELINES = ("myopic", "no-constraint")  # PPO with gamma 0, PPO without limits: opponents, one seed each
VARIANTS = (
    *LEARNED_BASELINES, "from-today", "no-residual", "no-uncertainty", "drawn-effects", "one-population",
    "fixed-granularity", "ppo", "dqn",
)  # fmt: skip
FEW, MANY = 3, 10  # training seeds of a first look, and of a claim

Part = Literal["opponents", "beginning", "planner", "seed"]
WHOLE: dict[str, Part] = {  # what there is one of
    "opponents": "opponents",
    "beginning": "beginning",
    "planner": "planner",
}


@dataclass(frozen=True)
class Cell:
    """One piece of work, one file."""

    scenario: str
    delayed: float  # factor on the strength of every delayed effect
    part: Part
    seed: int = 0  # from 1, of a training
    variant: str = "full"  # of the learner, as `experiments.ablations` names them

    @classmethod
    def named(cls, text: str) -> Cell:
        """Return the cell that is written `text`, such as `households/1/seed-2-myopic`; ValueError where none is."""
        scenario, delayed, stem = text.split("/")
        if whole := WHOLE.get(stem):
            return cls(scenario, float(delayed), whole)
        part, seed, *variant = stem.split("-", 2)
        if part != "seed":
            raise ValueError(f"{stem!r} is no part of the benchmark")
        return cls(scenario, float(delayed), "seed", int(seed), *variant)

    @property
    def stem(self) -> str:
        """The name of its file, without what stands after the dot."""
        if self.part != "seed":
            return self.part
        return f"seed-{self.seed}" + ("" if self.variant == "full" else f"-{self.variant}")

    @property
    def folder(self) -> str:
        """Where its file is."""
        return f"{self.scenario}/{self.delayed:g}"

    def __str__(self) -> str:
        return f"{self.folder}/{self.stem}"

    @property
    def needs(self) -> tuple[Cell, ...]:
        """The cells that this one stands on: opponents and what learning begins with; what `shifted` reuses."""
        opponents, beginning = (Cell(self.scenario, self.delayed, part) for part in ("opponents", "beginning"))
        same = Cell(HOUSEHOLDS, self.delayed, self.part, self.seed, self.variant)
        reused = (same,) if self.scenario == SHIFTED else ()
        if self.part == "opponents":
            return reused
        if self.part == "seed" and not reused:
            return (opponents, beginning)
        return (*reused, opponents)


@dataclass(frozen=True)
class Scale:
    """How much is spent on every cell."""

    settings: StudySettings
    planner_populations: int
    realised_populations: int  # on which expected profit is held against what was realised
    planner: PlannerTuning = field(default_factory=lambda: PlannerTuning(candidates=90, futures=1, periods=8))


FULL = Scale(StudySettings(opponents=", ".join(o.name for o in OPPONENTS)), 64, 64)
TINY = Scale(
    StudySettings.preset("tiny").changed(
        opponents="random",
        horizon=8,
        steps=256,
        training_populations=8,
        populations=4,
    ),
    2,
    2,
    PlannerTuning(candidates=2, futures=1, periods=2),
)


@dataclass(frozen=True)
class Place:
    """A scenario of the results: where its cells are."""

    name: str
    home: str
    delayed: float = 1.0


def home(scenario: str) -> Place:
    """Return where the cells of a scenario are; DataError with the nearest name for one that there is not.

    Without delayed effects means the households at strength 0: the same cells are both.
    """
    if scenario not in SCENARIOS:
        close = nearest(scenario, SCENARIOS)
        raise DataError(
            f"there is no scenario {scenario!r}",
            mend=f"did you mean {close!r}?" if close else f"one of {', '.join(SCENARIOS)}",
        )
    return Place(scenario, HOUSEHOLDS, 0.0) if scenario == "no_delayed_effects" else Place(scenario, scenario)


def plan(scenarios: Sequence[str] = SCENARIOS, *, seeds: int = MANY, brief: bool = False) -> list[Cell]:
    """Return the cells in the order in which they are worth running, each after what it stands on.

    The claim on the households first (all seeds), then few seeds everywhere, then other strengths of the delayed
    effects, then all seeds. A `brief` plan leaves out other strengths and learners with a part taken away.
    """
    places = [home(name) for name in scenarios]
    strong = [p for p in places if p.name != SHIFTED and p.delayed and not brief]
    first = [_trained(p.home, p.delayed, seeds) for p in places if p.name == HOUSEHOLDS]
    extras = [_beside(p, brief=brief) for p in places if p.name == HOUSEHOLDS]
    few = [_trained(p.home, p.delayed, min(FEW, seeds)) for p in places]
    yardsticks = [_beside(p, brief=brief) for p in places if p.name not in (HOUSEHOLDS, SHIFTED)]
    others = [_trained(p.home, delayed, min(FEW, seeds)) for p in strong for delayed in STRENGTHS[1:]]
    rest = [_trained(p.home, p.delayed, seeds) for p in places]
    rest += [_trained(p.home, delayed, seeds) for p in strong for delayed in STRENGTHS[1:]]
    every = chain.from_iterable(chain(first, extras, few, yardsticks, others, rest))
    return list(dict.fromkeys(chain.from_iterable(_with_needs(cell) for cell in every)))


def _with_needs(cell: Cell) -> list[Cell]:
    return [*chain.from_iterable(_with_needs(needed) for needed in cell.needs), cell]


def _trained(scenario: str, delayed: float, seeds: int) -> Iterator[Cell]:
    yield Cell(scenario, delayed, "opponents")
    yield Cell(scenario, delayed, "beginning")
    for seed in range(1, seeds + 1):
        yield Cell(scenario, delayed, "seed", seed)


def _beside(place: Place, *, brief: bool) -> Iterator[Cell]:
    """Yield the planner and the learned opponents, and of the households every ablation: one training each."""
    yield Cell(place.home, place.delayed, "planner")
    variants = VARIANTS if place.name == HOUSEHOLDS else LEARNED_BASELINES
    for variant in () if brief else variants:
        yield Cell(place.home, place.delayed, "seed", 1, variant)
