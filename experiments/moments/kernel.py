"""The innermost loops of the scan, compiled; `blocks` says what they do."""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["add_block"]


@numba.njit(cache=True, nogil=True)
def add_block(block, codes, n, mean, comoment, dropped, flaws):
    """Join a block, (k, rows), whose rows lie in the cells `codes`, with the sums so far."""
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
