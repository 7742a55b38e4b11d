"""From a calibrated simulator and today's segmentation to everything an episode needs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evenhand.customers.rfm import DAYS_PER_MONTH, DAYS_PER_PERIOD
from evenhand.envs.boxes import boxes_of, cuts_of
from evenhand.envs.grid import Cut, Grid, round_cuts
from evenhand.envs.rewards import Charges
from evenhand.envs.world import HABITS, Constraint, Setup
from evenhand.errors import DataError, nearest
from evenhand.fairness import DemographicParity
from evenhand.segments import Segmentation
from evenhand.simulator import Simulation, Simulator
from evenhand.simulator.priors import CAMPAIGN_PRIORS

__all__ = ["GRID_SEED", "build_grid", "build_setup", "constraint_of"]

CUTS_PER_FEATURE = 9
GRID_SAMPLES = 4
GRID_CUSTOMERS = 1000
GRID_PERIODS = 26
GRID_SEED = 20_000_003  # populations that only place the grid's cuts


def build_setup(
    simulator: Simulator,
    segmentation: Segmentation,
    *,
    constraints: Sequence[DemographicParity] = (),
    horizon: int = 26,
    explore: float = 0.1,
    charges: Charges | None = None,
    max_segments: int = 10,
    shield: bool = True,
) -> Setup:
    """Return the set-up of an environment; one demographic-parity constraint at most in this version."""
    if len(constraints) > 1:
        raise DataError(
            f"{len(constraints)} constraints were given",
            rule="one criterion is active at a time; the gaps of all attributes are measured and shown",
            mend="pass the one that matters most",
        )
    grid, habits = build_grid(simulator, segmentation)
    return Setup(
        grid=grid,
        start=boxes_of(segmentation, grid, max_segments=max_segments),
        habits=habits,
        group_counts=tuple(len(a.groups) for a in simulator.protected),
        constraint=constraint_of(simulator, constraints[0]) if constraints else None,
        horizon=horizon,
        explore=explore,
        charges=charges or Charges(),
        lift_spread=CAMPAIGN_PRIORS["lift"].spread,
        shield=shield,
    )


def constraint_of(simulator: Simulator, parity: DemographicParity) -> Constraint:
    """Return a constraint in positions; DataError for an unknown attribute or too few groups to compare."""
    names = [a.name for a in simulator.protected]
    if parity.attribute not in names:
        close = nearest(parity.attribute, names)
        raise DataError(
            f"{parity.attribute!r} is no protected attribute",
            mend=f"did you mean {close!r}?" if close else f"choose one of {', '.join(names) or '(none declared)'}",
        )
    at = names.index(parity.attribute)
    groups = tuple(k for k, g in enumerate(simulator.protected[at].groups) if g.constrained)
    if len(groups) < 2:
        raise DataError(
            f"fewer than two groups of {parity.attribute!r} have enough known customers to be constrained",
            rule="a constraint compares groups of at least 200 known customers",
            mend="choose another attribute, merge small groups in the schema, or measure without constraining",
        )
    return Constraint(at, groups, parity.tolerance)


def build_grid(simulator: Simulator, segmentation: Segmentation) -> tuple[Grid, tuple[str, ...]]:
    """Return the grid of round cuts, habits first, and which habits there are; today's own cuts are always on it."""
    samples, static_names = _samples(simulator)
    features = {f.name: f for f in segmentation.catalogue.features}
    roles = {role: column for role, column in simulator.roles.items() if column in features}
    habits = tuple(role for role in HABITS if role in roles)
    names = [roles[role] for role in habits] + [n for n in static_names if n in features]
    today = cuts_of(segmentation)
    unknown = [n for n in today if n not in names]
    if unknown:
        raise DataError(
            f"rules use {unknown[0]!r}, which the simulator does not model",
            rule="learning tunes rules over number features that calibration saw",
            mend=f"use one of {', '.join(names)}",
        )
    columns = {roles[role]: samples[role] for role in habits} | {n: samples[n] for n in static_names}
    cuts: list[tuple[Cut, ...]] = []
    for name in names:
        decimals = features[name].decimals + (2 if features[name].unit == "share" else 0)
        found = set(round_cuts(columns[name], decimals=decimals, count=CUTS_PER_FEATURE))
        own = today.get(name, set())
        found = {cut for cut in found if cut.value not in {o.value for o in own}}
        cuts.append(tuple(sorted(found | own)))
    return Grid(tuple(names), tuple(cuts)), habits


def _samples(simulator: Simulator) -> tuple[dict[str, NDArray[np.floating]], tuple[str, ...]]:
    """Return what the features of simulated customers look like after some periods without contact."""
    parts: dict[str, list[NDArray[np.floating]]] = {}
    names: tuple[str, ...] = ()
    for k in range(GRID_SAMPLES):
        population = simulator.population(seed=GRID_SEED + k, n=GRID_CUSTOMERS)
        names = population.feature_names
        sim = Simulation(population, np.array([GRID_SEED + k], np.uint64))
        for _ in range(GRID_PERIODS):
            sim.advance(np.zeros((1, population.size), np.int8))
        parts.setdefault("recency", []).append(sim.state.recency[0] * DAYS_PER_PERIOD)
        parts.setdefault("frequency", []).append(sim.state.trips[0] * DAYS_PER_MONTH / DAYS_PER_PERIOD)
        parts.setdefault("monetary", []).append(sim.state.spend[0])
        response = np.exp(population.expected_response[0, :, 1:].mean(axis=1))
        parts.setdefault("engagement", []).append(response / (1 + response))
        for s, name in enumerate(names):
            parts.setdefault(name, []).append(population.features[0, :, s])
    return {name: np.concatenate(values) for name, values in parts.items()}, names
