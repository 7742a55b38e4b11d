"""The scan itself: rows in blocks that fit into the cache, each block centred by its own means, then joined.

A block's rows are put in the order of their cells, so that each cell's rows lie side by side; they are centred by the
mean of the block's rows in that cell, multiplied out, and joined by Chan's formulas (`cells`). Nothing is ever squared
that was not centred, so means of 1e9 with a spread of 1 lose no digits; every number is read from memory once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["INFINITE", "NAN", "NEGATIVE", "CellSums", "co_moments"]

FloatArray = NDArray[np.float64]

BLOCK = 4096  # rows; 14 columns of them are 450 kB
NAN, INFINITE, NEGATIVE = 0, 1, 2  # what is counted of a column in `flaws`


class CellSums(NamedTuple):
    """What one scan counted, cells by code."""

    n: NDArray[np.int64]  # (cells,)
    mean: FloatArray  # (cells, k)
    comoment: FloatArray  # (cells, k, k)
    dropped: NDArray[np.int64]  # (cells,) rows with a value that is not finite
    flaws: NDArray[np.int64]  # (k, 3) values that are missing, infinite, negative


def co_moments(codes: NDArray[np.int32], cells: int, columns: Sequence[NDArray[np.generic]]) -> CellSums:
    """Return counts, means and centred co-moments of `columns`, k arrays (n,), by `codes` (n,) in 0..cells - 1.

    A row with a NaN or an infinity in any column is left out of all and counted in `dropped`.
    """
    from evenhand.experiments.moments.kernel import add_block  # with the compiler: many scan nothing

    k = len(columns)
    sums = CellSums(
        np.zeros(cells, np.int64),
        np.zeros((cells, k)),
        np.zeros((cells, k, k)),
        np.zeros(cells, np.int64),
        np.zeros((k, 3), np.int64),
    )
    block = np.empty((k, BLOCK))
    for first in range(0, len(codes), BLOCK):
        rows = codes[first : first + BLOCK]
        for j, column in enumerate(columns):
            block[j, : len(rows)] = column[first : first + BLOCK]  # whatever it is made of becomes float64 here
        add_block(block, rows, *sums)
    upper = np.triu(sums.comoment)
    return sums._replace(comoment=upper + np.triu(upper, 1).transpose(0, 2, 1))
