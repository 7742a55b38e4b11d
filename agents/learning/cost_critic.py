"""The cost critic: foretells what each constraint will still be charged, so that a tweak answers for its own costs."""

from __future__ import annotations

import numpy as np
import torch as th
from numpy.typing import NDArray
from torch import nn

__all__ = ["CostCritic", "advantages"]

HIDDEN = 64
MINIBATCH = 416

Floats = NDArray[np.float64]


def advantages(costs: Floats, values: Floats, gae_lambda: float) -> Floats:
    """Return the generalised advantages of whole episodes' costs, (T, E, J), undiscounted.

    `costs` and `values` (foretold before each period) are (T, E, J); behind the last period nothing is charged.
    delta_t = c_t + V_{t+1} - V_t, A_t = delta_t + lambda A_{t+1} (Schulman et al., "High-dimensional continuous
    control using generalized advantage estimation", 2016), with a discount of 1: a limit on a sum is not discounted.
    """
    ahead = np.concatenate([values[1:], np.zeros_like(values[:1])])
    found = costs + ahead - values
    for t in reversed(range(len(found) - 1)):
        found[t] += gae_lambda * found[t + 1]
    return np.asarray(found)


class CostCritic:
    """One small network with an output per constraint, and an optimiser of its own.

    It reads the part of an observation that describes everything at once and the segments. Outputs are in `unit`s, the
    spread of each constraint's costs over the first rollout: costs of a thousandth and of a half are learned alike.
    """

    def __init__(self, n_inputs: int, n_costs: int, *, learning_rate: float, epochs: int) -> None:
        """Read the first `n_inputs` entries of an observation; the global torch generator draws the start."""
        self.n_inputs, self.epochs = n_inputs, epochs
        last = nn.Linear(HIDDEN, n_costs)
        for start in last.parameters():
            nn.init.zeros_(start)
        self.net = nn.Sequential(nn.Linear(n_inputs, HIDDEN), nn.Tanh(), last)
        self.unit = np.zeros(n_costs)  # zero until the first rollout is seen
        self.optimizer = th.optim.Adam(self.net.parameters(), lr=learning_rate)

    def values(self, observations: NDArray[np.float32]) -> Floats:
        """Return what is foretold, (..., J), from observations (..., L)."""
        with th.no_grad():
            foretold = self.net(th.from_numpy(np.ascontiguousarray(observations[..., : self.n_inputs])))
        return np.asarray(foretold.numpy() * self.unit, np.float64)

    def learn(self, observations: NDArray[np.float32], targets: Floats) -> None:
        """Fit observations (B, L) to targets (B, J)."""
        if not self.unit.any():
            spread = targets.std(axis=0)
            self.unit = np.where(spread > 0, spread, 1.0)
        seen = th.from_numpy(np.ascontiguousarray(observations[:, : self.n_inputs]))
        aim = th.from_numpy((targets / self.unit).astype(np.float32))
        for _ in range(self.epochs):
            for rows in th.randperm(len(seen)).split(MINIBATCH):
                loss = nn.functional.mse_loss(self.net(seen[rows]), aim[rows])
                self.optimizer.zero_grad()
                loss.backward()
                self.optimizer.step()
