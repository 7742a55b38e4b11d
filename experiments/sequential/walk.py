"""The score of a trial as a Brownian walk that ends at the first look outside its bounds.

At information share t the score B(t) = Z sqrt(t) has mean drift * t and variance t, and its increments are
independent. The density of walks that have not ended is carried from look to look by numerical integration
(Armitage, McPherson & Rowe 1969, JRSS A 132:235-244; Jennison & Turnbull 2000, chapter 19):

    g_k(b) = integral over the last look's interval of g_{k-1}(a) phi((b - a - drift d) / sqrt(d)) / sqrt(d) da

with d = t_k - t_{k-1}. Gauss-Legendre panels no wider than two standard deviations of the steps beside them leave
an error far below 1e-9. One pass serves every drift: by the likelihood ratio of Brownian motion a mass at (b, t)
under `drift` is that under `base` times exp((drift - base) b - (drift^2 - base^2) t / 2).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from evenhand.errors import EvenhandError

__all__ = ["Walk", "checked_fractions", "first", "walks"]

FloatArray = NDArray[np.float64]

REACH = 8.5  # standard deviations: what lies beyond has probability 1e-17
ORDER = 10  # points of a panel
MOST = 6000  # nodes of a look: 300 MB of kernel
POINTS, WEIGHTS = np.polynomial.legendre.leggauss(ORDER)


@dataclass(frozen=True, slots=True)
class Walk:
    """Walks that have not ended after the look at information share `t`, as masses on nodes, under drift `base`."""

    t: float
    base: float
    nodes: FloatArray  # (n,) scores
    masses: FloatArray  # (n,) quadrature weight times density

    def tilted(self, drift: float) -> FloatArray:
        """Return the masses (n,) under another drift."""
        return self.masses * np.exp(
            (drift - self.base) * self.nodes - (drift**2 - self.base**2) * self.t / 2  # the likelihood ratio
        )

    def above(self, z: float, t: float, drift: float) -> float:
        """Return the probability to get to the look at `t` and to stand at or above `z` there."""
        return self._beyond(z, t, drift, side=1)

    def below(self, z: float, t: float, drift: float) -> float:
        """Return the probability to get to the look at `t` and to stand at or below `z` there."""
        return self._beyond(z, t, drift, side=-1)

    def _beyond(self, z: float, t: float, drift: float, *, side: int) -> float:
        if math.isinf(z):
            return 0.0 if z * side > 0 else float(self.tilted(drift).sum())
        step = t - self.t
        way = (z * math.sqrt(t) - self.nodes - drift * step) / math.sqrt(step)
        return float(self.tilted(drift) @ ndtr(-side * way))

    def on(self, t: float, lower: float, upper: float, *, next_t: float | None = None) -> Walk:
        """Return the walks that stand strictly between `lower` and `upper` (in z) at `t`."""
        step, root = t - self.t, math.sqrt(t)
        low = max(lower * root, self.base * t - REACH * root)
        high = min(upper * root, self.base * t + REACH * root)
        width = 2 * math.sqrt(min(step, (next_t - t) if next_t is not None else step))
        nodes, weights = _panels(low, max(high, low), width)
        way = (nodes[:, None] - self.nodes[None, :] - self.base * step) / math.sqrt(step)
        density = np.exp(-0.5 * way**2) @ self.masses / math.sqrt(2 * math.pi * step)
        return Walk(t, self.base, nodes, weights * density)


def first(base: float = 0.0) -> Walk:
    """Return the walk before any look: all of it at score 0."""
    return Walk(0.0, base, np.zeros(1), np.ones(1))


def walks(fractions: Sequence[float], lower: Sequence[float], upper: Sequence[float], *, base: float) -> list[Walk]:
    """Return the walks that come to each look, the first of which nobody has left yet."""
    here = [first(base)]
    for k in range(len(fractions) - 1):
        here.append(here[-1].on(fractions[k], lower[k], upper[k], next_t=fractions[k + 1]))
    return here


def checked_fractions(fractions: Sequence[float]) -> tuple[float, ...]:
    """Return information shares as a tuple; EvenhandError unless positive, finite and rising."""
    shares = tuple(float(t) for t in fractions)
    rising = all(a < b for a, b in zip((0.0, *shares), shares, strict=False))
    if not shares or not rising or not math.isfinite(shares[-1]):
        raise EvenhandError(
            f"information shares {list(shares)}",
            rule="at least one look; shares are above 0 and rise from look to look",
            mend="give each look's share of the planned information, such as 0.25, 0.5, 1",
        )
    return shares


def _panels(low: float, high: float, width: float) -> tuple[FloatArray, FloatArray]:
    """Return Gauss-Legendre nodes and weights on panels of an interval; EvenhandError when there are too many."""
    n = max(1, math.ceil((high - low) / width))
    if n * ORDER > MOST:
        raise EvenhandError(
            "two looks follow each other too closely to be told apart",
            rule="a look adds at least about a ten-thousandth of the information",
            mend="leave one of the two looks out",
        )
    edges = np.linspace(low, high, n + 1)
    half = np.diff(edges)[:, None] / 2
    nodes = edges[:-1, None] + half * (1 + POINTS[None, :])
    return nodes.ravel(), (half * WEIGHTS[None, :]).ravel()
