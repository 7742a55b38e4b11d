"""The observation: what a business can see of its customers, segments and candidate tweaks, in fixed places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from evenhand.envs.world import World

__all__ = ["GLOBAL_FEATURES", "SEGMENT_FEATURES", "names", "summarise"]

GLOBAL_FEATURES: Final = (
    "time_left",  # share of the horizon
    "slack",  # projected gap when holding, less the tolerance
    "gap_so_far",  # of mean benefit rates
    "contact_rate",  # of the last period, share of customers
    "redemption_rate",  # per contact, so far
    "unsubscribe_rate",  # per contact, so far
    "reachable",  # share of customers with consent
    "fatigue",  # mean contact pressure
    "segments",  # in use, share of the most
    "profit",  # of the last period, money per customer, less the organic estimate
)
SEGMENT_FEATURES: Final = (
    "used",
    "share",
    "reachable",
    "recency",
    "trips",
    "organic",
    "engagement",
    "fatigue",
    "weight",  # fatigue weight of its campaign
    "open_ratio",  # observed over expected, shrunken
    "redeem_ratio",  # of its campaign, observed over expected, shrunken
    "age",
)


def summarise(world: World) -> NDArray[np.float32]:
    """Return the flat observation of every environment, (E, G + S * P + M * D), in units near one."""
    parts = [_globals(world), _segments(world).reshape(len(world.size), -1), _scaled(world)]
    return np.concatenate(parts, axis=1).astype(np.float32)


# Brings every candidate feature to a scale near one; constants, so that a policy means the same everywhere.
CANDIDATE_SCALE: Final = np.array(
    [1, 1, 1, 1, 1, 20, 20, 2, 1, 2, 4, 4, 1, 1, 0.5, 0.2, 5, 10, 10, 1, 1], np.float32
)


def _scaled(world: World) -> NDArray[np.float32]:
    return (world.table * CANDIDATE_SCALE).reshape(len(world.size), -1)


def _globals(world: World) -> NDArray[np.float64]:
    s, state, totals = world.setup, world.sim.state, world.totals
    tolerance = s.constraint.tolerance if s.constraint else 1.0
    _, sizes, passed = world._constrained()
    seen = np.where(sizes > 0, passed, np.nan) if s.constraint else np.zeros_like(passed)
    gap = (np.nanmax(seen, axis=1) - np.nanmin(seen, axis=1)) / max(world.period, 1)
    contacts = np.maximum(totals.contacts, 1e-6)
    organic = world.population.expected_behaviour["margin_rate"] * (state.trips * state.spend).mean(axis=1)
    out = world.sim.outcome
    columns = (
        np.full(len(gap), 1.0 - world.period / s.horizon),
        10 * (world.held_gap - tolerance),
        10 * gap,
        out.contacted.mean(axis=1),
        10 * totals.redeemed / contacts,
        100 * totals.unsubscribed / contacts,
        (state.consent != 0).mean(axis=1),
        state.fatigue.mean(axis=1),
        world.size / s.max_segments,
        np.clip((out.profit.mean(axis=1) - organic) / np.maximum(organic, 1e-6), -2, 2),
    )
    return np.stack([np.asarray(c, np.float64) for c in columns], axis=1)


def _segments(world: World) -> NDArray[np.float64]:
    s, state, p = world.setup, world.sim.state, world.population
    n_envs, n = world.first.shape
    flat = (world.first.astype(np.int64) + s.max_segments * np.arange(n_envs)[:, None]).ravel()
    total = n_envs * s.max_segments

    def mean(values: NDArray[np.floating] | NDArray[np.bool_]) -> NDArray[np.float64]:
        sums = np.bincount(flat, weights=np.asarray(values, np.float64).ravel(), minlength=total)
        return (sums / np.maximum(counts, 1)).reshape(n_envs, s.max_segments)

    counts = np.bincount(flat, minlength=total)
    used = np.arange(s.max_segments)[None, :] < world.size[:, None]
    organic = p.expected_behaviour["margin_rate"][:, None] * state.trips * state.spend
    relative = organic / np.maximum(organic.mean(axis=1, keepdims=True), 1e-6)
    weight = np.take_along_axis(p.expected_effects.weight, world.campaign.astype(np.int64), axis=1)
    ratio = np.take_along_axis(world.redeem_ratio, world.campaign.astype(np.int64)[:, :, None], axis=2)[:, :, 0]
    age = (world.period - world.changed_at) / s.horizon
    columns = (
        used,
        counts.reshape(n_envs, -1) / n,
        mean(state.consent != 0),
        mean(state.recency) / 5,
        mean(state.trips),
        mean(relative) / 2,
        5 * mean(world.engagement()),
        mean(state.fatigue),
        weight,
        world.open_ratio,
        ratio,
        age,
    )
    return np.stack([np.where(used, c, 0.0) for c in columns], axis=2)


def names(max_segments: int, campaigns: tuple[str, ...]) -> list[str]:
    """Return the name of every entry of an observation, in order."""
    from evenhand.envs.candidates import CANDIDATE_FEATURES

    rows = ["hold"]
    rows += [f"assign[{s}, {c}]" for s in range(max_segments) for c in campaigns]
    rows += [f"merge[{s}]" for s in range(max_segments)]
    rows += [f"move[{s}, {way}]" for s in range(max_segments) for way in ("tighten", "loosen")]
    rows += [f"split[{s}, {which}]" for s in range(max_segments) for which in ("best", "other")]
    seen = [*GLOBAL_FEATURES]
    seen += [f"segment[{s}].{name}" for s in range(max_segments) for name in SEGMENT_FEATURES]
    return seen + [f"{row}.{name}" for row in rows for name in CANDIDATE_FEATURES]
