"""Does a simulator foretell an experiment? Predicted and seen outcomes of customers that calibration never saw.

For each arm and each group of customers the mean of visits, conversions and spend is foretold by drawing populations of
these very customers and letting one period pass with everyone in their own arm. A cell agrees if the difference lies
within the 95 % interval *of the difference*, whose variance has three parts: the sampling of the customers that are
foretold, that of the customers that were fitted (between bootstrap refits, by their closed-form expectations), and the
luck of the draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.errors import DataError
from evenhand.simulator.answers.causes import levels_from, response_from
from evenhand.simulator.answers.responding import columns_for
from evenhand.simulator.answers.response import expected
from evenhand.simulator.answers.trial import Trial, trial_of
from evenhand.simulator.artefact import Simulator
from evenhand.simulator.observed import observe
from evenhand.simulator.population import Population, Simulation

if TYPE_CHECKING:
    from evenhand.customers import Customers

__all__ = ["EVERYONE", "OUTCOMES", "Cell", "foretell", "table_of"]

Floats = NDArray[np.float64]

EVERYONE = "everyone"
OUTCOMES = ("visits", "conversions", "spend")
_Z = 1.959964  # two-sided 95 %


class Cell(NamedTuple):
    """One mean, as it was seen and as it was foretold."""

    arm: str
    group: str
    outcome: str
    n: int
    seen: float
    foretold: float
    error: float  # standard error of the difference
    within: bool  # whether the difference lies within its 95 % interval


def foretell(
    simulator: Simulator,
    customers: Customers,
    groups: Mapping[str, NDArray[np.bool_]],
    *,
    draws: int = 40,
    seed: int = 0,
) -> tuple[Cell, ...]:
    """Foretell the log of `customers`, which calibration has not seen, by arm and by arm x group.

    `groups` are masks over the table's rows; everyone is always one. `draws` populations are averaged. Raises DataError
    where the simulator or the log tells no response.
    """
    campaigns = [campaign.id for campaign in simulator.catalogue.campaigns]
    trial = trial_of(customers, campaigns[1:])
    content = simulator.content
    if trial is None or content.explaining is None:
        raise DataError(
            "the log tells no response to compare with",
            rule="calibrated and foretold logs are randomised, with customers without contact and an outcome",
        )
    seen = dict(zip(OUTCOMES, trial.outcomes[1:], strict=True))
    told = [name for name in content.explaining.told if seen[name] is not None]
    masks = {EVERYONE: np.ones(customers.n, np.bool_), **groups}
    rows = [
        (arm, name, np.flatnonzero((trial.outcomes.arm == a) & mask[trial.customer]))
        for a, arm in enumerate(campaigns)
        for name, mask in masks.items()
    ]
    rows = [(arm, name, mine) for arm, name, mine in rows if len(mine)]
    fitted = _expectations(simulator, customers, trial)
    drawn = _simulated(simulator, customers, trial, draws, seed)
    cells = []
    for arm, name, mine in rows:
        for outcome in told:
            what = seen[outcome]
            if what is None:
                continue
            k = OUTCOMES.index(outcome)
            by_draw, by_fit = drawn[k][:, mine].mean(1), fitted[k][:, mine].mean(1)
            real, foretold = what[mine], float(by_draw.mean())
            variance = real.var(ddof=1) / len(mine) + by_fit.var(ddof=1) + by_draw.var(ddof=1) / draws
            gap, error = abs(float(real.mean()) - foretold), float(np.sqrt(variance))
            cell = Cell(arm, name, outcome, len(mine), float(real.mean()), foretold, error, gap <= _Z * error)
            cells.append(cell)
    return tuple(cells)


def table_of(cells: tuple[Cell, ...]) -> pd.DataFrame:
    """Return cells as a table, one row each."""
    return pd.DataFrame(cells, columns=list(Cell._fields))


def _expectations(simulator: Simulator, customers: Customers, trial: Trial) -> list[Floats]:
    """Return what each refit expects of each row of the log, (replicates, M) for each outcome."""
    content = simulator.content
    if content.explaining is None:
        return []
    known = observe(customers, levels=levels_from(content.explaining))
    codes = np.hstack([known.codes, known.levels])
    x = columns_for(content.explaining, known.values, known.n_static, codes)[trial.customer]
    answers = [replicate.answers for replicate in content.replicates]
    found = [expected(response_from(a), x, trial.outcomes.arm) for a in answers if a is not None]
    return [np.stack([f[k] for f in found]) for k in range(len(OUTCOMES))]


def _simulated(
    simulator: Simulator, customers: Customers, trial: Trial, draws: int, seed: int
) -> list[NDArray[np.float32]]:
    """Return what happens to each row of the log in each draw, (draws, M) for each outcome."""
    found: list[list[NDArray[np.float32]]] = [[] for _ in OUTCOMES]
    for draw, population in enumerate(simulator.populations_of(customers, range(seed, seed + draws))):
        for part, happened in zip(found, _period(population, trial, seed + draw), strict=True):
            part.append(happened)
    return [np.stack(part) for part in found]


def _period(population: Population, trial: Trial, seed: int) -> tuple[NDArray[np.float32], ...]:
    """Let one period pass with everyone in the arm of their row; a customer with several rows lives through each."""
    order = np.argsort(trial.customer, kind="stable")
    customer, arm = trial.customer[order], trial.outcomes.arm[order]
    time = np.arange(len(order)) - np.searchsorted(customer, customer)
    results = np.zeros((len(OUTCOMES), len(order)), np.float32)
    for turn in range(int(time.max(initial=0)) + 1):
        mine = time == turn
        given = np.zeros((1, population.size), np.int8)
        given[0, customer[mine]] = arm[mine]
        outcome = Simulation(population, np.array([seed + turn * 1_000_003], np.uint64)).advance(given)
        happened = (outcome.visited[0], outcome.trips[0] > 0, outcome.spend[0])
        results[:, order[mine]] = np.stack([what[customer[mine]].astype(np.float32) for what in happened])
    return tuple(results)
