"""A population: customers to simulate, drawn from a calibrated simulator or put together by hand in tests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from evenhand.customers.rfm import SPEND_SMOOTHING, TRIPS_SMOOTHING
from evenhand.simulator.kernel import advance
from evenhand.simulator.random import START, uniforms
from evenhand.simulator.types import (
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

__all__ = ["Population", "Simulation", "stack"]


@dataclass(frozen=True)
class Population:
    """N customers (E = 1 on every leading axis) with one draw of every uncertain parameter."""

    seed: int  # of the luck of these customers
    traits: Traits  # (1, N) each
    behaviour: NDArray[np.void]  # (1,) records of types.Behaviour
    effects: CampaignEffects  # (1, C) each
    season: FloatArray  # (1, T) factors of the trip rate, mean 1
    consent: BoolArray  # (1, N)
    features: FloatArray  # (1, N, S) static features, in the order of `feature_names`
    feature_names: tuple[str, ...]
    groups: NDArray[np.int8]  # (1, N, P) group of each protected attribute, -1 unknown
    expected_response: FloatArray  # (1, N, C) log-odds to redeem as the features alone foretell them (observable)
    expected_openness: FloatArray  # (1,) population mean of the log-odds to open (observable from past sends)
    expected_effects: CampaignEffects  # (1, C) prior means: what the business believes before it has tried
    expected_behaviour: NDArray[np.void]  # (1,) prior means of the behaviour

    @property
    def size(self) -> int:
        """Number of customers."""
        return int(self.traits.rate.shape[1])


def stack(populations: list[Population]) -> Population:
    """Return populations of equal size side by side, E = len(populations)."""
    first = populations[0]

    def join(values: list[NDArray]) -> NDArray:  # type: ignore[type-arg]
        return np.concatenate(values, axis=0)

    def effects(which: str) -> CampaignEffects:
        rows = [getattr(p, which) for p in populations]
        parts = {n: join([getattr(r, n) for r in rows]) for n in CampaignEffects._fields if n != "beneficial"}
        return CampaignEffects(**parts, beneficial=rows[0].beneficial)

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
        expected_effects=effects("expected_effects"),
        expected_behaviour=join([p.expected_behaviour for p in populations]),
    )


class Simulation:
    """Populations in motion: state, luck and the last outcome, advanced period by period."""

    def __init__(self, population: Population, seeds: NDArray[np.uint64]) -> None:
        """Start `population` at rest with one seed of luck per environment, shape (E,)."""
        self.population, self.seeds, self.period = population, seeds, 0
        self.state: State = fresh_state(population.traits, population.consent)
        self.state.drift[:] = self._first_drift()
        self.outcome: Outcome = empty_outcome(population.traits.rate.shape)

    def _first_drift(self) -> FloatArray:
        """Return drift from its stationary law, so that trips neither rise nor fall on average, (E, N)."""
        customers = np.arange(self.population.size)
        rows = [ndtri(uniforms(int(seed), customers, 0, START)) for seed in self.seeds]
        return np.asarray(self.population.behaviour["drift_sd"][:, None] * np.stack(rows), np.float32)

    def advance(self, given: IntArray) -> Outcome:
        """Send campaign `given` (E, N), 0 is no contact, let one period pass and return what it brought."""
        p = self.population
        advance(
            self.state,
            p.traits,
            p.behaviour,
            p.effects,
            p.season,
            given,
            self.seeds,
            self.period,
            np.float32(1.0 - TRIPS_SMOOTHING),
            np.float32(1.0 - SPEND_SMOOTHING),
            self.outcome,
        )
        self.period += 1
        return self.outcome
