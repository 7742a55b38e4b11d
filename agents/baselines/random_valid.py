"""Random valid tweaks: what changing without knowing anything brings."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from evenhand.agents.policy import Masks, Observations, Rows

__all__ = ["RandomValid"]


@dataclass
class RandomValid:
    """Any valid tweak with equal chance."""

    name: str = "random"
    _rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0), repr=False)

    def reset(self, seed: int) -> None:
        """Draw from `seed` from now on."""
        self._rng = np.random.default_rng(seed)

    def choose(self, observations: Observations, masks: Masks) -> Rows:
        """Return a random valid row."""
        luck = self._rng.random(masks.shape)
        return np.asarray(np.where(masks, luck, -1.0).argmax(axis=1), np.int64)
