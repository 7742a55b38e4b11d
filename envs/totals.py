"""Sums over an episode, for the evidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.envs.period import Period
from evenhand.simulator.types import Outcome

__all__ = ["Totals"]


@dataclass
class Totals:
    """Sums over an episode, one entry per environment."""

    profit: NDArray[np.float64]  # money per customer, less edit and complexity cost, residual value included
    contacts: NDArray[np.float64]  # per customer
    redeemed: NDArray[np.float64]  # per customer
    unsubscribed: NDArray[np.float64]  # per customer
    lost: NDArray[np.float64]  # per customer
    edits: NDArray[np.float64]
    benefits: NDArray[np.float64]  # (E, P, K) beneficial contacts per group
    converts: NDArray[np.float64]  # (E, P, K) benefit rate among who would convert, summed over periods; zeros unasked
    rest: NDArray[np.float64]  # (E, P, K) the same among who would not

    @classmethod
    def zero(cls, shape: tuple[int, ...]) -> Totals:
        """Return sums of nothing; `shape` is (E, P, K)."""
        z = [np.zeros(shape[0]) for _ in range(6)]
        return cls(z[0], z[1], z[2], z[3], z[4], z[5], np.zeros(shape), np.zeros(shape), np.zeros(shape))

    def add(self, profit: NDArray[np.float64], edits: NDArray[np.float64], out: Outcome, period: Period) -> None:
        """Add a period."""
        self.profit += profit
        self.edits += edits
        for name, flags in (("redeemed", out.redeemed), ("lost", out.lost)):
            setattr(self, name, getattr(self, name) + flags.mean(axis=1, dtype=np.float64))
        self.contacts += period.contacts
        self.unsubscribed += period.unsubscribed
        self.benefits += period.benefits
        if period.likely is not None:
            self.converts += np.nan_to_num(period.rates("converts"))
            self.rest += np.nan_to_num(period.rates("rest"))
