"""Where the grid's cuts stand: today's own, and round numbers between simulated customers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.customers.rfm import DAYS_PER_MONTH, DAYS_PER_PERIOD, ENGAGEMENT_SHRINK
from evenhand.envs.boxes import cuts_of
from evenhand.envs.grid import Cut, Grid, round_cuts
from evenhand.envs.rewards import organic_margin
from evenhand.errors import DataError
from evenhand.segments import Segmentation
from evenhand.simulator import Population, Simulation, Simulator

__all__ = ["GRID_SEED", "HABITS", "build_grid", "mean_organic_margin"]

HABITS = ("recency", "frequency", "monetary", "engagement")
CUTS_PER_FEATURE = 9
GRID_SAMPLES = 4
GRID_CUSTOMERS = 1000
GRID_PERIODS = 26
GRID_SEED = 20_000_003  # populations that only place the grid's cuts


def build_grid(simulator: Simulator, segmentation: Segmentation) -> tuple[Grid, tuple[str, ...]]:
    """Return the grid of round cuts, habits first, and which habits there are; today's own cuts are always on it."""
    features = {f.name: f for f in segmentation.catalogue.features}
    roles = {role: column for role, column in simulator.roles.items() if column in features}
    habits = tuple(role for role in HABITS if role in roles)
    names = [roles[role] for role in habits] + [n for n in simulator.static_features if n in features]
    today = cuts_of(segmentation)
    unknown = [n for n in today if n not in names]
    if unknown:
        raise DataError(
            f"rules use {unknown[0]!r}, which the simulator does not model",
            rule="learning tunes rules over number features that calibration saw",
            mend=f"use one of {', '.join(names)}",
        )
    columns = _samples(simulator, segmentation, roles)
    cuts: list[tuple[Cut, ...]] = []
    for name in names:
        decimals = features[name].decimals + (2 if features[name].unit == "share" else 0)
        own = today.get(name, set())
        closed = bool(own) and all(cut.closed for cut in own)  # new cuts are of today's kind, so its bounds can move
        found = set(round_cuts(columns[name], decimals=decimals, count=CUTS_PER_FEATURE, closed=closed))
        found = {cut for cut in found if cut.value not in {o.value for o in own}}
        cuts.append(tuple(sorted(found | own)))
    return Grid(tuple(names), tuple(cuts)), habits


def mean_organic_margin(simulator: Simulator) -> float:
    """Return what a simulated customer brings per period when nobody contacts them, money, the mean over customers."""
    populations = [simulator.population(seed=GRID_SEED + k, n=GRID_CUSTOMERS) for k in range(GRID_SAMPLES)]
    return float(np.mean([organic_margin(p.traits, p.behaviour).mean() for p in populations]))


def _samples(
    simulator: Simulator, segmentation: Segmentation, roles: dict[str, str]
) -> dict[str, NDArray[np.floating]]:
    """Return what the features of simulated customers look like after some periods under today's segmentation."""
    campaigns = [c.id for c in segmentation.catalogue.campaigns]
    sent = np.array([campaigns.index(s.campaign) for s in segmentation.every], np.int8)
    parts: list[dict[str, NDArray[np.floating]]] = []
    for k in range(GRID_SAMPLES):
        population = simulator.population(seed=GRID_SEED + k, n=GRID_CUSTOMERS)
        sim = Simulation(population, np.array([GRID_SEED + k], np.uint64))
        for _ in range(GRID_PERIODS):
            given = sent[segmentation.assign(_features(population, sim, roles))]
            sim.advance(given[None])
        parts.append(_features(population, sim, roles))
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _features(population: Population, sim: Simulation, roles: dict[str, str]) -> dict[str, NDArray[np.floating]]:
    """Return every feature of a population's customers, (N,) each."""
    state = sim.state
    habits: dict[str, NDArray[np.floating]] = {
        "recency": state.recency * DAYS_PER_PERIOD,
        "frequency": state.trips * DAYS_PER_MONTH / DAYS_PER_PERIOD,
        "monetary": state.spend,
        "engagement": state.answers / (state.contacts + ENGAGEMENT_SHRINK),
    }
    static = {name: population.features[0, :, s] for s, name in enumerate(population.feature_names)}
    return {column: habits[role][0] for role, column in roles.items()} | static
