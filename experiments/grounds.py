"""What stands behind recommended tweaks: what the policy looked at, and which one came next, as a server keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from evenhand.agents import Policy
from evenhand.customers import Customers
from evenhand.envs import Setup, World
from evenhand.envs.boxes import tweak_of
from evenhand.envs.candidates import HOLD
from evenhand.experiments.advising.advise import LOOKED_THROUGH, Scorer
from evenhand.experiments.advising.looking import RunnerUp, WhyNot, estimate_of, saw_of, usual_of
from evenhand.experiments.advising.standing import View
from evenhand.experiments.now import first_part
from evenhand.experiments.recommend import SPARE, choose, shown_to
from evenhand.segments import Segmentation, Tweak
from evenhand.simulator import Simulator

__all__ = ["Grounds", "Looked", "look_behind"]


class Ranking(Policy, Scorer, Protocol):
    """A policy that chooses, and says what it thinks of every candidate."""


class Grounds(NamedTuple):
    """What stands behind one tweak."""

    saw: Mapping[str, float]  # its features, as the policy looked at them
    runner_up: RunnerUp | None  # none: the policy likes no other tweak better than holding


class Looked(NamedTuple):
    """What a policy looked at when it recommended."""

    usual: Mapping[str, float]  # the median of each feature over the tweaks on offer
    grounds: tuple[Grounds, ...]  # of each tweak


def look_behind(
    policy: Ranking,
    customers: Customers,
    today: Segmentation,
    simulator: Simulator,
    setup: Setup,
    tweaks: Sequence[Tweak],
    *,
    count: int = 3,
    seed: int = 0,
) -> Looked:
    """Return the grounds of tweaks that `recommend` gave for the same policy, customers, count and seed.

    ValueError for a tweak that it did not give.
    """
    world = shown_to(customers, today, simulator, setup, seed=seed)
    rows = {choice.tweak: choice.row for choice in choose(policy, world, today, SPARE * count)}
    if strange := [tweak for tweak in tweaks if tweak not in rows]:
        raise ValueError(f"{strange[0]!r} was not recommended")
    view = _view(world)
    logits = policy.logits(view.observation)[0].astype(np.float64)
    scores = np.where(view.allowed[0], logits - logits[HOLD], -np.inf)
    wanted = [rows[tweak] for tweak in tweaks]
    others = [int(row) for row in np.argsort(-scores, kind="stable") if scores[row] > 0 and row not in wanted]
    return Looked(
        usual_of(view),
        tuple(
            Grounds(saw_of(view, rows[tweak]), _runner_up(world, today, scores, rows[tweak], tweak, others))
            for tweak in tweaks
        ),
    )


def _view(world: World) -> View:
    """Return what the policy is shown; nobody has told of any contact."""
    none_told = np.zeros(world.setup.max_segments, np.float32)
    return View(
        observation=world.observation, allowed=world.allowed(), table=world.table[0], decode=world.decode[0],
        opens_expected=none_told,
    )  # fmt: skip


def _runner_up(
    world: World, today: Segmentation, scores: NDArray[np.float64], best: int, tweak: Tweak, others: Sequence[int]
) -> RunnerUp | None:
    """Return the best ranked of the others, one that touches the same segments where the first few hold one."""
    first, touches = first_part(today), tweak.touches(today)
    tweaks = [
        (row, tweak_of(world.decode[0, row], today, world.setup.grid, number=first)) for row in others[:LOOKED_THROUGH]
    ]
    alike = [one for one in tweaks if one[1].touches(today) & touches]
    for row, other in (alike or tweaks)[:1]:
        expected = estimate_of(world.table[0, row], world.setup.horizon)
        why: WhyNot = "ranks lower" if scores[row] <= scores[best] else "meets a better one"
        if expected.low <= 0:
            why = "nothing clear"
        return RunnerUp(other.to_dict(), expected, float(scores[best] - scores[row]), why)
    return None
