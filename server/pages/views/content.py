"""A segmentation as a page shows it: segments with sizes, two versions side by side, who moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evenhand.segments import Segment as Rule
from evenhand.segments import Segmentation
from evenhand.server.pages.models.parts import Campaign, Segment
from evenhand.server.pages.models.request import Line, Move
from evenhand.server.pages.sentences import NO_CONTACT_SAID, segment_said
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.audience import Audience

__all__ = ["campaign_of", "changed", "lines_of", "moves_of", "recampaigned", "segments_of"]


def segments_of(
    segmentation: Segmentation, audience: Audience | None, say: Speech, before: Segmentation | None = None
) -> tuple[Segment, ...]:
    """Return the segments in order, marked where they differ from an earlier version; sizes are 0 without a table."""
    sizes = audience.sizes(segmentation) if audience else [0] * len(segmentation.every)
    return tuple(
        Segment(
            id=segment.id,
            name=segment.name,
            sentence=segment_said(segmentation, segment.id, say),
            customers=size,
            campaign=campaign_of(segmentation, segment.campaign, say),
            mark=_mark(segment, before),
        )
        for segment, size in zip(segmentation.every, sizes, strict=True)
    )


def campaign_of(segmentation: Segmentation, id: str, say: Speech) -> Campaign:
    """Return a campaign with its place among colours."""
    found = segmentation.catalogue.campaign(id)
    tone = [one.id for one in segmentation.catalogue.campaigns].index(id)
    name = found.name if found.is_contact else say(NO_CONTACT_SAID)
    return Campaign(id=id, name=name, tone=tone, beneficial=found.beneficial)


def lines_of(before: Segmentation, after: Segmentation, say: Speech) -> tuple[Line, ...]:
    """Return two versions side by side, segment by segment."""
    return tuple(_lines(before, after, say))


def _lines(before: Segmentation, after: Segmentation, say: Speech) -> Iterator[Line]:
    old, new = (_said(one, say) for one in (before, after))
    for op, a, b, c, d in SequenceMatcher(None, before.ids, after.ids, autojunk=False).get_opcodes():
        if op == "equal":
            for one, other in zip(old[a:b], new[c:d], strict=True):
                yield Line(mark="same" if one == other else "changed", before=one, after=other)
            continue
        yield from (Line(mark="removed", before=one, after="") for one in old[a:b])
        yield from (Line(mark="added", before="", after=other) for other in new[c:d])


def _said(segmentation: Segmentation, say: Speech) -> list[str]:
    """Return each segment with its name, by itself: what others take before it is shown by the order."""
    return [f"{segment.name}: {segment_said(segmentation, segment.id, say)}" for segment in segmentation.every]


def changed(before: Segmentation, after: Segmentation, audience: Audience) -> NDArray[np.bool_]:
    """Return whose segment or campaign differs, (n,)."""
    old, new = (np.array(one.ids)[audience.places(one)] for one in (before, after))
    return np.asarray((old != new) | recampaigned(before, after, audience), np.bool_)


def recampaigned(before: Segmentation, after: Segmentation, audience: Audience) -> NDArray[np.bool_]:
    """Return whose campaign differs, (n,)."""
    old, new = (np.array([segment.campaign for segment in one.every])[audience.places(one)] for one in (before, after))
    return np.asarray(old != new, np.bool_)


def moves_of(before: Segmentation, after: Segmentation, audience: Audience) -> tuple[Move, ...]:
    """Return how many go from where to where, most first; the same name twice where only the campaign differs."""
    touched = changed(before, after, audience)
    pairs = zip(audience.places(before)[touched], audience.places(after)[touched], strict=True)
    return tuple(
        Move(origin=before.every[old].name, target=after.every[new].name, customers=n)
        for (old, new), n in Counter((int(old), int(new)) for old, new in pairs).most_common()
    )


def _mark(segment: Rule, before: Segmentation | None) -> Literal["", "new", "changed"]:
    if before is None:
        return ""
    known = next((one for one in before.every if one.id == segment.id), None)
    return "new" if known is None else "" if known == segment else "changed"
