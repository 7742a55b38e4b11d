"""The per-customer oracle: a ceiling, never a baseline.

Every customer gets in every period the campaign whose *true* expected value is highest: true traits, true effects, this
week's weather, no segments, no edits, no exploration and no fairness. The simulator itself is asked what each campaign
would bring this period. What it does beyond stands in a price on fatigue, tuned by simulation; so this is a ceiling for
whoever looks one period ahead with such a price, and no bound in theory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from evenhand.agents.baselines.tuning import TUNING_SEED, Space, Tuned, search
from evenhand.agents.rollout import Outcomes, PopulationPool, roll_out_each
from evenhand.envs import Setup, World
from evenhand.envs.rewards import organic_margin, remaining_value
from evenhand.simulator import Simulator
from evenhand.simulator.types import IntArray, Outcome

__all__ = ["ORACLE_SPACE", "OracleTuning", "choose_each", "roll_out_oracle", "tune_oracle"]

ORACLE_SPACE: Final[Space] = {
    "worth_charge": (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6),
    "contact_charge": (0.0, 0.02, 0.05, 0.1, 0.2),
}


@dataclass(frozen=True)
class OracleTuning:
    """The price of a tired customer, as in `GreedyTuning`."""

    contact_charge: float = 0.0  # money per unit of fatigue that a contact adds
    worth_charge: float = 0.0  # the same, of a customer of mean organic margin; in proportion for the others


def choose_each(world: World, tuning: OracleTuning) -> IntArray:
    """Return each customer's campaign of highest true expected value this period, (E, N); no contact in doubt."""
    p = world.population
    worth = organic_margin(p.traits, p.behaviour)
    price = tuning.contact_charge + tuning.worth_charge * worth / worth.mean(axis=1, keepdims=True)
    stay = remaining_value(p.traits, p.behaviour, periods=world.setup.horizon - 1 - world.period)
    values = []
    for c, weight in enumerate(p.effects.weight.T):
        out = _tried(world, c)
        values.append(out.expected - out.leaving * stay - price * weight[:, None] * out.contacted)
    return np.asarray(np.argmax(values, axis=0), np.int8)


def _tried(world: World, campaign: int) -> Outcome:
    """Return the outcome of this period if everyone were sent `campaign`; the world stays as it is."""
    sim = copy(world.sim)
    sim.population = replace(world.population, budget=np.inf)
    sim.state, sim.outcome = deepcopy(world.sim.state), deepcopy(world.sim.outcome)
    return sim.advance(np.full_like(world.given, campaign))


def roll_out_oracle(tuning: OracleTuning, setup: Setup, pool: PopulationPool, numbers: Sequence[int]) -> Outcomes:
    """Return what the oracle brings in numbered populations."""
    return roll_out_each(lambda world: choose_each(world, tuning), setup, pool, numbers)


def tune_oracle(
    simulator: Simulator,
    setup: Setup,
    *,
    populations: int = 8,
    n_customers: int = 1000,
    progress: Callable[[int], None] | None = None,
) -> Tuned[OracleTuning]:
    """Return the price of fatigue that brings most."""
    pool = PopulationPool(simulator, first_seed=TUNING_SEED, count=populations, n_customers=n_customers)

    def score(tuning: OracleTuning) -> tuple[float, float]:
        return 1.0, float(roll_out_oracle(tuning, setup, pool, range(populations)).profit.mean())

    return search(OracleTuning(), ORACLE_SPACE, score, populations=populations, progress=progress)
