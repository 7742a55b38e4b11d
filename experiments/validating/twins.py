"""Both arms of a simulated trial: the same simulated businesses with the same luck, once with each arm."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.agents import Hold, Outcomes, Policy, PopulationPool, roll_out
from evenhand.agents.export.manifest import Manifest
from evenhand.agents.export.served import OnnxPolicy
from evenhand.envs import Setup, World
from evenhand.experiments.workers import Report, Task, side_by_side
from evenhand.simulator import Simulator

__all__ = ["METRICS", "Arena", "Twins", "meet"]

METRICS = ("profit", "unsubscribed", "lost")  # columns of `Twins.metric`
BATCH = 8  # populations that a worker takes at a time


class Twins(NamedTuple):
    """What both arms brought in n populations; row k of each is the same population."""

    today: NDArray[np.float64]  # (n, 3) in the order of METRICS: money per customer and week; shares over the horizon
    policy: NDArray[np.float64]
    today_rates: NDArray[np.float64]  # (n, P, K) chance of a beneficial contact a week; NaN without members
    policy_rates: NDArray[np.float64]
    members: NDArray[np.float64]  # (n, P, K)


@dataclass(frozen=True)
class Arena:
    """Where the arms meet. It can be sent to another process: the policy travels as its exported graph."""

    manifest: Manifest
    graph: bytes
    simulator: Simulator
    setup: Setup
    n_customers: int  # of each population


def meet(
    arena: Arena, *, first_seed: int, populations: int, workers: int = 1,
    on_progress: Callable[[int], None] | None = None,
) -> Twins:  # fmt: skip
    """Run both arms over populations that are numbered from `first_seed`; the number of workers changes nothing."""
    done = 0

    def tell(_: str, more: int) -> None:
        nonlocal done
        done += more
        if on_progress is not None:
            on_progress(done)

    parts = [range(k, min(k + BATCH, populations)) for k in range(0, populations, BATCH)]
    common = {"arena": arena, "first_seed": first_seed, "count": populations}
    tasks = [Task(f"populations {part.start}", _run, {**common, "numbers": part}) for part in parts]
    found: list[Twins] = side_by_side(tasks, workers=min(workers, len(tasks)), on_progress=tell)
    return Twins(*(np.concatenate(columns) for columns in zip(*found, strict=True)))


class _Members:
    """Counts the members of every group."""

    def __init__(self) -> None:
        self.counted: list[NDArray[np.float64]] = []

    def begin(self, world: World) -> None:
        self.counted.append(np.array(world.members, np.float64))

    def after(self, world: World) -> None:
        """Nobody changes groups."""


def _run(*, arena: Arena, first_seed: int, count: int, numbers: Sequence[int], progress: Report) -> Twins:
    pool = PopulationPool(arena.simulator, first_seed=first_seed, count=count, n_customers=arena.n_customers, keep=True)
    members = _Members()

    def run(policy: Policy, setup: Setup) -> Outcomes:
        return roll_out(policy, setup, pool, numbers, batch=BATCH, watchers=(members,))

    served = OnnxPolicy(arena.manifest, arena.graph)
    today, policy = run(Hold(), arena.setup), run(served, arena.setup.begun_with(served.beginning))
    progress(len(numbers))
    return Twins(_metrics(today), _metrics(policy), today.rates, policy.rates, members.counted[0])


def _metrics(outcomes: Outcomes) -> NDArray[np.float64]:
    return np.stack([outcomes.profit, outcomes.unsubscribe, outcomes.churn], axis=1)
