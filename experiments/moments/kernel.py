"""The scan itself: rows in blocks that fit into the cache, each block centred by its own means, then joined.

A block's rows are put in the order of their cells, so that each cell's rows lie side by side; they are centred by the
mean of the block's rows in that cell, multiplied out, and joined by Chan's formulas (`cells`). Nothing is ever squared
that was not centred, so means of 1e9 with a spread of 1 lose no digits; every number is read from memory once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

__all__ = ["CellSums", "co_moments"]

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
        _add_block(block, rows, *sums)
    upper = np.triu(sums.comoment)
    return sums._replace(comoment=upper + np.triu(upper, 1).transpose(0, 2, 1))


@numba.njit(cache=True, nogil=True)
def _add_block(block, codes, n, mean, comoment, dropped, flaws):
    k, rows, cells = len(block), len(codes), len(n)
    good = _count_flaws(block, codes, dropped, flaws)
    # counting sort: where the rows of each cell begin, then which rows they are
    start = np.zeros(cells + 1, np.int64)
    for i in range(rows):
        if good[i]:
            start[codes[i] + 1] += 1
    for c in range(cells):
        start[c + 1] += start[c]
    place = start[:-1].copy()
    order = np.empty(rows, np.int64)
    for i in range(rows):
        if good[i]:
            order[place[codes[i]]] = i
            place[codes[i]] += 1
    part = np.empty((k, rows))
    d = np.empty(k)
    for c in range(cells):
        count = start[c + 1] - start[c]
        if count:
            _gather(block, order[start[c] : start[c + 1]], part, d)
            _join(part, count, d, n, mean, comoment, c)


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _count_flaws(block, codes, dropped, flaws):
    """Count missing, infinite and negative values; return which rows are finite in every column."""
    k, rows = len(block), len(codes)
    good = np.ones(rows, np.bool_)
    for j in range(k):
        total, negative = 0.0, 0
        column = block[j, :rows]
        for i in range(rows):
            total += column[i] * 0.0  # 0 unless one of them is not finite
            negative += column[i] < 0
        flaws[j, 2] += negative
        if total != 0.0:
            for i in range(rows):
                if not np.isfinite(column[i]):
                    good[i] = False
                    flaws[j, 0 if np.isnan(column[i]) else 1] += 1
    for i in range(rows):
        dropped[codes[i]] += not good[i]
    return good


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _gather(block, order, part, d):
    """Copy the rows of one cell side by side into `part` and centre them; their mean goes to `d`."""
    count = len(order)
    for j in range(len(block)):
        source, target = block[j], part[j]
        total = 0.0
        for i in range(count):
            target[i] = source[order[i]]
            total += target[i]
        middle = total / count
        rest = 0.0
        for i in range(count):
            target[i] -= middle
            rest += target[i]
        # the mean's own rounding, found as what remains after centring
        d[j] = middle + rest / count


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def _join(part, count, middle, n, mean, comoment, c):
    """Multiply a centred part out and join it with what its cell has so far (upper triangle)."""
    k = len(part)
    total = n[c] + count
    share = count / total
    weight = n[c] * share
    for a in range(k):
        d_a = middle[a] - mean[c, a]
        left = part[a]
        for b in range(a, k):
            right = part[b]
            product = 0.0
            for i in range(count):
                product += left[i] * right[i]
            comoment[c, a, b] += product + d_a * (middle[b] - mean[c, b]) * weight
    for a in range(k):
        mean[c, a] += (middle[a] - mean[c, a]) * share
    n[c] = total
