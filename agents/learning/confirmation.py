"""Whether the best checkpoint of a training earns more than its start beyond chance, on fresh populations.

Training begins at a good policy, tuned greedy. The best of many looks at the validation populations is better there
than the start by luck alone, so it is only nominated there. Both then meet fresh populations, once, with the same luck:

    mean(d) - t(n - 1; 1 - ERROR) * sd(d) / sqrt(n)        d_i = profit of the checkpoint - profit of the start, in i

Only one checkpoint is ever tried there, so no correction is needed, and the populations can be many: a look costs
seconds, a training minutes. A start that does not keep the constraints in enough populations is left for what keeps
them in more, beyond chance as well, whatever that earns: both shares with a success and a failure added (Agresti and
Caffo, "Simple and effective confidence intervals for proportions and differences of proportions", The American
Statistician 54, 2000), as if the populations were not the same, which errs on the side of the start. A training in
which nothing is better than the start leaves it in at most `ERROR` of the cases.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

from evenhand.agents.feasible import FEASIBLE_SHARE

__all__ = ["ERROR", "Confirmation", "Judged", "sure_gain", "sure_share"]

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
    sure_feasible: float  # the first share is the second's and at least that much more, at the error rate `ERROR`

    @classmethod
    def of(cls, checkpoint: Judged, start: Judged) -> Confirmation:
        """Compare both, judged in the same populations in the same order."""
        return cls(
            populations=len(start.profits),
            gain=float((checkpoint.profits - start.profits).mean()),
            sure=sure_gain(checkpoint.profits, start.profits),
            feasible=checkpoint.feasible,
            start_feasible=start.feasible,
            sure_feasible=sure_share(checkpoint.feasible, start.feasible, len(start.profits)),
        )

    @property
    def holds(self) -> bool:
        """Whether the start is left: for what is feasible too and more profitable, else for what is fairer."""
        if self.start_feasible < FEASIBLE_SHARE:
            return self.sure_feasible > 0
        return self.feasible >= FEASIBLE_SHARE and self.sure is not None and self.sure > 0


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


def sure_share(feasible: float, start: float, n: int) -> float:
    """Return the lower limit of a difference of shares among `n` populations each, at the error rate `ERROR`."""
    mine, others = ((share * n + 1) / (n + 2) for share in (feasible, start))
    error = np.sqrt((mine * (1 - mine) + others * (1 - others)) / (n + 2))
    return float(mine - others - ndtri(1.0 - ERROR) * error)
