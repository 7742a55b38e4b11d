"""The tweaks that a standing business can be offered: in words, whom they touch, what they do to groups.

None of it depends on statistics, so each is worked out once and kept.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.envs.boxes import tweak_of
from evenhand.experiments.advising.impact import Groups, Impact
from evenhand.experiments.advising.standing import Standing
from evenhand.experiments.now import first_part
from evenhand.segments import Tweak

__all__ = ["MOST_KEPT", "Offer", "Offers", "Plain"]

MOST_KEPT = 4096  # a table offers some hundred tweaks, by other thresholds as answers change


class Offer(NamedTuple):
    """One tweak of today's segmentation."""

    tweak: Tweak
    document: dict[str, Any]  # the tweak as JSON
    touches: frozenset[str]  # segments
    sentence: str
    affected: NDArray[
        np.int64
    ]  # (S,) customers of each segment, of those looked at, who get another one or its campaign
    fairness: tuple[Groups, ...]


class Plain(NamedTuple):
    """A tweak without what it does to customers: enough to tell what comes next."""

    tweak: Tweak
    document: dict[str, Any]  # the tweak as JSON
    touches: frozenset[str]  # segments


class Offers:
    """Works out offers, each once."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self._impact, self._first = Impact(standing), first_part(standing.today)
        self._kept: dict[tuple[int, ...], Offer] = {}
        self._plain: dict[tuple[int, ...], Plain] = {}

    def of(self, decoded: NDArray[np.int16], already: int) -> Offer:
        """Return the offer of a decoded row where `already` are offered beside it, which numbers a new segment."""
        key = (*decoded.tolist(), already)
        if (kept := self._kept.get(key)) is not None:
            return kept
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[key] = found = self._worked_out(decoded, already)
        return found

    def plain(self, decoded: NDArray[np.int16], already: int = 0) -> Plain:
        """Return the tweak of a decoded row where `already` are offered beside it."""
        key = (*decoded.tolist(), already)
        if (kept := self._plain.get(key)) is not None:
            return kept
        if len(self._plain) >= MOST_KEPT:
            self._plain.clear()
        today = self.standing.today
        tweak = tweak_of(decoded, today, self.standing.setup.grid, number=self._first + already)
        self._plain[key] = found = Plain(tweak, json.loads(tweak.to_json()), tweak.touches(today))
        return found

    def _worked_out(self, decoded: NDArray[np.int16], already: int) -> Offer:
        standing, plain = self.standing, self.plain(decoded, already)
        touched = self._impact.of(decoded)
        affected = np.bincount(standing.world.first[0][touched.customers], minlength=len(standing.members))
        sentence = plain.tweak.explain(standing.today)
        return Offer(plain.tweak, plain.document, plain.touches, sentence, affected, touched.fairness)
