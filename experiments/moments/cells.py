"""Moments: per cell (arm x segment x group) how many rows, their mean and the centred co-moments of all columns.

Of rows x_i (k,) in a cell: n, m = sum x_i / n and C = sum (x_i - m)(x_i - m)^T. Two parts of a cell join without going
back to the rows and without squares of large numbers (Chan, Golub & LeVeque 1983, "Algorithms for computing the sample
variance", American Statistician 37:242-247; for two columns Pébay 2008, SAND2008-6212):

    n = n_a + n_b,   d = m_b - m_a,   m = m_a + d n_b / n,   C = C_a + C_b + d d^T n_a n_b / n
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import DataError, nearest

__all__ = ["Moments"]

FloatArray = NDArray[np.float64]
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    """Counts, means and centred co-moments of `columns`, a cell per combination of `factors` that has rows.

    Cells are sorted by their keys; a key has a label per factor. `dropped` counts rows left out for a missing value.
    """

    columns: tuple[str, ...]  # k names
    factors: tuple[str, ...]  # the first is the arm
    keys: tuple[Key, ...]  # a key per cell
    n: NDArray[np.int64]  # (cells,)
    mean: FloatArray  # (cells, k)
    comoment: FloatArray  # (cells, k, k)
    dropped: NDArray[np.int64]  # (cells,)

    @property
    def rows(self) -> int:
        """Rows counted over all cells."""
        return int(self.n.sum())

    def levels(self, factor: str) -> tuple[str, ...]:
        """Return the labels that `factor` has, sorted; DataError for another factor."""
        at = self._factor(factor)
        return tuple(sorted({key[at] for key in self.keys}))

    def index(self, column: str) -> int:
        """Return the position of `column`; DataError where it was not counted."""
        return _position(column, self.columns, "column", "scan it too")

    def where(self, **labels: str) -> Moments:
        """Return the cells whose factors have these labels; DataError where there are none."""
        at = {self._factor(factor): str(label) for factor, label in labels.items()}
        found = [i for i, key in enumerate(self.keys) if all(key[f] == label for f, label in at.items())]
        if not found:
            asked = ", ".join(f"{factor} {label!r}" for factor, label in labels.items())
            there = "; ".join(f"{factor}: {', '.join(self.levels(factor))}" for factor in labels)
            raise DataError(f"no rows of {asked}", rule=f"the data has {there}", mend="look at the labels in the data")
        return self._take(found)

    def pooled(self, *factors: str) -> Moments:
        """Return the moments over all but these factors, in their order."""
        at = [self._factor(factor) for factor in factors]
        return _joined(self, factors, [tuple(key[f] for f in at) for key in self.keys])

    def merge(self, other: Moments) -> Moments:
        """Return the moments of both parts of the data; DataError where they count different things."""
        if (self.columns, self.factors) != (other.columns, other.factors):
            raise DataError(
                f"moments of {self.columns} by {self.factors} meet {other.columns} by {other.factors}",
                rule="parts that are joined count the same columns by the same factors",
            )
        both = Moments(
            self.columns,
            self.factors,
            self.keys + other.keys,
            np.concatenate([self.n, other.n]),
            np.concatenate([self.mean, other.mean]),
            np.concatenate([self.comoment, other.comoment]),
            np.concatenate([self.dropped, other.dropped]),
        )
        return _joined(both, self.factors, both.keys)

    def covariance(self) -> FloatArray:
        """Return the sample covariance (cells, k, k), NaN in cells of one row."""
        freedom = np.where(self.n > 1, self.n - 1, np.nan)
        return np.asarray(self.comoment / freedom[:, None, None])

    def _take(self, cells: Sequence[int]) -> Moments:
        at = np.asarray(cells, np.intp)
        keys = tuple(self.keys[i] for i in cells)
        return Moments(self.columns, self.factors, keys, self.n[at], self.mean[at], self.comoment[at], self.dropped[at])

    def _factor(self, factor: str) -> int:
        return _position(factor, self.factors, "factor", "name it in `by` when the data is scanned")


def _position(name: str, names: tuple[str, ...], kind: str, mend: str) -> int:
    if name in names:
        return names.index(name)
    close = nearest(name, names)
    raise DataError(
        f"no {kind} {name!r}", rule=f"there are {', '.join(names)}", mend=f"did you mean {close!r}?" if close else mend
    )


def _joined(moments: Moments, factors: tuple[str, ...], keys: Sequence[Key]) -> Moments:
    """Return `moments` whose cells of equal new key are joined, sorted by key."""
    order = sorted(set(keys))
    cell = {key: i for i, key in enumerate(order)}
    c, k = len(order), len(moments.columns)
    n, dropped = np.zeros(c, np.int64), np.zeros(c, np.int64)
    mean, comoment = np.zeros((c, k)), np.zeros((c, k, k))
    for i, key in enumerate(keys):
        to, count = cell[key], int(moments.n[i])
        dropped[to] += moments.dropped[i]
        if not count:
            continue
        total = int(n[to]) + count
        d = moments.mean[i] - mean[to]
        comoment[to] += moments.comoment[i] + np.outer(d, d) * (int(n[to]) * (count / total))
        mean[to] += d * (count / total)
        n[to] = total
    return Moments(moments.columns, tuple(factors), tuple(order), n, mean, comoment, dropped)
