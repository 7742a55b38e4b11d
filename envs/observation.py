"""The observation: what a business can see of its customers, segments and candidate tweaks, in fixed places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from evenhand.envs import counts
from evenhand.envs.candidates import CANDIDATE_FEATURES

if TYPE_CHECKING:
    from evenhand.envs.world import World

__all__ = ["GLOBAL_FEATURES", "SEGMENT_FEATURES", "names", "segment_sums", "summarise"]

GLOBAL_FEATURES: Final = (
    "time_left",  # share of the horizon
    "slack",  # worst at the horizon when holding, foretold, in its scale: 0 is the limit
    "slack_so_far",  # the same at the mean rate seen so far
    "contact_rate",  # of the last period, share of customers
    "redemption_rate",  # per contact, so far
    "unsubscribe_rate",  # per contact, so far
    "reachable",  # share of customers with consent
    "fatigue",  # mean contact pressure
    "segments",  # in use, share of the most
    "profit",  # of the last period, money per customer, less the organic estimate
    "in_review",  # 1 while a tweak waits for the reviewer's decision
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


def segment_sums(world: World) -> NDArray[np.float64]:
    """Return what is seen of the customers of every segment, added up, (E, S, 7); see `counts`."""
    state = world.sim.state
    return np.asarray(counts.segment_sums(
        world.first, world.setup.max_segments, state.consent, state.recency, state.trips, world.organic,
        world.engaged, world.pressure,
    ))  # fmt: skip


def summarise(world: World, sums: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return the flat observation of every environment, (E, G + S * P + M * D), in units near one.

    `sums` are the `segment_sums`.
    """
    parts = [_globals(world, sums), _segments(world, sums).reshape(len(world.size), -1), _scaled(world)]
    return np.concatenate([np.asarray(part, np.float32) for part in parts], axis=1)


# Brings every candidate feature to a scale near one, money counted in `Setup.unit`; constants, so that a policy means
# the same everywhere.
CANDIDATE_SCALE: Final = np.array(
    [1, 1, 1, 1, 1, 20, 20, 2, 1, 2, 4, 4, 1, 1, 0.5, 0.2, 5, 0.5, 0.5, 1, 1, 20], np.float32
)

IS_MONEY: Final = np.array([name in ("gain", "gain_sd", "net_if_kept", "lasting") for name in CANDIDATE_FEATURES])


def _scaled(world: World) -> NDArray[np.float32]:
    scale = np.where(IS_MONEY, CANDIDATE_SCALE / np.float32(world.setup.unit), CANDIDATE_SCALE)
    return (world.table * scale).reshape(len(world.size), -1)


def _globals(world: World, sums: NDArray[np.float64]) -> NDArray[np.float64]:
    s, totals = world.setup, world.totals
    means = sums.sum(axis=1) / world.first.shape[1]
    contacts = np.maximum(world.sent_so_far, 1e-6)
    organic = means[:, counts.ORGANIC]
    out = world.sim.outcome
    columns = (
        np.full(len(contacts), 1.0 - world.period / s.horizon),
        0.5 * world.slack[:, 0],
        0.5 * world.foresight.worst_so_far(world),
        world.sent.mean(axis=1),
        10 * totals.redeemed / contacts,
        100 * totals.unsubscribed / contacts,
        means[:, counts.REACHED],
        means[:, counts.FATIGUE],
        world.size / s.max_segments,
        np.clip((out.profit.mean(axis=1) - organic) / np.maximum(organic, 1e-6), -2, 2),
        world.desk.waiting,
    )
    return np.stack([np.asarray(c, np.float64) for c in columns], axis=1)


def _segments(world: World, sums: NDArray[np.float64]) -> NDArray[np.float64]:
    s, p, n = world.setup, world.population, world.first.shape[1]
    used = np.arange(s.max_segments)[None, :] < world.size[:, None]
    mean = sums / np.maximum(sums[:, :, :1], 1)
    everyone = np.maximum(sums[:, :, counts.ORGANIC].sum(axis=1) / n, 1e-6)
    weight = np.take_along_axis(p.expected_effects.weight, world.campaign.astype(np.int64), axis=1)
    ratio = np.take_along_axis(world.redeem_ratio, world.campaign.astype(np.int64)[:, :, None], axis=2)[:, :, 0]
    age = (world.period - world.changed_at) / s.horizon
    columns = (
        used,
        sums[:, :, counts.COUNT] / n,
        mean[:, :, counts.REACHED],
        mean[:, :, counts.RECENCY] / 5,
        mean[:, :, counts.TRIPS],
        mean[:, :, counts.ORGANIC] / everyone[:, None] / 2,
        5 * mean[:, :, counts.ENGAGEMENT],
        mean[:, :, counts.FATIGUE],
        weight,
        world.open_ratio,
        ratio,
        age,
    )
    return np.stack([np.where(used, c, 0.0) for c in columns], axis=2)


def names(max_segments: int, campaigns: tuple[str, ...]) -> list[str]:
    """Return the name of every entry of an observation, in order."""
    rows = ["hold"]
    rows += [f"assign[{s}, {c}]" for s in range(max_segments) for c in campaigns]
    rows += [f"merge[{s}]" for s in range(max_segments)]
    rows += [f"move[{s}, {way}]" for s in range(max_segments) for way in ("tighten", "loosen")]
    rows += [f"split[{s}, {which}]" for s in range(max_segments) for which in ("best", "other")]
    seen = [*GLOBAL_FEATURES]
    seen += [f"segment[{s}].{name}" for s in range(max_segments) for name in SEGMENT_FEATURES]
    return seen + [f"{row}.{name}" for row in rows for name in CANDIDATE_FEATURES]
