"""Every opponent by name: what it is called, what it asks of the simulator, how it is tuned and how it enters.

A new opponent is a module and a line in `OPPONENTS`. Three kinds cover all: policies without settings, policies with
settings that a search finds, and plans that are put in place once. The planner and the oracle are yardsticks, not
opponents: see `planner` and `oracle`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any, Final, Literal, Protocol

import numpy as np

from evenhand.agents.baselines.bandit import BANDIT_SPACE, BanditTuning, LinearBandit, bandit_start
from evenhand.agents.baselines.case import Case, Entry
from evenhand.agents.baselines.greedy import Greedy, GreedyTuning
from evenhand.agents.baselines.hold import Hold
from evenhand.agents.baselines.kmeans import kmeans_starts
from evenhand.agents.baselines.linucb import LinUCB
from evenhand.agents.baselines.policy_tree import policy_tree_starts
from evenhand.agents.baselines.random_valid import RandomValid
from evenhand.agents.baselines.static import StaticPlan, best_campaigns, uniform
from evenhand.agents.baselines.thompson import Thompson
from evenhand.agents.baselines.tuning import ONE_STEP, SHADOW_PRICED, Space, Tuned, tune_policy
from evenhand.agents.baselines.uplift_tree import uplift_starts
from evenhand.agents.policy import Layout, Policy
from evenhand.envs import Boxes, Setup
from evenhand.errors import DataError, nearest

__all__ = ["OPPONENTS", "Found", "Needs", "Opponent", "named", "plain", "tuned"]

Found = Tuned[Any] | StaticPlan | None
Needs = Literal["nothing", "simulated data"]  # "access" to the running simulator: yardsticks only
Progress = Callable[[int], None] | None


class Opponent(Protocol):
    """One line of the registry."""

    @property
    def name(self) -> str:
        """How files and results call it."""

    @property
    def label(self) -> str:
        """How people call it."""

    @property
    def needs(self) -> Needs:
        """What it asks of the simulator before it runs."""

    def tune(self, case: Case, progress: Progress = None) -> Found:
        """Return what tuning finds; None where nothing can be tuned."""

    def enter(self, setup: Setup, layout: Layout, found: Found) -> Entry:
        """Return it as it is rolled out."""

    def read(self, row: dict[str, Any], setup: Setup) -> Found:
        """Return what tuning found from plain data."""


@dataclass(frozen=True)
class Untuned:
    """A policy without settings."""

    name: str
    label: str
    policy: Callable[[], Policy]
    shield: bool = True
    needs: Needs = "nothing"

    def tune(self, case: Case, progress: Progress = None) -> Found:
        """Return nothing."""
        return None

    def enter(self, setup: Setup, layout: Layout, found: Found) -> Entry:
        """Return the policy."""
        return Entry(self.policy(), replace(setup, shield=self.shield))

    def read(self, row: dict[str, Any], setup: Setup) -> Found:
        """Return nothing."""
        return None


def _greedy_start(case: Case) -> GreedyTuning:
    return GreedyTuning()


@dataclass(frozen=True)
class Searched:
    """Greedy or a kin of it, whose settings are searched from a start within a space."""

    name: str
    label: str
    policy: type[Greedy]
    space: Space
    shield: bool = True
    setting: type[GreedyTuning] = GreedyTuning
    start: Callable[[Case], GreedyTuning] = _greedy_start
    adapts: bool = False  # learns effects within an episode, so they must differ from what is expected while tuning
    needs: Needs = "simulated data"

    def tune(self, case: Case, progress: Progress = None) -> Found:
        """Return the best setting."""
        return tune_policy(
            self._build(case.setup, case.layout), self.start(case), self.space, simulator=case.simulator,
            setup=replace(case.setup, shield=self.shield), populations=case.populations, n_customers=case.n_customers,
            expected=not self.adapts, progress=progress,
        )  # fmt: skip

    def enter(self, setup: Setup, layout: Layout, found: Found) -> Entry:
        """Return the policy with the setting found."""
        assert isinstance(found, Tuned)
        return Entry(self._build(setup, layout)(found.tuning), replace(setup, shield=self.shield))

    def read(self, row: dict[str, Any], setup: Setup) -> Found:
        """Return the setting found."""
        return Tuned(self.setting(**row["tuning"]), row["profit"], row["tried"], row["populations"])

    def _build(self, setup: Setup, layout: Layout) -> Callable[[Any], Greedy]:
        charges = setup.charges_in_units
        return partial(self.policy, layout, setup.horizon, charges.edit, charges.complexity)


@dataclass(frozen=True)
class Static:
    """A segmentation put in place once, whose campaigns are searched from the best of some starts."""

    name: str
    label: str
    starts: Callable[[Case], list[Boxes]]
    needs: Needs = "simulated data"

    def tune(self, case: Case, progress: Progress = None) -> Found:
        """Return the best plan; on a quarter of the populations, since they are larger and plans more than settings.

        No shield guards a plan, and gaps are larger where customers are fewer: in populations smaller than those of the
        evidence hardly any plan that contacts somebody would pass for fair.
        """
        return best_campaigns(
            case.simulator, case.setup, self.starts(case), n_campaigns=case.layout.n_campaigns,
            populations=max(2, case.populations // 4), n_customers=case.evidence_customers, progress=progress,
        )  # fmt: skip

    def enter(self, setup: Setup, layout: Layout, found: Found) -> Entry:
        """Return holding on to the plan."""
        assert isinstance(found, StaticPlan)
        return Entry(Hold(), found.setup)

    def read(self, row: dict[str, Any], setup: Setup) -> Found:
        """Return the plan found."""
        boxes = Boxes(
            np.array(row["lo"], np.uint8),
            np.array(row["hi"], np.uint8),
            np.array(row["campaign"], np.int8),
            row["size"],
        )
        return StaticPlan(replace(setup, entry=boxes), row["profit"], row["tried"], row["populations"])


def rfm_starts(case: Case) -> list[Boxes]:
    """Return today's segments with today's campaigns, and with one for everyone."""
    return [case.setup.start, *uniform(case.setup.start, case.layout.n_campaigns)]


def _bandit(name: str, label: str, policy: type[LinearBandit]) -> Searched:
    return Searched(name, label, policy, BANDIT_SPACE, setting=BanditTuning, start=bandit_start, adapts=True)


OPPONENTS: Final[tuple[Opponent, ...]] = (
    Untuned("today", "today (RFM)", Hold),
    Untuned("random", "random valid tweaks", RandomValid, shield=False),
    Static("rfm", "static RFM, best campaigns", rfm_starts),
    Static("kmeans", "k-means, best campaigns", kmeans_starts),
    Static("uplift-tree", "uplift tree, best campaigns", uplift_starts),
    Static("policy-tree", "doubly robust policy tree, best campaigns", policy_tree_starts),
    _bandit("linucb", "LinUCB, shielded, shadow prices", LinUCB),
    _bandit("thompson", "Thompson, shielded, shadow prices", Thompson),
    Searched("greedy", "greedy", Greedy, ONE_STEP, shield=False),
    Searched("greedy-shielded", "greedy, shielded", Greedy, ONE_STEP),
    Searched("greedy-shadow", "greedy, shielded, shadow prices", Greedy, SHADOW_PRICED),
)


def named(name: str) -> Opponent:
    """Return the opponent of that name; DataError for another."""
    known = {opponent.name: opponent for opponent in OPPONENTS}
    if name not in known:
        close = nearest(name, known)
        raise DataError(
            f"there is no opponent {name!r}",
            rule=f"opponents are {', '.join(known)}",
            mend=f"did you mean {close!r}?" if close else None,
        )
    return known[name]


def tuned(*, name: str, case: Case, progress: Progress = None) -> Found:
    """Return what tuning finds for the opponent of that name, as a task for a process of its own."""
    return named(name).tune(case, progress)


def plain(found: Found) -> dict[str, Any]:
    """Return what tuning found as plain data."""
    if isinstance(found, StaticPlan):
        boxes = found.setup.entry
        assert boxes is not None
        arrays = {name: getattr(boxes, name).tolist() for name in ("lo", "hi", "campaign")}
        counts = {name: getattr(found, name) for name in ("edits", "profit", "tried", "populations")}
        return {**arrays, "size": boxes.size, **counts}
    return {} if found is None else asdict(found)
