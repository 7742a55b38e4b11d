"""What constraints and reward terms are told of a period: sums over the customers of each environment."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Among", "Gauge", "Period", "Sums"]

Sums = NDArray[np.float64]
Among = Literal["everyone", "converts", "rest"]


class Gauge(NamedTuple):
    """A sum that can be foretold for every candidate tweak: a field of `Period`, and for benefits whose they are.

    Attribute -1 with group 0 is everyone.
    """

    field: Literal["benefits", "likely_benefits", "contacts", "unsubscribed", "spend"]
    attribute: int = -1
    group: int = -1


class Period(NamedTuple):
    """One period; the leading axes `...` are (E,), or (E, M) where a period is foretold for every candidate tweak.

    P counts protected attributes, then intersections of them that are constrained, then everyone as a single group.
    `likely` sums chances that a member would convert if offered a benefit, as they stand where nothing was ever
    changed (`entitlement`): no policy moves them. Both are None where no constraint asks.
    """

    horizon: int
    members: Sums  # (..., P, K) known members at the start of the episode
    benefits: Sums  # (..., P, K) beneficial contacts
    likely: Sums | None  # (..., P, K) chances to convert, summed over members
    likely_benefits: Sums | None  # (..., P, K) the same, over those who got a beneficial contact
    contacts: Sums  # (...) per customer
    unsubscribed: Sums  # (...) per customer
    spend: Sums  # (...) money per customer: contact cost and own part of discounts

    def rates(self, among: Among = "everyone") -> Sums:
        """Return the benefits per one who was entitled to one, (..., P, K); NaN where nobody was."""
        received, entitled = self.benefits, self.members
        if among != "everyone":
            if self.likely is None or self.likely_benefits is None:
                raise ValueError("nobody kept account of who would convert: ask for a gauge of 'likely_benefits'")
            would, got = self.likely, self.likely_benefits
            received, entitled = (got, would) if among == "converts" else (received - got, entitled - would)
        return np.asarray(np.where(entitled > 0, received / np.where(entitled > 0, entitled, 1.0), np.nan))
