"""Thompson sampling: the linear bandit that acts on one draw of what it believes.

Source: Agrawal and Goyal, "Thompson sampling for contextual bandits with linear payoffs", ICML 2013, algorithm 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.baselines.bandit import LinearBandit

__all__ = ["Thompson"]


@dataclass
class Thompson(LinearBandit):
    """Probability matching: x . theta with theta drawn from N(mean, explore^2 A^-1), once a period."""

    name: str = "thompson"

    def explored(self, arms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return every candidate's gain under one draw per environment, (E, M)."""
        mean, covariance = self.belief()
        root = np.linalg.cholesky(covariance)
        drawn = mean + self.tuning.explore * (root @ self._rng.standard_normal(mean.shape)[:, :, None])[:, :, 0]
        return np.asarray(np.einsum("emd,ed->em", arms, drawn))
