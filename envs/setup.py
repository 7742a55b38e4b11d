"""All that stays the same from episode to episode, and how it follows from a simulator and today's segmentation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evenhand.envs.boxes import Boxes, boxes_of
from evenhand.envs.candidates import OPERATIONS
from evenhand.envs.compiling import Asked, compiled
from evenhand.envs.constraints import Constraint, Parity, RewardTerm, ask_who_converts, gauges_of, names_of
from evenhand.envs.cutting import build_grid, mean_organic_margin
from evenhand.envs.grid import Grid
from evenhand.envs.period import Gauge
from evenhand.envs.reviewing import Reviewer
from evenhand.envs.rewards import Charges
from evenhand.errors import DataError, nearest
from evenhand.segments import Segmentation
from evenhand.simulator import Simulator
from evenhand.simulator.priors import CAMPAIGN_PRIORS

__all__ = ["REWARD_SCALE", "Setup", "build_setup"]

REWARD_SCALE = 10.0  # brings an episode's sum of rewards, in units of `Setup.unit`, near one
UNIT_SHARE = 0.1  # of the mean organic margin: about one money per customer and week for the packaged households


@dataclass(frozen=True)
class Setup:
    """All that stays the same from episode to episode."""

    grid: Grid
    start: Boxes
    habits: tuple[str, ...]  # which of HABITS the first features of the grid are, in order
    group_counts: tuple[int, ...]  # number of groups of each protected attribute
    constraints: tuple[Constraint, ...] = ()
    unit: float = 1.0  # money, a tenth of what a customer brings per period: what learners see and get is counted in it
    operations: tuple[str, ...] = OPERATIONS  # on offer beside holding; without split and merge granularity is fixed
    rewards: tuple[RewardTerm, ...] = ()  # of the user, beyond profit
    crossings: tuple[tuple[int, ...], ...] = ()  # protected attributes whose intersections are constrained
    horizon: int = 26
    warmup: int = 13  # periods under today's segmentation before the first tweak
    explore: float = 0.1
    block: int = 4  # periods that an exploration draw holds
    charges: Charges = field(default_factory=Charges)
    lift_spread: float = 0.35
    min_share: float = 0.02  # smallest part that a tweak may cut, share of the answers that everyone would give
    reviewer: Reviewer | None = None  # who decides on tweaks; None: each is carried out at once
    entry: Boxes | None = None  # a whole plan that replaces today's segmentation at the first period
    shield: bool = True
    shield_sds: float = 2.0  # of what a week's draws do to a slack: how far the shield keeps it from the limit

    @property
    def cost_names(self) -> tuple[str, ...]:
        """What each of the J costs of a period is called."""
        return names_of(self.constraints)

    @property
    def reward_scale(self) -> float:
        """What rewards are multiplied by for learners: from money per customer to an episode's sum near one."""
        return REWARD_SCALE / self.unit

    @property
    def charges_in_units(self) -> Charges:
        """The charges as learners and opponents reckon, in units of `unit` like the money that they see."""
        return Charges(edit=self.charges.edit / self.unit, complexity=self.charges.complexity / self.unit)

    @cached_property
    def offered(self) -> NDArray[np.bool_]:
        """Whether each operation of the candidate table is on offer, by its number."""
        return np.array([True, *(name in self.operations for name in OPERATIONS)])

    @cached_property
    def gauges(self) -> tuple[Gauge, ...]:
        """What must be foretold for the constraints."""
        return gauges_of(self.constraints)

    @property
    def asks_who_converts(self) -> bool:
        """Whether a constraint asks who would convert: then the twin must be followed."""
        return ask_who_converts(self.constraints)

    @property
    def parity(self) -> Parity | None:
        """The first constraint that holds groups to the same rates, if there is one."""
        return next((c for c in self.constraints if isinstance(c, Parity)), None)

    @property
    def max_segments(self) -> int:
        """Most segments, the default included."""
        return int(self.start.lo.shape[0])

    @property
    def entry_edits(self) -> int:
        """How many tweaks `entry` stands for: what it is charged for."""
        return 0 if self.entry is None else self.entry.edits_from(self.start)

    def begun_with(self, plan: Segmentation | None) -> Setup:
        """Return the set-up whose episodes begin with a whole plan, or, with none, with today's segmentation.

        RuleError where a threshold of the plan is not on the grid.
        """
        return replace(self, entry=None if plan is None else boxes_of(plan, self.grid, max_segments=self.max_segments))

    @cached_property
    def n_bins(self) -> NDArray[np.uint8]:
        """Number of bins of each feature, (F,)."""
        return self.grid.bins()

    @cached_property
    def closed(self) -> NDArray[np.uint8]:
        """Which cuts of the grid belong to the part below, (F, K)."""
        return self.grid.closed()

    @cached_property
    def edges(self) -> NDArray[np.float32]:
        """Cuts of the grid as numbers, (F, K)."""
        return self.grid.edges()


def build_setup(
    simulator: Simulator,
    segmentation: Segmentation,
    *,
    constraints: Sequence[Asked] = (),
    rewards: Sequence[RewardTerm] = (),
    horizon: int = 26,
    explore: float = 0.1,
    charges: Charges | None = None,
    max_segments: int = 10,
    operations: Sequence[str] = OPERATIONS,
    shield: bool = True,
    min_share: float = 0.02,
    reviewer: Reviewer | None = None,
) -> Setup:
    """Return the set-up of an environment.

    `constraints` are those of `evenhand.fairness`, or your own (`envs.constraints.Constraint`). One parity criterion
    for each attribute or intersection; DataError for a second, and for what cannot be constrained.
    """
    active, crossings = compiled(constraints, simulator)
    grid, habits = build_grid(simulator, segmentation)
    return Setup(
        grid=grid,
        start=boxes_of(segmentation, grid, max_segments=max_segments),
        habits=habits,
        group_counts=tuple(len(a.groups) for a in simulator.protected),
        constraints=active,
        rewards=tuple(rewards),
        crossings=crossings,
        horizon=horizon,
        explore=explore,
        charges=charges or Charges(),
        lift_spread=CAMPAIGN_PRIORS["lift"].spread,
        shield=shield,
        unit=UNIT_SHARE * mean_organic_margin(simulator),
        operations=_checked(operations),
        min_share=min_share,
        reviewer=reviewer,
    )


def _checked(operations: Sequence[str]) -> tuple[str, ...]:
    for name in operations:
        if name not in OPERATIONS:
            close = nearest(name, OPERATIONS)
            raise DataError(
                f"there is no operation {name!r}",
                mend=f"did you mean {close!r}?"
                if close
                else f"choose among {', '.join(OPERATIONS)}; hold is always there",
            )
    return tuple(operations)
