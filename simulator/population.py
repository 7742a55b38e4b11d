"""A population: customers to simulate, drawn from a calibrated simulator or put together by hand in tests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evenhand.customers.rfm import SPEND_SMOOTHING, TRIPS_SMOOTHING
from evenhand.errors import DataError
from evenhand.simulator.budget import within_budget
from evenhand.simulator.kernel import EFFECT_COLUMNS, TILE, advance
from evenhand.simulator.random import START_DRIFT, START_TASTE, normals, period_keys
from evenhand.simulator.surroundings import surroundings
from evenhand.simulator.types import (
    HERE,
    YET_TO_COME,
    BoolArray,
    CampaignEffects,
    FloatArray,
    IntArray,
    Outcome,
    State,
    Traits,
    empty_outcome,
    fresh_state,
)

__all__ = ["KEPT_SPEND", "KEPT_TRIPS", "Population", "Simulation", "stack"]

KEPT_TRIPS, KEPT_SPEND = np.float32(1.0 - TRIPS_SMOOTHING), np.float32(1.0 - SPEND_SMOOTHING)


@dataclass(frozen=True)
class Population:
    """N customers (E = 1 on every leading axis) with one draw of every uncertain parameter."""

    seed: int  # of the luck of these customers
    traits: Traits  # (1, N) each
    behaviour: NDArray[np.void]  # (1,) records of types.Behaviour
    effects: CampaignEffects  # (1, C) each
    season: FloatArray  # (1, T) factors of the trip rate, mean 1
    consent: BoolArray  # (1, N) one bit per channel; also what newcomers consent to
    features: FloatArray  # (1, N, S) static features, in the order of `feature_names`
    feature_names: tuple[str, ...]
    groups: NDArray[np.int8]  # (1, N, P) group of each protected attribute, -1 unknown
    expected_response: FloatArray  # (1, N, C) log-odds to redeem once opened, as the features foretell (observable)
    expected_openness: FloatArray  # (1,) mean log-odds to open that the business expects; its sends tell more
    expected_hazard: FloatArray  # (1, N) chance to leave in a period, as the habits foretell (observable)
    expected_effects: CampaignEffects  # (1, C) prior means: what the business believes before it has tried
    expected_behaviour: NDArray[np.void]  # (1,) prior means of the behaviour
    absent: BoolArray | None = None  # (1, N) who is yet to come; None: everyone is there
    budget: float = np.inf  # money per customer and period that all contacts together may cost
    opening: FloatArray | None = None  # (1, N, H) known habits of opening, in the order of `Content.opening`

    @property
    def size(self) -> int:
        """Number of customers."""
        return int(self.traits.rate.shape[1])

    def as_expected(self) -> Population:
        """Return the same customers in the world that the business expects: effects and behaviour at prior means."""
        return replace(self, effects=self.expected_effects, behaviour=self.expected_behaviour)


def stack(populations: list[Population]) -> Population:
    """Return populations of equal size side by side, E = len(populations).

    DataError where they differ in what all environments share: features, channels, benefits, budget.
    """
    first = populations[0]
    for other in populations[1:]:
        same = first.feature_names == other.feature_names and first.budget == other.budget
        shared = ((first.effects.channel, other.effects.channel), (first.effects.beneficial, other.effects.beneficial))
        if not same or not all(np.array_equal(one, two) for one, two in shared):
            raise DataError(
                "populations of different businesses cannot stand side by side",
                rule="features, channels, benefits and budget are the same",
                mend="draw them from one simulator",
            )

    def join(values: list[NDArray[Any]]) -> NDArray[Any]:
        return np.concatenate(values, axis=0)

    def known(name: str) -> Any:
        rows = [getattr(p, name) for p in populations]
        return None if rows[0] is None else join(rows)

    def effects(which: str) -> CampaignEffects:
        rows = [getattr(p, which) for p in populations]
        shared = {"channel": rows[0].channel, "beneficial": rows[0].beneficial}
        parts = {n: join([getattr(r, n) for r in rows]) for n in CampaignEffects._fields if n not in shared}
        return CampaignEffects(**parts, **shared)

    return Population(
        seed=first.seed,
        traits=Traits(*(join([getattr(p.traits, n) for p in populations]) for n in Traits._fields)),
        behaviour=join([p.behaviour for p in populations]),
        effects=effects("effects"),
        season=join([p.season for p in populations]),
        consent=join([p.consent for p in populations]),
        features=join([p.features for p in populations]),
        feature_names=first.feature_names,
        groups=join([p.groups for p in populations]),
        expected_response=join([p.expected_response for p in populations]),
        expected_openness=join([p.expected_openness for p in populations]),
        expected_hazard=join([p.expected_hazard for p in populations]),
        expected_effects=effects("expected_effects"),
        expected_behaviour=join([p.expected_behaviour for p in populations]),
        absent=join([np.full_like(p.consent, HERE) if p.absent is None else p.absent for p in populations]),
        budget=first.budget,
        opening=known("opening"),
    )


class Simulation:
    """Populations in motion: state, luck and the last outcome, advanced period by period."""

    def __init__(self, population: Population, seeds: NDArray[np.uint64], *, threads: int = 1) -> None:
        """Start `population` at rest with one seed of luck per environment, shape (E,).

        `threads` share the customers among them; results do not depend on it.
        """
        if threads < 1:
            raise DataError(f"{threads} threads", rule="at least one")
        p = population
        self.population, self.seeds, self.period, self.threads = population, seeds, 0, threads
        self.state: State = fresh_state(p.traits, p.consent)
        self.state.drift[:] = p.behaviour["drift_sd"][:, None] * self._normals(START_DRIFT)
        self.state.taste[:] = p.behaviour["taste_sd"][:, None] * self._normals(START_TASTE)
        if p.absent is not None:
            self.state.absent[:] = p.absent
        self.outcome: Outcome = empty_outcome(p.traits.rate.shape)
        self._table = _effects_table(p.effects)

    def adopt(self, population: Population) -> None:
        """Go on as `population`: the same customers under other effects or another behaviour."""
        self.population, self._table = population, _effects_table(population.effects)

    def _normals(self, purpose: int) -> FloatArray:
        """Return draws for stationary starts, so that nothing rises or falls on average, (E, N)."""
        return np.stack([normals(int(seed), self.population.size, 0, purpose) for seed in self.seeds])

    def advance(self, given: IntArray) -> Outcome:
        """Send campaign `given` (E, N), 0 is no contact, let one period pass and return what it brought.

        DataError for another shape or a campaign that there is not: compiled code would read stray memory.
        """
        p, n = self.population, self.population.size
        _check_given(given, p.effects.cost.shape[1], (len(self.seeds), n))
        if np.isfinite(p.budget):
            money = np.full(len(self.seeds), p.budget * n, np.float32)
            reachable = np.where(self.state.absent == YET_TO_COME, 0, self.state.consent).astype(np.uint8)
            given = within_budget(given, reachable, p.effects.cost, p.effects.channel, money, self.seeds, self.period)
        around = surroundings(p.behaviour, p.season, self.seeds, self.period)
        keys = period_keys(self.seeds, self.period)

        def move(start: int, stop: int) -> None:
            advance(
                self.state, p.traits, p.behaviour, self._table, p.consent, around.log_factor, around.weather, given,
                keys, KEPT_TRIPS, KEPT_SPEND, self.outcome, start, stop,
            )  # fmt: skip

        if self.threads == 1:
            move(0, n)
        else:
            cuts = [min(k * TILE * -(-n // (TILE * self.threads)), n) for k in range(self.threads + 1)]
            with ThreadPoolExecutor(self.threads) as pool:
                list(pool.map(move, cuts[:-1], cuts[1:]))
        self.period += 1
        return self.outcome


def _check_given(given: IntArray, campaigns: int, shape: tuple[int, int]) -> None:
    if given.shape != shape:
        raise DataError(f"campaigns have the shape {given.shape}", rule=f"one for each customer, {shape}")
    if given.size and not (given.min() >= 0 and given.max() < campaigns):
        raise DataError(
            f"campaign {int(given.max()) if given.max() >= campaigns else int(given.min())} is given",
            rule=f"positions from 0 (no contact) to {campaigns - 1}",
        )


def _effects_table(effects: CampaignEffects) -> FloatArray:
    """Return the effects as the kernel reads them, one row per campaign, (E, C, columns)."""
    columns = [getattr(effects, name) for name in EFFECT_COLUMNS]
    bit = np.broadcast_to(np.left_shift(1, effects.channel.astype(np.int64)), effects.cost.shape)
    return np.ascontiguousarray(np.stack([*columns, bit], axis=2), np.float32)
