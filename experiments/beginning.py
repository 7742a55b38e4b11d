"""What learning begins with: today's segmentation, or a tuned plan that enters whole before the first period.

Learning changes one thing a period, which is slow where a plan that is quite another one is better. So greedy, which
learning starts from, is rolled out from today's segmentation and from every plan: those that tuning found, and one
campaign for everyone. The best is nominated, greedy is tuned anew for it, and both beginnings meet fresh populations
once, as a checkpoint meets its start (`agents.learning.confirmation`): a plan is begun with only where that is feasible
and ahead beyond chance. Opponents as able as greedy, `ALSO`, may then begin with it too, tuned anew: else what learning
brings would be told from what the plan brings by nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from evenhand.agents import PopulationPool, feasible_share, gaps_of, rank, roll_out
from evenhand.agents.baselines.case import Case
from evenhand.agents.baselines.registry import Found, named, plain, tuned
from evenhand.agents.baselines.static import StaticPlan, uniform
from evenhand.agents.learning.confirmation import Confirmation, Judged
from evenhand.envs import Setup
from evenhand.envs.boxes import Boxes, segmentation_of
from evenhand.experiments.workers import Task, side_by_side
from evenhand.segments import Segmentation

__all__ = ["ALSO", "BEGINNING_SEED", "BEGUN", "START", "Beginning", "Plan", "choose_beginning", "plans_of"]

START = "greedy-shadow"  # what learning starts from
ALSO = ("linucb", "thompson")  # opponents that keep the limits and reckon as far as it does
BEGUN = "-begun"  # is added to the name of an opponent that begins with the plan
BEGINNING_SEED = 350_000_000  # populations that only say what to begin with

Tell = Callable[[str, int], None]


@dataclass(frozen=True)
class Plan:
    """A whole segmentation with its campaigns, and what people call it."""

    label: str
    segmentation: Segmentation


@dataclass(frozen=True)
class Beginning:
    """A plan to begin with, opponents as tuned from there on, and what it brought beside today's segmentation."""

    plan: Plan
    found: Mapping[str, Found]  # by the opponent's name; the one that learning starts from is always there
    confirmation: Confirmation

    def label(self, name: str) -> str:
        """Return how people call an opponent that begins with the plan."""
        return f"{named(name).label}, begun with: {self.plan.label}"

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {
            "label": self.plan.label,
            "plan": self.plan.segmentation.to_dict(),
            "tuned": {name: plain(found) for name, found in self.found.items()},
            "confirmation": asdict(self.confirmation),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], setup: Setup) -> Beginning:
        """Read what `to_dict` gave, for the same set-up."""
        plan = Plan(data["label"], Segmentation.from_json(data["plan"]))
        found = {name: named(name).read(row, setup) for name, row in data["tuned"].items()}
        return cls(plan, found, Confirmation(**data["confirmation"]))


def choose_beginning(
    case: Case, today: Segmentation, found: Mapping[str, Found], *, workers: int = 1, on_progress: Tell | None = None
) -> Beginning | None:
    """Return what to begin with among the plans that were `found`, by name, and the simplest ones; None for `today`.

    A quarter of the populations that tuning takes nominates, as many as it takes confirm.
    """
    few, many = max(2, case.populations // 4), max(2, case.populations)
    beginning = partial(side_by_side, workers=workers, on_progress=on_progress)

    def meeting(name: str, setup: Setup, greedy: Found, numbers: range) -> Task:
        return Task(
            f"begin with {name}", _judged, {"case": replace(case, setup=setup), "greedy": greedy, "numbers": numbers}
        )

    plans = plans_of(found, case, today)
    setups = [case.setup, *(case.setup.begun_with(plan.segmentation) for plan in plans)]
    labels = ["today", *(plan.label for plan in plans)]
    looks = beginning([meeting(*one, found[START], range(few)) for one in zip(labels, setups, strict=True)])
    ranks = [rank(one.feasible, float(one.profits.mean())) for one in looks]
    best = max(range(len(ranks)), key=ranks.__getitem__)  # today, where none is better
    if best == 0:
        return None
    begun = replace(case, setup=setups[best])
    able = [name for name in (START, *ALSO) if name in found]
    anew = beginning([Task(f"{name}, begun", tuned, {"name": name, "case": begun}) for name in able])
    numbers = range(few, few + many)
    ahead, before = beginning([
        meeting(labels[best], begun.setup, anew[0], numbers), meeting("today", case.setup, found[START], numbers)
    ])  # fmt: skip
    confirmation = Confirmation.of(ahead, before)
    return Beginning(plans[best - 1], dict(zip(able, anew, strict=True)), confirmation) if confirmation.holds else None


def _judged(*, case: Case, greedy: Found, numbers: range, progress: Callable[[int], None]) -> Judged:
    """Return what greedy brings in these populations, beyond today."""
    pool = PopulationPool(
        case.simulator, first_seed=BEGINNING_SEED, count=numbers.stop, n_customers=case.evidence_customers, keep=False
    )
    policy, setup = named(START).enter(case.setup, case.layout, greedy)
    outcome = roll_out(policy, setup, pool, numbers, against_twin=True, progress=progress)
    return Judged(outcome.profit, float(gaps_of(outcome, setup.parity).mean()), feasible_share(outcome))


def plans_of(found: Mapping[str, Found], case: Case, today: Segmentation) -> list[Plan]:
    """Return the plans among what tuning found, and one for everyone with each campaign; each once."""
    setup, campaigns = case.setup, case.simulator.catalogue.campaigns
    plans = [
        Plan(named(name).label, segmentation_of(one.setup.entry, today, setup.grid))
        for name, one in found.items()
        if isinstance(one, StaticPlan) and one.setup.entry is not None
    ]
    nothing, everything = np.zeros_like(setup.start.lo), np.tile(setup.n_bins, (setup.max_segments, 1))
    everyone = Boxes(nothing, everything, np.zeros_like(setup.start.campaign), 1)
    for campaign, boxes in zip(campaigns, uniform(everyone, len(campaigns)), strict=True):
        plans.append(Plan(f"{campaign.name} for everyone", segmentation_of(boxes, today, setup.grid)))
    return list({plan.segmentation.hash: plan for plan in reversed(plans)}.values())[::-1]
