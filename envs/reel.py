"""What a picture needs of the periods before: profit and slack so far, of every environment of a world."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evenhand.envs.candidates import OPERATIONS
from evenhand.envs.reviewing import IN_REVIEW, REJECTED
from evenhand.envs.world import World

__all__ = ["Reel"]


class Reel:
    """Follows a world through its episodes and pictures it."""

    def __init__(self, world: World, campaigns: Sequence[str]) -> None:
        """Follow `world`, whose campaigns have these names."""
        self.world, self.campaigns = world, campaigns

    def begin(self) -> None:
        """Start over: an episode has begun."""
        self.profit = [np.zeros(len(self.world.size))]
        self.slack = [self.world.slack[:, 0].copy()]

    def after(self, reward: NDArray[np.float64]) -> None:
        """Note a period that has passed and what it brought, (E,) money per customer."""
        self.profit.append(self.profit[-1] + reward)
        self.slack.append(self.world.slack[:, 0].copy())

    def picture(self, e: int = 0, *, said: str = "", names: Sequence[str] = ()) -> NDArray[np.uint8]:
        """Return the picture of an environment, (H, W, 3); `said` is the last tweak in words, if they are known."""
        from evenhand.envs.picture import draw, scene_of  # matplotlib is slow to load, and most never draw

        scene = scene_of(
            self.world, e, campaigns=self.campaigns, names=names, caption=self._caption(e, said),
            profit=[float(p[e]) for p in self.profit], slack=[float(s[e]) for s in self.slack],
        )  # fmt: skip
        return draw(scene)

    def _caption(self, e: int, said: str) -> str:
        verdict, op = int(self.world.desk.verdict[e]), int(self.world.carried[e, 0])
        if self.world.period == 0:
            return "Today's segmentation"
        if verdict == REJECTED:
            return "The reviewer rejected the tweak"
        if verdict == IN_REVIEW:
            return "A tweak is in review"
        if op == 0:
            return "Held"
        return said or f"{OPERATIONS[op - 1].capitalize()} in segment {self.world.carried[e, 1] + 1}"
