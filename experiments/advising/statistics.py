"""What a business tells about its segments: how many customers, and what they did with what they were sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from evenhand.errors import DataError, nearest
from evenhand.segments import Segmentation

__all__ = ["CampaignCounts", "SegmentCounts", "Statistics", "checked"]


class CampaignCounts(NamedTuple):
    """What one segment did with one campaign, over as many periods as the business likes to count."""

    sends: int
    opens: int
    redemptions: int  # of those who opened


class SegmentCounts(NamedTuple):
    """One segment: its customers now, and its campaigns by their ids; those that were never sent may be left out."""

    customers: int
    campaigns: Mapping[str, CampaignCounts]


Statistics: TypeAlias = Mapping[str, SegmentCounts]  # segment id -> counts; every segment once, the default too


def checked(statistics: Statistics, segmentation: Segmentation) -> Statistics:
    """Return the statistics; DataError where they are not those of `segmentation`, or impossible."""
    campaigns = [campaign.id for campaign in segmentation.catalogue.campaigns if campaign.channel]  # that are sent
    ids = segmentation.ids
    for id_ in statistics:
        _known("segment", id_, ids, "statistics")
    for id_ in ids:
        if id_ not in statistics:
            raise DataError(
                f"segment {id_!r} is missing", where="statistics", rule="every segment of the version in force, once"
            )
        counts = statistics[id_]
        if counts.customers < 0:
            _at_least_nothing(counts.customers, f"statistics of {id_!r}: customers")
        for campaign, funnel in counts.campaigns.items():
            if campaign not in campaigns:
                _known("campaign", campaign, campaigns, f"statistics of {id_!r}")
            if not 0 <= funnel.redemptions <= funnel.opens <= funnel.sends:  # words are made where they are needed
                _possible(funnel, f"statistics of {id_!r}, campaign {campaign!r}")
    return statistics


def _known(what: str, name: str, choices: tuple[str, ...] | list[str], where: str) -> None:
    if name not in choices:
        close = nearest(name, choices)
        mend = f"did you mean {close!r}?" if close else f"known are {', '.join(choices)}"
        raise DataError(f"there is no {what} {name[:80]!r}", where=where, mend=mend)


def _possible(funnel: CampaignCounts, where: str) -> None:
    for name, count in funnel._asdict().items():
        _at_least_nothing(count, f"{where}: {name}")
    if not funnel.redemptions <= funnel.opens <= funnel.sends:
        raise DataError(
            f"{funnel.redemptions} redeemed, {funnel.opens} opened, {funnel.sends} sent",
            where=where,
            rule="who redeems has opened, and who opens was sent something",
            mend="count each contact once, and who redeemed as opened",
        )


def _at_least_nothing(count: int, where: str) -> None:
    if count < 0:
        raise DataError(f"{count} is negative", where=where, rule="counts start at 0")
