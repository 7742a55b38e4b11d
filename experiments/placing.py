"""Where every customer stands before anything is drawn: arm, segment, planned campaign and exploration share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.customers import Customers
from evenhand.customers.campaign_plan import HELD_BACK, OUTSIDE, Pool
from evenhand.errors import CampaignError
from evenhand.experiments.exploration import Exploration, pool_shares
from evenhand.experiments.trial import assignment as hashed
from evenhand.segments import CHANNELS, NO_CONTACT, Campaign, Segmentation

__all__ = ["Placed", "campaigns_of", "placed", "reachable"]

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Placed:
    """What a plan says of each customer before anything is drawn."""

    arm: NDArray[np.object_]  # (n,) names
    runs: IntArray  # (n,) positions of the segmentation that runs for the customer
    positions: IntArray  # (n,) positions of the segment in it
    planned: IntArray  # (n,) positions of campaigns
    exploration: FloatArray  # (n,)


def campaigns_of(arms: Mapping[str, Segmentation]) -> tuple[Campaign, ...]:
    """Return the campaigns of all arms in order; CampaignError when two arms describe one differently."""
    found: dict[str, Campaign] = {}
    for name, segmentation in arms.items():
        for campaign in segmentation.catalogue.campaigns:
            if found.setdefault(campaign.id, campaign) != campaign:
                raise CampaignError(
                    f"describes campaign {campaign.id!r} differently than an arm before it",
                    where=f"arm {name!r}",
                    rule="a campaign is the same in every arm",
                    mend="give it another id",
                )
    return tuple(found.values())


def reachable(customers: Customers, campaigns: Sequence[Campaign]) -> BoolArray:
    """Return who consents to the channel of each campaign, (n, campaigns); no contact reaches everyone."""
    by_channel = customers.consents
    everyone = np.ones(customers.n, dtype=np.bool_)
    return np.column_stack([by_channel[:, CHANNELS.index(c.channel)] if c.channel else everyone for c in campaigns])


def placed(
    customers: Customers,
    arms: Mapping[str, Segmentation],
    codes: NDArray[np.int16],
    campaigns: Sequence[Campaign],
    reach: BoolArray,
    exploration: Exploration,
) -> tuple[Placed, tuple[Pool, ...]]:
    """Return the rows before the draw, and the pools of segments that share an exploration share."""
    labels = np.array([*arms, HELD_BACK, OUTSIDE], dtype=object)  # HELD_BACK is -2 and OUTSIDE -1 among the codes
    runs = np.maximum(codes, 0).astype(np.int64)  # who is outside or held back belongs to segments of the first arm
    everyone = np.arange(customers.n)
    found = np.column_stack([segmentation.assign(customers.frame) for segmentation in arms.values()]).astype(np.int64)
    positions = found[everyone, runs]
    names = [campaign.id for campaign in campaigns]
    wanted = np.zeros(customers.n, dtype=np.int64)
    for k, segmentation in enumerate(arms.values()):
        by_segment = np.array([names.index(segment.campaign) for segment in segmentation.every])
        wanted[runs == k] = by_segment[positions[runs == k]]
    held = codes == hashed.HELD_BACK
    open_to = reach[everyone, wanted] & ~held
    planned = np.where(open_to, wanted, names.index(NO_CONTACT.id))
    drawable = (reach.sum(axis=1) > 1) & ~held
    shares, pools = _shares(arms, runs, positions, drawable, exploration)
    return Placed(labels[codes], runs, positions, planned, shares), pools


def _shares(
    arms: Mapping[str, Segmentation], runs: IntArray, positions: IntArray, drawable: BoolArray, exploration: Exploration
) -> tuple[FloatArray, tuple[Pool, ...]]:
    shares, pools = np.zeros(len(runs)), list[Pool]()
    for k, (name, segmentation) in enumerate(arms.items()):
        here = (runs == k) & drawable
        sizes = np.bincount(positions[here], minlength=len(segmentation.every)).tolist()
        by_segment = np.zeros(len(sizes))
        for members, share in pool_shares(sizes, exploration):
            by_segment[list(members)] = share
            ids = tuple(segmentation.ids[member] for member in members)
            pools.append(Pool(arm=name, segments=ids, customers=sum(sizes[m] for m in members), share=share))
        shares[here] = by_segment[positions[here]]
    return shares, tuple(pools)
