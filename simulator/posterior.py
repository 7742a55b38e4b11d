"""What customers' own past tells about the present: draws of rate, drift and presence."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.content import Replicate
from evenhand.simulator.hidden import KINDS, Law, filtered

__all__ = ["Present", "law_of", "present_of"]

Floats = NDArray[np.float64]

_RATES, _DRIFTS = 13, 11  # nodes: finer than for fitting, since draws spread over the cells of the grid


class Present(NamedTuple):
    """Draws from what the past leaves open."""

    log_rate: Floats  # (draws, N) log of mean trips per week while here, drift at its stationary law
    drift: Floats  # (draws, N) of the log rate, now
    gone: NDArray[np.bool_]  # (draws, N) absent now
    kind: NDArray[np.intp]  # (draws, N) of dispersion, a position in `hidden.dispersions`


def law_of(r: Replicate) -> Law:
    """Return the law of weekly trips of a replicate."""
    return Law(**{name: getattr(r, name) for name in Law._fields})


def present_of(trips: Floats, season: Floats, r: Replicate, seed: int, *, draws: int = 1) -> Present:
    """Draw the state after weeks `trips` (N, T) given them and the population; `season` (T,) has mean 1."""
    rng = np.random.default_rng([seed, 0xF117])
    grid = filtered(trips, season, law_of(r), rates=_RATES, drifts=_DRIFTS)
    n, cells = len(trips), KINDS * _RATES * _DRIFTS
    mass = np.concatenate([grid.here.reshape(n, cells), grid.left.reshape(n, cells)], axis=1)
    edges = np.cumsum(mass, axis=1)
    luck = rng.random((n, draws)) * edges[:, -1:] * (1 - 1e-12)
    row = np.arange(n)[:, None]
    flat = edges / edges[:, -1:] + row  # rows one after the other, so that one search finds every cell
    pick = np.searchsorted(flat.ravel(), (luck / edges[:, -1:] + row).ravel(), side="right").reshape(n, draws)
    pick = np.clip(pick - 2 * cells * row, 0, 2 * cells - 1)
    gone, (kind, rate, drift) = pick >= cells, np.unravel_index(pick % cells, (KINDS, _RATES, _DRIFTS))
    within = rng.random((2, n, draws)) - 0.5  # a cell is as wide as its distance to the next
    log_rate = grid.log_rate[row, rate] + within[0] * (grid.log_rate[:, 1:2] - grid.log_rate[:, :1])
    drifted = grid.drift[drift] + within[1] * (grid.drift[1] - grid.drift[0])
    return Present(log_rate.T, drifted.T, gone.T, kind.T)
