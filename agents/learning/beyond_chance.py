"""Whether a checkpoint earns more than the start beyond chance, though many checkpoints are looked at.

Training begins at a good policy, tuned greedy, and looks at validation populations K times more. The best of K looks is
better there than the start by luck alone, so a look counts only when the lower limit of its paired difference lies
above zero, population by population, with the same luck:

    mean(d) - t(n - 1; 1 - ERROR / K) * sd(d) / sqrt(n)        d_i = profit of the look - profit of the start, in i

By Bonferroni's inequality a training in which nothing is better than the start leaves it in at most `ERROR` of the
cases, however the looks hang together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

__all__ = ["ERROR", "sure_gain"]

ERROR = 0.10  # of a training: the chance to leave a start that nothing beats


def sure_gain(profits: NDArray[np.float64], start: NDArray[np.float64], *, looks: int) -> float | None:
    """Return the lower limit above, money per customer and period, of one of `looks`; None under two populations.

    `profits` and `start` (n,) are those of the same populations, in the same order.
    """
    difference = profits - start
    n = len(difference)
    if n < 2:
        return None
    error = difference.std(ddof=1) / np.sqrt(n)
    return float(difference.mean() - stdtrit(n - 1, 1.0 - ERROR / looks) * error)
