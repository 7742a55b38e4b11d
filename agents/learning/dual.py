"""The arithmetic of the constraints in learning: slacks of episodes, their worst tail, and the multipliers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.learning.settings import DualSettings

__all__ = ["Dual", "tail_costs", "tail_slack"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Dual:
    """The controller of J multipliers."""

    integral: Floats  # (J,)
    last: Floats  # (J,) slack of the rollout before
    multipliers: Floats  # (J,)

    @classmethod
    def zero(cls, n_costs: int) -> Dual:
        """Return a controller before its first rollout."""
        return cls(*(np.zeros(n_costs) for _ in range(3)))

    def moved(self, slack: Floats, settings: DualSettings) -> Dual:
        """Return the controller after a rollout with `slack` (J,); above zero a constraint is broken.

        The rise counts only upwards (a slack that falls fast is no reason to let go), and both the integral and the
        multiplier stay within [0, cap].
        """
        integral = np.clip(self.integral + settings.rate * slack, 0.0, settings.cap)
        rise = np.maximum(slack - self.last, 0.0)
        raw = settings.proportional * slack + integral + settings.derivative * rise
        return Dual(integral, slack, np.clip(raw, 0.0, settings.cap))


def tail_slack(slacks: Floats, tail: float) -> tuple[Floats, Floats]:
    """Return (threshold, mean) of the worst `tail` of episode slacks (E, J) for each constraint, (J,) each.

    The mean of the worst k = ceil(tail * E) episodes is their conditional value at risk; the threshold is the best
    slack among them, and -inf where all episodes count.
    """
    count = len(slacks)
    k = max(1, int(np.ceil(tail * count - 1e-9)))
    worst = np.sort(slacks, axis=0)[count - k :]
    threshold = worst[0] if k < count else np.full(slacks.shape[1], -np.inf)
    return threshold, worst.mean(axis=0)


def tail_costs(costs: Floats, threshold: Floats, tail: float) -> Floats:
    """Return costs (T, E, J) whose mean sum over an episode moves as the mean of the worst tail does.

    CVaR = nu + E[max(S - nu, 0)] / tail at its quantile nu (Rockafellar and Uryasev, "Optimization of conditional
    value-at-risk", 2000), so for a fixed nu a tail is an ordinary expected cost again. It is paid period by period as
    the sum S_t so far rises above nu: (max(S_t, nu) - max(S_{t-1}, nu)) / tail, which adds up to the same. With nu at
    -inf and a tail of 1 these are the costs themselves.
    """
    if np.isneginf(threshold).all():
        return costs
    before = np.concatenate([np.zeros_like(costs[:1]), costs.cumsum(axis=0)])
    return np.asarray(np.diff(np.maximum(before, threshold), axis=0) / tail)
