"""LinUCB: the linear bandit that adds standard errors to what it expects.

Source: Li, Chu, Langford and Schapire, "A contextual-bandit approach to personalized news article recommendation", WWW
2010, algorithm 1, with one model shared by all arms; aggregate feedback as in Qin, Chen and Zhu, "Contextual
combinatorial bandit and its application on diversified online recommendation", SDM 2014.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.baselines.bandit import LinearBandit

__all__ = ["LinUCB"]


@dataclass
class LinUCB(LinearBandit):
    """Optimism: theta . x + explore * sqrt(x' A^-1 x)."""

    name: str = "linucb"

    def explored(self, arms: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the upper confidence bound of every candidate's gain, (E, M)."""
        mean, covariance = self.belief()
        expected = np.einsum("emd,ed->em", arms, mean)
        variance = np.einsum("emd,edk,emk->em", arms, covariance, arms)
        return np.asarray(expected + self.tuning.explore * np.sqrt(np.maximum(variance, 0.0)))
