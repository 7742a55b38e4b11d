"""What a change means for each group of each protected attribute, counted on the customers at hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from evenhand.segments import Segmentation
from evenhand.server.pages.models.parts import Gap, GroupRow
from evenhand.server.pages.views.audience import Audience
from evenhand.server.pages.views.content import changed

if TYPE_CHECKING:
    from evenhand.customers import Customers
    from evenhand.fairness.gaps import GroupRate

__all__ = ["gaps_of", "ratio_of"]

Z = 1.959964  # of an interval of 95 %
UNKNOWN = "unknown"


def gaps_of(before: Segmentation, after: Segmentation, audience: Audience) -> tuple[Gap, ...]:
    """Return every protected attribute, the limited one first."""
    touched = changed(before, after, audience)
    benefits = audience.benefits(before), audience.benefits(after)
    codes, customers = audience.customers.protected_codes(), audience.customers
    found = [_gap(audience, customers, p, codes[:, p], benefits, touched) for p in range(len(customers.protected))]
    return tuple(sorted(found, key=lambda one: one.tolerance is None))


def _gap(
    audience: Audience, customers: Customers, p: int, codes: NDArray[np.int8],
    benefits: tuple[NDArray[np.bool_], NDArray[np.bool_]], touched: NDArray[np.bool_],
) -> Gap:  # fmt: skip
    from evenhand.fairness.gaps import gap, group_rates  # scipy is slow to import

    attribute = customers.protected[p]
    names = [group.name for group in attribute.known]
    before, after = (group_rates(benefit, codes, names) for benefit in benefits)
    counted = [k for k, rate in enumerate(after) if not rate.left_out()]
    reference = max(counted, key=lambda k: after[k].n, default=None)
    of_group = [codes == (k if name != UNKNOWN else -1) for k, name in enumerate(rate.group for rate in after)]
    rows = tuple(
        _row(old, new, int(touched[mine].sum()), None if reference is None else after[reference])
        for old, new, mine in zip(before, after, of_group, strict=True)
        if new.n
    )
    limited = attribute.name == audience.constrained and len(counted) > 1
    return Gap(
        attribute=attribute.label, before=gap(before), after=gap(after), groups=rows, told=len(counted) > 1,
        tolerance=audience.tolerance if limited else None,
        unknown=attribute.unknown / max(customers.n, 1),
    )  # fmt: skip


def _row(before: GroupRate, after: GroupRate, affected: int, reference: GroupRate | None) -> GroupRow:
    row = GroupRow(group=after.group, n=after.n, affected=affected, before=before.rate, after=after.rate)
    if after.group == UNKNOWN:
        return row.noted("unknown")
    if reference is None or after.left_out():
        return row.noted("too few")
    if after == reference:
        return row.noted("reference")
    ratio = ratio_of(after, reference)
    return row if ratio is None else row.compared(*ratio)


def ratio_of(one: GroupRate, reference: GroupRate) -> Sequence[float] | None:
    """Return the ratio of two rates with its 95 % interval, None where one of them is 0.

    The interval is that of the logarithm (Katz et al., Biometrics 34, 1978, 469-474).
    """
    if not one.rate > 0 or not reference.rate > 0:
        return None
    ratio = one.rate / reference.rate
    se = math.sqrt((1 - one.rate) / (one.n * one.rate) + (1 - reference.rate) / (reference.n * reference.rate))
    return ratio, ratio * math.exp(-Z * se), ratio * math.exp(Z * se)
