"""No simulated half year may be a real one: neither equal to it, nor closer than real customers are to each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.habits.panel import Panel
from evenhand.simulator.realism.parts import Copies

__all__ = ["HalfYears", "copies_of"]

Floats = NDArray[np.float64]

CLOSE = 0.01  # quantile of the real distances that counts as close
BOOTSTRAPS = 200
DIGITS = 6  # of a feature; money is compared in cents
LEAST_ACTIVE = 2  # weeks with a trip: that one trip costs as much as another, to the cent, is no copy


class HalfYears:
    """Half years of some customers, by week and as features; those with trips in one week or none are left out."""

    def __init__(self, panel: Panel, features: Floats) -> None:
        self.customer = np.nonzero((panel.trips > 0).sum(1) >= LEAST_ACTIVE)[0]
        self.features = features[self.customer]  # (M, F)
        weeks = np.stack([panel.trips, np.round(panel.spend, 2)], 2)[self.customer]  # (M, T, 2)
        self.weeks = _keys(weeks.reshape(len(weeks), -1))
        order = np.lexsort((weeks[:, :, 0], weeks[:, :, 1]), axis=1)
        self.bag = _keys(np.take_along_axis(weeks, order[:, :, None], 1).reshape(len(weeks), -1))
        self.rows = _keys(np.round(self.features, DIGITS))

    @property
    def n(self) -> int:
        """Number of half years."""
        return len(self.customer)


def _keys(rows: Floats) -> list[bytes]:
    return [row.tobytes() for row in np.ascontiguousarray(rows + 0.0)]  # + 0.0: a minus zero is a zero


def copies_of(
    simulated: list[HalfYears], held: HalfYears, *, known: list[HalfYears], reference: HalfYears | None, seed: int
) -> Copies:
    """Compare `simulated` half years of held-out customers with all `known` real ones.

    Distances are to `reference`, the half years that the fitted customers had in the same weeks; without it,
    half of the held-out customers are the reference of the other half.
    """
    seen = {name: {key for one in known for key in getattr(one, name)} for name in ("rows", "weeks", "bag")}
    total = sum(run.n for run in simulated)

    def share(name: str) -> float:
        return sum(key in seen[name] for run in simulated for key in getattr(run, name)) / max(total, 1)

    far, real, whose = _distances(simulated, held, reference, seed)
    near = np.quantile(real.distance, CLOSE)
    low, high = _interval(far, real, seed)
    return Copies(
        n=total,
        real=sum(one.n for one in known),
        identical=share("rows"),
        same_weeks=share("weeks"),
        shuffled=share("bag"),
        reference=whose,
        nearest_simulated=float(np.median(far.distance)),
        nearest_real=float(np.median(real.distance)),
        ratio=float(np.median(far.distance) / np.median(real.distance)),
        ratio_low=low,
        ratio_high=high,
        close=float((far.distance < near).mean()),
    )


class _Distances:
    """Distances to the nearest reference, and whose they are."""

    def __init__(self, customer: NDArray[np.intp], distance: Floats) -> None:
        self.customer, self.distance = customer, distance


def _distances(
    simulated: list[HalfYears], held: HalfYears, reference: HalfYears | None, seed: int
) -> tuple[_Distances, _Distances, str]:
    from sklearn.neighbors import NearestNeighbors  # slow to load; only where it is asked for

    if reference is not None:
        lookup, asked, whose = reference.features, held.customer, "the fitted customers"
    else:
        order = np.random.default_rng([seed, 0xC0B1]).permutation(held.customer)
        half, asked, whose = order[::2], order[1::2], "half of the held-out customers"
        lookup = held.features[np.isin(held.customer, half)]
    unit = lookup.std(0)
    unit = np.where(unit > 0, unit, 1.0)
    index = NearestNeighbors(n_neighbors=1).fit(lookup / unit)

    def of(one: HalfYears) -> tuple[NDArray[np.intp], Floats]:
        use = np.isin(one.customer, asked)
        return one.customer[use], index.kneighbors(one.features[use] / unit)[0][:, 0]

    runs = [of(run) for run in simulated]
    far = _Distances(np.concatenate([who for who, _ in runs]), np.concatenate([d for _, d in runs]))
    return far, _Distances(*of(held)), whose


def _interval(far: _Distances, real: _Distances, seed: int) -> tuple[float, float]:
    """Return the 95 % interval of the ratio of medians, resampling customers with all that is theirs."""
    rng = np.random.default_rng([seed, 0xB007])
    people = np.union1d(far.customer, real.customer)
    here, there = np.searchsorted(people, far.customer), np.searchsorted(people, real.customer)
    ratios = []
    for _ in range(BOOTSTRAPS):
        weight = np.bincount(rng.integers(len(people), size=len(people)), minlength=len(people))
        ratios.append(_median(far.distance, weight[here]) / _median(real.distance, weight[there]))
    low, high = np.quantile(ratios, (0.025, 0.975))
    return float(low), float(high)


def _median(values: Floats, weight: NDArray[np.intp]) -> float:
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weight[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
