"""Whether the best checkpoint of a training earns more than its start beyond chance, on fresh populations.

Training begins at a good policy, tuned greedy. The best of many looks at the validation populations is better there
than the start by luck alone, so it is only nominated there. Both then meet fresh populations, once, with the same luck:

    mean(d) - t(n - 1; 1 - ERROR) * sd(d) / sqrt(n)        d_i = profit of the checkpoint - profit of the start, in i

Only one checkpoint is ever tried there, so no correction is needed, and the populations can be many: a look costs
seconds, a training minutes. A training in which nothing is better than the start leaves it in at most `ERROR` of the
cases.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from evenhand.agents.feasible import rank

__all__ = ["ERROR", "Confirmation", "Judged", "sure_gain"]

ERROR = 0.10  # of a training: the chance to leave a start that nothing beats


@dataclass(frozen=True)
class Judged:
    """A policy on a set of populations."""

    profits: NDArray[np.float64]  # (n,) money per customer and period beyond today's segmentation
    gap: float  # mean over populations, of the constrained attribute
    feasible: float  # share of populations within tolerance


@dataclass(frozen=True)
class Confirmation:
    """The nominated checkpoint beside the start, on populations that nominated nothing."""

    populations: int
    gain: float  # money per customer and period beyond the start
    sure: float | None  # the gain is at least that, at the error rate `ERROR`; None under two populations
    feasible: float  # share of populations in which the checkpoint keeps every constraint
    start_feasible: float  # in which the start does

    @classmethod
    def of(cls, checkpoint: Judged, start: Judged) -> Confirmation:
        """Compare both, judged in the same populations in the same order."""
        return cls(
            populations=len(start.profits),
            gain=float((checkpoint.profits - start.profits).mean()),
            sure=sure_gain(checkpoint.profits, start.profits),
            feasible=checkpoint.feasible,
            start_feasible=start.feasible,
        )

    @property
    def holds(self) -> bool:
        """Whether the start is left: for what is nearer to feasible, or as near and more profitable beyond chance."""
        mine, others = rank(self.feasible, 0.0), rank(self.start_feasible, 0.0)
        return mine > others or (mine == others and self.sure is not None and self.sure > 0)


def sure_gain(profits: NDArray[np.float64], start: NDArray[np.float64]) -> float | None:
    """Return the lower limit above, money per customer and period; None under two populations.

    `profits` and `start` (n,) are those of the same populations, in the same order.
    """
    difference = profits - start
    n = len(difference)
    if n < 2:
        return None
    error = difference.std(ddof=1) / np.sqrt(n)
    return float(difference.mean() - stdtrit(n - 1, 1.0 - ERROR) * error)
