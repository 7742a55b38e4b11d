"""What a policy is: observation and mask in, a row of the candidate table out, behind two methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from evenhand.envs.candidates import CANDIDATE_FEATURES, count_candidates
from evenhand.envs.observation import CANDIDATE_SCALE, GLOBAL_FEATURES, SEGMENT_FEATURES
from evenhand.envs.world import World

__all__ = ["Insider", "Layout", "Policy"]

Observations = NDArray[np.float32]  # (E, L)
Masks = NDArray[np.bool_]  # (E, M)
Rows = NDArray[np.int64]  # (E,)


class Policy(Protocol):
    """Chooses a tweak for each of E environments."""

    name: str

    def reset(self, seed: int) -> None:
        """Forget the past; draw from `seed` from now on."""

    def choose(self, observations: Observations, masks: Masks) -> Rows:
        """Return a valid candidate row per environment."""


@runtime_checkable
class Insider(Protocol):
    """Declares access to the simulator: no business could run it, so it is a yardstick and no fair opponent."""

    def enter(self, world: World) -> None:
        """Take the world that tweaks are chosen for, right after its reset; read it, never change it."""


@dataclass(frozen=True)
class Layout:
    """Where things stand in a flat observation."""

    max_segments: int
    n_campaigns: int

    @property
    def n_global(self) -> int:
        """Entries that describe everything at once."""
        return len(GLOBAL_FEATURES)

    @property
    def n_context(self) -> int:
        """Entries before the candidate table."""
        return self.n_global + self.max_segments * len(SEGMENT_FEATURES)

    @property
    def n_rows(self) -> int:
        """Rows M of the candidate table."""
        return count_candidates(self.max_segments, self.n_campaigns)

    @property
    def width(self) -> int:
        """Features D of a candidate."""
        return len(CANDIDATE_FEATURES)

    def time_left(self, observations: Observations) -> NDArray[np.float32]:
        """Return the share of the horizon that is left, (E,)."""
        return self.of(observations, "time_left")

    def of(self, observations: Observations, feature: str) -> NDArray[np.float32]:
        """Return one of the entries that describe everything at once, (E,)."""
        return np.asarray(observations[:, GLOBAL_FEATURES.index(feature)])

    def assigned(self) -> NDArray[np.int64]:
        """Return the campaign that each row of the candidate table assigns, 0 (no contact) for the others, (M,)."""
        campaigns = np.zeros(self.n_rows, np.int64)
        campaigns[1 : 1 + self.max_segments * self.n_campaigns] = np.tile(
            np.arange(self.n_campaigns), self.max_segments
        )
        return campaigns

    def candidate(self, observations: Observations, feature: str) -> NDArray[np.float32]:
        """Return one feature of every candidate in its own unit, (E, M); money in that of `Setup.unit`."""
        k = CANDIDATE_FEATURES.index(feature)
        table = observations[:, self.n_context :].reshape(len(observations), self.n_rows, self.width)
        return np.asarray(table[:, :, k] / CANDIDATE_SCALE[k])
