"""Whether each customer's real half year lies where their simulated ones say: randomised PIT, by quantity."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.realism.coverage import randomised_pit, share_within
from evenhand.simulator.realism.parts import Coverage
from evenhand.simulator.realism.response import interval

__all__ = ["PIT_BINS", "coverage_of"]

Floats = NDArray[np.float64]

PIT_BINS = 20


def coverage_of(real: Mapping[str, Floats], futures: Mapping[str, Floats], *, seed: int) -> tuple[Coverage, ...]:
    """Compare each quantity's `real` values (N,) with its simulated ones (draws, N)."""
    return tuple(_coverage(name, values, futures[name], seed) for name, values in real.items())


def _coverage(name: str, real: Floats, futures: Floats, seed: int) -> Coverage:
    pit, n = randomised_pit(real, futures, seed), len(real)
    share = share_within(pit)
    low, high = interval(round(share * n), n)
    counts, _ = np.histogram(pit, PIT_BINS, (0.0, 1.0))
    return Coverage(name, n, len(futures), share, low, high, tuple(counts.tolist()))
