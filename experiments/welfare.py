"""What customers themselves get, group by group: no profit enters here.

Gaps compare shares of beneficial contacts; equal shares of nothing have no gap. So the level is measured too:
beneficial contacts, the face value of redeemed discounts (a customer does not mind who pays it), contacts that were of
no benefit, and unsubscribes, each per customer and period. Two sums over groups go with them: what the worst-off group
gets (the maximin of Rawls 1971) and the plain mean over groups.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evenhand.envs import World
from evenhand.experiments.report.intervals import Mean
from evenhand.experiments.report.welfare import MEASURES, AttributeWelfare, GroupWelfare, Levels
from evenhand.simulator import Simulator

__all__ = ["WelfareWatch", "welfare_of"]

LEAST_POPULATIONS = 2  # with members of a group, for a mean with an interval


class WelfareWatch:
    """Adds up what each group of each protected attribute gets along a roll-out; unknown is the last group."""

    def __init__(self, horizon: int) -> None:
        """Watch episodes of `horizon` periods."""
        self.horizon = horizon
        self._batches: list[NDArray[np.float64]] = []

    def begin(self, world: World) -> None:
        """Note who belongs where."""
        groups, n_groups = world.population.groups, max(world.setup.group_counts, default=1)
        every = np.append(np.arange(n_groups), -1)
        self._members = (groups[..., None] == every).astype(np.float32)  # (E, N, P, K + 1)
        self._sizes = self._members.sum(axis=1, dtype=np.float64)
        self._batches.append(np.zeros((len(MEASURES), *self._sizes.shape)))

    def after(self, world: World) -> None:
        """Add one period."""
        out, effects, given = world.sim.outcome, world.population.effects, world.given
        good = effects.beneficial[given] != 0
        contacted = out.contacted != 0
        value = np.take_along_axis(effects.discount, given.astype(np.intp), axis=1)
        got = (contacted & good, value * (out.redeemed != 0), contacted & ~good, out.unsubscribed)
        for total, each in zip(self._batches[-1], got, strict=True):
            total += np.einsum("en,enpk->epk", each.astype(np.float32), self._members, optimize=True) / self.horizon
        if world.period == self.horizon:
            with np.errstate(invalid="ignore"):
                self._batches[-1] /= self._sizes  # 0 / 0: nobody there, so no level

    @property
    def levels(self) -> NDArray[np.float64]:
        """Return levels per customer and period, (4, n, P, K + 1), in the order of MEASURES; NaN without members."""
        return np.concatenate(self._batches, axis=1)


def welfare_of(levels: NDArray[np.float64], simulator: Simulator) -> dict[str, AttributeWelfare]:
    """Return each protected attribute's welfare from `levels` (4, n, P, K + 1).

    Groups that are too small to be constrained, and unknown, are shown and left out of the worst and the mean.
    """
    found = {}
    for p, attribute in enumerate(simulator.protected):
        names = [(k, group.name, group.constrained) for k, group in enumerate(attribute.groups)]
        groups = [
            GroupWelfare(group=name, counted=counted, **_means(levels[:, :, p, k]))
            for k, name, counted in [*names, (-1, "unknown", False)]
            if np.isfinite(levels[0, :, p, k]).sum() >= LEAST_POPULATIONS
        ]
        counted = [group for group in groups if group.counted]
        if counted:
            found[attribute.name] = AttributeWelfare(
                groups=tuple(groups),
                worst_off=Levels(**{m.key: m.worst(_values(counted, m.key)) for m in MEASURES}),
                mean=Levels(**{m.key: float(np.mean(_values(counted, m.key))) for m in MEASURES}),
            )
    return found


def _means(levels: NDArray[np.float64]) -> dict[str, Mean]:
    there = np.isfinite(levels[0])
    return {measure.key: Mean.of(values[there]) for measure, values in zip(MEASURES, levels, strict=True)}


def _values(groups: Sequence[GroupWelfare], key: str) -> list[float]:
    return [getattr(group, key).mean for group in groups]
