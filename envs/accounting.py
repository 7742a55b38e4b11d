"""Account of a period: who belongs to which group, and what each group, and everyone together, received and cost."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evenhand.envs.counts import benefit_counts, spend_sums, weight_sums
from evenhand.envs.period import Period, Sums
from evenhand.simulator.types import FloatArray

if TYPE_CHECKING:
    from evenhand.envs.world import World

__all__ = ["account", "crossed", "groups_of"]


def account(world: World, chances: FloatArray | None) -> tuple[Period, Period]:
    """Return what the last period brought, as it was and as a business sees it.

    The two differ in who would convert: by the true `chances` (E, N), None where nobody keeps account of them, and by
    what is believed.
    """
    p, out = world.population, world.sim.outcome
    own = p.behaviour["discount_share"][:, None] * p.effects.discount
    counted = (out.contacted, world.given, p.effects.beneficial, world.groups, world.members.shape[2])
    passed = seen = Period(
        horizon=world.setup.horizon,
        members=world.members,
        benefits=benefit_counts(*counted),
        likely=None,
        likely_benefits=None,
        contacts=out.contacted.mean(axis=1, dtype=np.float64),
        unsubscribed=out.unsubscribed.mean(axis=1, dtype=np.float64),
        spend=spend_sums(out.contacted, out.redeemed, world.given, p.effects.cost, own),
    )
    if world.counts_likely:
        likely, got = weight_sums(world.belief, *counted)
        seen = seen._replace(likely=likely, likely_benefits=got)
    if chances is not None:
        likely, got = weight_sums(chances, *counted)
        passed = passed._replace(likely=likely, likely_benefits=got)
    return passed, seen


def groups_of(
    codes: NDArray[np.int8], counts: Sequence[int], crossings: Sequence[tuple[int, ...]]
) -> tuple[NDArray[np.int8], Sums]:
    """Return everyone's groups (E, N, P) and how many members each has (E, P, K).

    `codes` (E, N, attributes) come first, then intersections of attributes, then everyone as one group.
    """
    columns = [codes, *(crossed(codes, crossing, counts)[:, :, None] for crossing in crossings)]
    groups = np.concatenate([*columns, np.zeros((*codes.shape[:2], 1), np.int8)], axis=2)
    most = max([1, *counts, *(prod(counts[p] for p in crossing) for crossing in crossings)])
    return groups, np.stack([(groups == k).sum(axis=1) for k in range(most)], axis=2).astype(np.float64)


def crossed(codes: NDArray[np.int8], crossing: tuple[int, ...], counts: Sequence[int]) -> NDArray[np.int8]:
    """Return the codes of an intersection of attributes, (E, N): the last attribute counts fastest, -1 is unknown."""
    code = np.zeros(codes.shape[:2], np.int16)
    for p in crossing:
        code = np.where((code < 0) | (codes[:, :, p] < 0), -1, code * counts[p] + codes[:, :, p])
    return code.astype(np.int8)
