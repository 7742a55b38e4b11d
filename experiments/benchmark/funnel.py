"""What case studies report: opens, clicks, purchases, unsubscribes, satisfaction, retention, order value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.envs import World
from evenhand.simulator.types import HERE

__all__ = ["FUNNEL", "FunnelWatch"]

FloatArray = NDArray[np.float64]

FUNNEL = {  # measure -> what it is
    "open_rate": "opened, of the contacts that arrived",
    "click_through": "clicked, of the contacts that arrived",
    "conversion": "bought what was offered, of the contacts that arrived",
    "unsubscribes": "unsubscribed, of the contacts that arrived",
    "engagement": "visits per customer and week, each week counted once",
    "satisfaction": "mean of the customers who are here; what redeemed offers leave, fading week by week",
    "retention": "still here at the horizon, of who was here at the start",
    "order_value": "spend per trip",
}
COUNTS = ("delivered", "opened", "clicked", "redeemed", "unsubscribed", "visited", "trips", "spend")


class FunnelWatch:
    """Adds up the funnel along a roll-out, population by population, from what truly happened."""

    def __init__(self, horizon: int) -> None:
        """Watch episodes of `horizon` periods."""
        self.horizon = horizon
        self._batches: list[FloatArray] = []

    def begin(self, world: World) -> None:
        """Note who is here."""
        self._here = world.sim.state.absent == HERE
        self._sums = {name: np.zeros(len(self._here)) for name in (*COUNTS, "satisfaction")}

    def after(self, world: World) -> None:
        """Add one period."""
        out, state = world.sim.outcome, world.sim.state
        for name in COUNTS:
            self._sums[name] += getattr(out, name).sum(axis=1, dtype=np.float64)
        here = state.absent == HERE
        self._sums["satisfaction"] += (state.satisfaction * here).sum(axis=1) / np.maximum(here.sum(axis=1), 1)
        if world.period == self.horizon:
            self._batches.append(self._rates(here))

    def _rates(self, here: NDArray[np.bool_]) -> FloatArray:
        s = self._sums
        arrived = np.maximum(s["delivered"], 1.0)  # where nothing arrived, nothing was answered: rates of 0
        stayed = (here & self._here).sum(axis=1) / np.maximum(self._here.sum(axis=1), 1)
        return np.stack(
            [
                *(s[name] / arrived for name in ("opened", "clicked", "redeemed", "unsubscribed")),
                s["visited"] / (here.shape[1] * self.horizon),
                s["satisfaction"] / self.horizon,
                stayed,
                s["spend"] / np.maximum(s["trips"], 1.0),
            ]
        )

    @property
    def rates(self) -> dict[str, FloatArray]:
        """Return each measure in every population, (n,)."""
        return dict(zip(FUNNEL, np.concatenate(self._batches, axis=1), strict=True))
