"""Whether a change could stand in for a protected attribute: how well being touched, or a changed segment, tells it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evenhand.segments import Segmentation
from evenhand.server.pages.models.request import Proxy
from evenhand.server.pages.views.audience import Audience
from evenhand.server.pages.views.content import changed, segments_of

if TYPE_CHECKING:
    from evenhand.fairness.gaps import GroupRate

__all__ = ["proxies_of", "told_by"]

LEVEL = 0.95  # of all groups of an attribute together


def proxies_of(before: Segmentation, after: Segmentation, audience: Audience) -> tuple[Proxy, ...]:
    """Return, for each attribute, how well being touched tells it, then how well each new or changed segment does."""
    codes, places = audience.customers.protected_codes(), audience.places(after)
    marked = [k for k, one in enumerate(segments_of(after, None, before)) if one.mark]
    touched = changed(before, after, audience)
    segments = [(after.every[k].name, np.asarray(places == k, np.bool_)) for k in marked]
    ways = [("", touched), *((name, member) for name, member in segments if not np.array_equal(member, touched))]
    return tuple(
        found
        for p, attribute in enumerate(audience.customers.protected)
        for by, member in ways
        if (found := _proxy(attribute.label, by, member, codes[:, p], [one.name for one in attribute.known]))
    )


def _proxy(
    attribute: str, by: str, member: NDArray[np.bool_], codes: NDArray[np.int8], groups: list[str]
) -> Proxy | None:
    told = [Proxy(attribute=attribute, by=by, group=name, auc=auc, low=low, high=high)
            for name, auc, low, high in told_by(member, codes, groups)]  # fmt: skip
    return max(told, key=lambda one: one.auc, default=None)


def told_by(
    member: NDArray[np.bool_], codes: NDArray[np.int8], groups: list[str]
) -> Iterator[tuple[str, float, float, float]]:
    """Give (group, AUC, low, high) for each group that counts: how well membership (n,) tells it from the others.

    `codes` (n,) are positions in `groups`, -1 for unknown, who are left out. For a yes or no, the area under the ROC
    curve is 0.5 + |P(member | group) - P(member | others)| / 2; its limits are those of the difference by Newcombe's
    interval, at a level divided by the number of groups (Bonferroni), so that the largest of them may be read.
    """
    from evenhand.fairness.gaps import group_rates, newcombe  # scipy is slow to import

    known = codes >= 0
    for k, name in enumerate(groups):
        others = np.where(codes[known] == k, 0, 1)
        level = 1 - (1 - LEVEL) / len(groups)
        mine, theirs = group_rates(member[known].astype(float), others, [name, "others"], level=level)
        if _counts(mine) and _counts(theirs):
            found = newcombe(mine, theirs)
            low, high = sorted((abs(found.low), abs(found.high)))
            low = 0.0 if found.low <= 0 <= found.high else low
            yield name, *(0.5 + part / 2 for part in (abs(found.difference), low, high))


def _counts(rate: GroupRate) -> bool:
    return rate.n > 0 and not rate.left_out()
