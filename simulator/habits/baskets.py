"""What simulated weeks buy: compositions of past weeks, the customer's own or those of customers like them.

Shares of rare categories are exactly zero in most weeks, and more often in small baskets. Drawing the
composition of a real week of about the same size keeps both; Dirichlet shares have no zeros and give a
simulator away at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.habits.panel import Panel

__all__ = ["Dressing", "dress"]

Floats = NDArray[np.float64]


class Dressing(NamedTuple):
    """How compositions are drawn; chosen by cross-validation inside the fitted customers."""

    own: float = 0.25  # share of weeks that follow one of the customer's own past weeks
    neighbours: int = 6  # customers whose weeks serve for the rest
    friends: int = 2  # of these, whose weeks are lent in one future: tastes move together, not week by week
    loyalty: float = 2.0  # concentration of the customers' own shares around `own`
    tries: int = 8  # past weeks looked at, of which the one nearest in size is taken


def dress(
    spend: Floats, past: Panel, pool: Panel, pool_past: Panel, *, dressing: Dressing, rng: np.random.Generator
) -> Floats:
    """Return categories (N, T, K) for weekly `spend` (N, T) of customers with weeks `past`.

    `pool` holds the weeks that neighbours lend, `pool_past` the weeks by which they are found (the same
    customers).
    """
    n, weeks = spend.shape
    own = _Weeks(past)
    lent = _Weeks(pool)
    near = _neighbours(past, pool_past, dressing.neighbours)
    out = np.zeros((n, weeks, len(past.names)))
    row, week = np.nonzero(spend > 0)
    amount = spend[row, week]
    near = np.take_along_axis(near, rng.random(near.shape).argsort(1)[:, : dressing.friends], 1)
    loyal = rng.beta(dressing.own * dressing.loyalty, (1 - dressing.own) * dressing.loyalty, (n,))
    use_own: NDArray[np.bool_] = (rng.random(len(row)) < loyal[row]) & (own.count[row] > 0)
    mine, theirs = row[use_own], row[~use_own]
    shares = np.empty((len(row), len(past.names)))
    shares[use_own] = own.draw(np.repeat(mine[:, None], dressing.tries, 1), amount[use_own], rng)
    friend = rng.integers(0, near.shape[1], (len(theirs), dressing.tries))
    shares[~use_own] = lent.draw(near[theirs[:, None], friend], amount[~use_own], rng)
    out[row, week] = shares * amount[:, None]
    return out


class _Weeks:
    """All weeks with a purchase, side by side, with where each customer's begin."""

    def __init__(self, panel: Panel) -> None:
        row, week = np.nonzero(panel.spend > 0)
        categories = np.maximum(panel.categories[row, week], 0)
        total = categories.sum(1)
        kept = total > 0
        self.count = np.bincount(row[kept], minlength=len(panel.spend))
        self.start = np.r_[0, np.cumsum(self.count)[:-1]]
        self.shares = categories[kept] / total[kept, None]
        self.log_size = np.log(total[kept])

    def draw(self, customers: NDArray[np.intp], amount: Floats, rng: np.random.Generator) -> Floats:
        """Return shares (M, K): of one random week of each of `customers` (M, tries), the one nearest in
        size.
        """
        luck = (rng.random(customers.shape) * np.maximum(self.count[customers], 1)).astype(np.intp)
        week = np.minimum(self.start[customers] + luck, len(self.log_size) - 1)
        distance = np.abs(self.log_size[week] - np.log(amount)[:, None])
        distance[self.count[customers] == 0] = np.inf
        best = np.take_along_axis(week, distance.argmin(1)[:, None], 1)[:, 0]
        return np.asarray(self.shares[best])


def _habits(panel: Panel) -> Floats:
    """Return what makes customers alike: category shares (roots), how often each is bought, spend per trip, trips."""
    total = np.maximum(panel.categories.sum(1), 0)
    shares = total / np.maximum(total.sum(1, keepdims=True), 1e-9)
    trips, active = panel.trips.sum(1), (panel.trips > 0).sum(1)
    often = (panel.categories > 0).sum(1) / np.maximum(active, 1)[:, None]
    size = np.log1p(panel.spend.sum(1) / np.maximum(trips, 1))
    return np.column_stack([np.sqrt(shares), 0.3 * often, 0.2 * size, 0.1 * np.log1p(trips)])


def _neighbours(past: Panel, pool_past: Panel, k: int) -> NDArray[np.intp]:
    """Return the positions (N, k) in the pool of the customers most alike, of those who bought anything."""
    from sklearn.neighbors import NearestNeighbors  # slow to load; only where it is asked for

    active = np.nonzero(pool_past.trips.sum(1) > 0)[0]
    index = NearestNeighbors(n_neighbors=min(k, len(active))).fit(_habits(pool_past)[active])
    return np.asarray(active[index.kneighbors(_habits(past), return_distance=False)])
