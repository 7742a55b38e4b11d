"""What an adviser is asked, and how it is written from process to process."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from evenhand.errors import DataError
from evenhand.experiments.advising.statistics import CampaignCounts, SegmentCounts, Statistics
from evenhand.registry.actor import Actor
from evenhand.server.logs import current_request

if TYPE_CHECKING:
    from evenhand.server.schemas.recommendations import Asked, SegmentTold

__all__ = ["Question", "statistics_of"]


class Question(NamedTuple):
    """Fresh statistics of a segmentation, and who asks with them."""

    segmentation: str
    version: int
    most: int  # how many tweaks at most
    statistics: Statistics
    sha256: str  # of the statistics, as the audit log keeps it
    actor: Actor
    now: datetime
    request: str  # the id under which the log speaks of it

    @classmethod
    def of(cls, segmentation: str, asked: Asked, *, actor: Actor, now: datetime) -> Question:
        """Return what was asked; DataError for a segment or a campaign that stands twice."""
        sha256 = hashlib.sha256(asked.model_dump_json().encode()).hexdigest()
        told = statistics_of(asked.segments)
        return cls(segmentation, asked.version, asked.count, told, sha256, actor, now, current_request.get() or "")

    def to_json(self) -> bytes:
        """Write it for another process of this release."""
        *before, now, request = self
        return json.dumps([*before, now.isoformat(), request]).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Question:
        """Read what `to_json` wrote."""
        name, version, most, statistics, sha256, actor, now, request = json.loads(text)
        told = {
            segment: SegmentCounts(customers, {id: CampaignCounts(*counts) for id, counts in campaigns.items()})
            for segment, (customers, campaigns) in statistics.items()
        }
        return cls(name, version, most, told, sha256, Actor(*actor), datetime.fromisoformat(now), request)


def statistics_of(segments: list[SegmentTold]) -> Statistics:
    """Return what was told as the adviser takes it; DataError for a segment or a campaign that stands twice."""
    found: dict[str, SegmentCounts] = {}
    for told in segments:
        if told.segment in found:
            raise DataError(f"segment {told.segment!r} stands twice", where="segments", rule="each segment once")
        funnel = {one.campaign: CampaignCounts(one.sends, one.opens, one.redemptions) for one in told.campaigns}
        if len(funnel) < len(told.campaigns):
            raise DataError(f"a campaign of {told.segment!r} stands twice", where="segments", rule="each campaign once")
        found[told.segment] = SegmentCounts(told.customers, funnel)
    return found
