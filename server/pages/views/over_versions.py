"""How a segmentation came to be as it is: gaps and sizes version by version, on the customers at hand."""

from __future__ import annotations

import numpy as np

from evenhand.registry.segmentations import Version
from evenhand.segments import Segmentation
from evenhand.server.pages.models.dashboard import GapSeries, SegmentHealth, Series
from evenhand.server.pages.models.parts import Gap
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.audience import Audience
from evenhand.server.pages.views.content import segments_of
from evenhand.server.pages.views.groups import gaps_of

__all__ = ["gaps_over", "health_of"]

MOST = 26  # versions shown, the newest


def gaps_over(versions: list[Version], audience: Audience) -> GapSeries | None:
    """Return the gap of each attribute under each version that was in force, as it would be on today's customers."""
    shown = [one for one in versions if one.fate in ("was_in_force", "in_force")][-MOST:]
    found: list[tuple[Gap, ...]] = [gaps_of(one.content, one.content, audience) for one in shown]
    if not found or not found[0]:
        return None
    names = [gap.attribute for gap in found[0]]
    by_name = [{gap.attribute: gap for gap in gaps} for gaps in found]
    return GapSeries(
        periods=tuple(one.created_at.date() for one in shown), tolerance=found[-1][0].tolerance,
        series=tuple(
            Series(name=name, values=tuple(gaps[name].after if gaps[name].told else None for gaps in by_name))
            for name in names
        ),
    )  # fmt: skip


def health_of(
    now: Segmentation, before: Segmentation | None, audience: Audience, say: Speech
) -> tuple[SegmentHealth, ...]:
    """Return the segments in order beside those of the version before, on the same customers."""
    places = audience.places(now)
    earlier = None if before is None else audience.places(before)
    rows = []
    for k, segment in enumerate(segments_of(now, audience, say)):
        old = None if before is None or segment.id not in before.ids else before.ids.index(segment.id)
        was = None if earlier is None or old is None else earlier == old
        stays = None if was is None or not was.any() else float(np.mean(places[was] == k))
        rows.append(SegmentHealth(segment=segment, before=None if was is None else int(was.sum()), stability=stays))
    return tuple(rows)
