"""The exploration share: who is given a campaign at random, so that the log can tell what others would have brought.

Every segment has `share` of its customers explored (10 % unless said otherwise), more where that would be fewer than
`floor` customers, at most `MOST`. Segments too small for that pool: they have one share together. Who is explored is
hashed by block of periods, so a customer's draw holds for a whole block and carry-over does not mix campaigns within
it: explored are those whose bucket for "explore.BLOCK" is below the share. They get the eligible campaign whose bucket
for "draw.BLOCK.CAMPAIGN" is largest (rendezvous hashing, Thaler and Ravishankar 1998): each of k eligible campaigns
with chance 1 / k, and when a campaign is no longer open to a customer within a block, only those who had it move.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import EvenhandError
from evenhand.experiments.trial.assignment import below, buckets, exact_share

__all__ = ["FLOOR", "MOST", "SHARE", "Exploration", "draw", "pool_shares"]

SHARE, FLOOR = 0.10, 50
MOST: Final = 0.5  # more than half of a segment at random is no longer that segment's campaign
BoolArray = NDArray[np.bool_]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Exploration:
    """How much is explored: the share of every segment, and the fewest customers of a segment or pool."""

    share: float = SHARE
    floor: int = FLOOR

    def __post_init__(self) -> None:
        if not 0 <= self.share <= MOST:
            raise EvenhandError(f"exploration share {self.share}", rule=f"from 0 to {MOST}", mend=f"use {SHARE}")
        if self.floor < 0:
            raise EvenhandError(f"exploration floor {self.floor}", rule="a number of customers", mend=f"use {FLOOR}")


def pool_shares(sizes: Sequence[int], exploration: Exploration) -> list[tuple[tuple[int, ...], float]]:
    """Return pools of segments as (positions, share); `sizes` (segments,) counts who could be explored.

    The expected number of explored customers of a pool is at least the floor, unless half of all is less than that.
    A share of 0 explores nobody, whatever the floor.
    """
    if exploration.share == 0:
        return [(tuple(range(len(sizes))), 0.0)]
    alone = [k for k, size in enumerate(sizes) if size * MOST >= exploration.floor and size > 0]
    small = tuple(k for k in range(len(sizes)) if k not in alone)
    pools: list[tuple[tuple[int, ...], float]] = [((k,), _share(sizes[k], exploration)) for k in alone]
    if small:
        pools.append((small, _share(sum(sizes[k] for k in small), exploration)))
    return pools


def _share(size: int, exploration: Exploration) -> float:
    needed = exploration.floor / size if size else 0.0
    return min(MOST, max(exploration.share, needed))


def draw(
    customers: NDArray[np.object_],
    planned: NDArray[np.int64],
    reachable: BoolArray,
    shares: FloatArray,
    *,
    names: Sequence[str],
    salt: str,
    block: int,
) -> tuple[NDArray[np.int64], BoolArray]:
    """Return the campaign that each customer gets and whether it was drawn, both (n,).

    `planned` (n,) are positions in `names`; `reachable` (n, campaigns) says who is eligible for what, `shares` (n,) the
    exploration share of each. Where only one campaign is open there is nothing to draw.
    """
    hashed = buckets(salt, f"explore.{block}", customers)
    explored = np.zeros(len(customers), dtype=np.bool_)
    for share in np.unique(shares):
        same = shares == share
        explored[same] = below(hashed[same], exact_share(float(share)))
    explored &= reachable.sum(axis=1) > 1
    given = planned.copy()
    if explored.any():
        units, open_to = customers[explored], reachable[explored]
        luck = np.column_stack([buckets(salt, f"draw.{block}.{quote(name, safe='')}", units) for name in names])
        given[explored] = np.where(open_to, luck, 0).argmax(axis=1)
    return given, explored
