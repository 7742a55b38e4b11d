"""Adjusted p-values for several tests at once; each may be compared with the error rate itself.

With the m p-values sorted upwards, p_(1) <= ... <= p_(m):

    Holm (1979, Scandinavian Journal of Statistics 6:65-70)        max over j <= i of (m - j + 1) p_(j)
        keeps the chance of any false rejection, whatever the dependence
    Benjamini & Hochberg (1995, JRSS B 57:289-300)                 min over j >= i of (m / j) p_(j)
        keeps the expected share of false ones among the rejections; for independent or positively dependent tests
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import DataError

__all__ = ["benjamini_hochberg", "holm"]

FloatArray = NDArray[np.float64]


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return Holm's adjusted p-values (m,), in the order given; DataError for a number that is no probability."""
    p, order = _sorted(p_values)
    steps = np.maximum.accumulate(p * np.arange(p.size, 0, -1))
    return _placed(steps, order)


def benjamini_hochberg(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return Benjamini and Hochberg's adjusted p-values (m,), in the order given; DataError as in `holm`."""
    p, order = _sorted(p_values)
    steps = np.minimum.accumulate((p * p.size / np.arange(1, p.size + 1))[::-1])[::-1]
    return _placed(steps, order)


def _sorted(p_values: Sequence[float]) -> tuple[FloatArray, NDArray[np.intp]]:
    p = np.asarray(p_values, dtype=np.float64)
    if p.ndim != 1 or not ((p >= 0) & (p <= 1)).all():
        raise DataError(f"p-values {list(p_values)}", rule="a list of numbers from 0 to 1")
    order = np.argsort(p, kind="stable")
    return p[order], order


def _placed(adjusted: FloatArray, order: NDArray[np.intp]) -> tuple[float, ...]:
    placed = np.empty_like(adjusted)
    placed[order] = np.minimum(adjusted, 1.0)
    return tuple(placed.tolist())
