"""How often the intervals of fairness differences hold the truth: every pair of a grid of group sizes and rates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, product
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from evenhand.experiments.inference.contrasts import contrast

__all__ = ["RATES", "SIZES", "Coverage", "fairness_coverage"]

SIZES = (50, 200, 1001, 5000, 50_000)
RATES = (0.03, 0.1, 0.3, 0.5)
SHIFT = 0.02  # by how much the new arm changes the rate of the first group


class Coverage(NamedTuple):
    """Share of replications whose 95 % interval held the true difference."""

    contrast: str  # "groups": one arm's difference of two groups; "arms": how it differs between two arms
    sizes: tuple[int, int]
    rates: tuple[float, float]
    covered: float


def fairness_coverage(*, seed: int, replications: int = 20_000) -> tuple[Coverage, ...]:
    """Return the coverage at every cell of the grid; the same for the same seed."""
    seeds = np.random.SeedSequence(seed)
    cells = list(_cells())
    found = []
    for (sizes, rates), child in zip(cells, seeds.spawn(len(cells)), strict=True):
        rng = np.random.default_rng(child)
        found.append(Coverage("groups", sizes, rates, _covered(rng, sizes, rates, (1, -1), replications)))
        both = (rates[0] + SHIFT, rates[1], *rates)
        found.append(Coverage("arms", sizes, rates, _covered(rng, sizes * 2, both, (1, -1, -1, 1), replications)))
    return tuple(found)


def _cells() -> Iterator[tuple[tuple[int, int], tuple[float, float]]]:
    for sizes in combinations_with_replacement(SIZES, 2):
        for rates in product(RATES, RATES):
            if sizes[0] < sizes[1] or rates[0] <= rates[1]:
                yield sizes, rates


def _covered(
    rng: np.random.Generator, n: Sequence[int], rates: Sequence[float], weights: Sequence[int], replications: int
) -> float:
    truth = float(np.dot(rates, weights))
    events = rng.binomial(n, rates, (replications, len(n)))
    _, low, high = contrast(events, n, weights, z=float(ndtri(0.975)))
    return float(((low <= truth) & (truth <= high)).mean())
