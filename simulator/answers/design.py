"""The features of customers as columns of a regression: standardised numbers and levels of categories.

The balance check and the response model see the same columns. A level that fewer than `LEAST_LEVEL` customers have gets
none: whoever has it counts as average, so that no number in a file speaks about a handful of people.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["EXTREME", "LEAST_LEVEL", "Coding", "Design", "coding_of", "columns_of", "names_of"]

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]

EXTREME = 3.0  # standard deviations, beyond which a number counts as this extreme
LEAST_LEVEL = 5  # customers
SKEWED = 1.0  # skewness, beyond which a number without negative values is taken as its logarithm


class Design(NamedTuple):
    """Features of N customers: F numbers, and Q categories as positions of their levels."""

    numbers: Floats  # (N, F)
    codes: Codes  # (N, Q), -1 where unknown
    number_names: tuple[str, ...]  # F
    levels: tuple[tuple[str, ...], ...]  # Q times the names of the levels
    code_names: tuple[str, ...]  # Q

    def rows(self, rows: NDArray[np.intp]) -> Design:
        """Return these customers, in this order."""
        return self._replace(numbers=self.numbers[rows], codes=self.codes[rows])


class Coding(NamedTuple):
    """How numbers and levels become columns: fixed by the customers that were fitted."""

    logged: NDArray[np.bool_]  # (F,) whether a number is taken as log(1 + number)
    centre: Floats  # (F,)
    scale: Floats  # (F,)
    kept: tuple[tuple[bool, ...], ...]  # Q times: which levels enough customers have

    @property
    def is_level(self) -> NDArray[np.bool_]:
        """Which columns stand for levels, shape (D,)."""
        return np.arange(len(self.centre) + sum(map(_width, self.kept))) >= len(self.centre)


def coding_of(design: Design) -> Coding:
    """Return the coding of these customers' features."""
    numbers = design.numbers
    low, spread = numbers.min(0, initial=np.inf), np.maximum(numbers.std(0), 1e-12)
    skewness = (((numbers - numbers.mean(0)) / spread) ** 3).mean(0)
    logged = (low >= 0) & (skewness > SKEWED)
    shaped = _shaped(numbers, logged)
    kept = []
    for column, names in zip(design.codes.T, design.levels, strict=True):
        count = np.bincount(column[column >= 0], minlength=len(names))
        kept.append(tuple((count >= LEAST_LEVEL).tolist()))
    return Coding(logged, shaped.mean(0), np.maximum(shaped.std(0), 1e-9), tuple(kept))


def columns_of(design: Design, coding: Coding) -> Floats:
    """Return the columns (N, D): numbers in standard deviations, two levels as -1/2 and 1/2, more as 0 and 1.

    An unknown level is 0 throughout, and so is one that the coding does not keep.
    """
    numbers = (_shaped(design.numbers, coding.logged) - coding.centre) / coding.scale
    parts = [np.clip(numbers, -EXTREME, EXTREME)]
    for column, kept in zip(design.codes.T, coding.kept, strict=True):
        hot = (column[:, None] == np.flatnonzero(kept)).astype(np.float64)
        parts.append((hot[:, 1:] - hot[:, :1]) / 2 if hot.shape[1] == 2 else hot)
    return np.hstack(parts)


def names_of(design: Design, coding: Coding) -> tuple[str, ...]:
    """Return a name for every column."""
    names = list(design.number_names)
    for name, levels, kept in zip(design.code_names, design.levels, coding.kept, strict=True):
        shown = [f"{name} {level}" for level, there in zip(levels, kept, strict=True) if there]
        names += shown[1:] if len(shown) == 2 else shown
    return tuple(names)


def _width(kept: tuple[bool, ...]) -> int:
    return sum(kept) if sum(kept) != 2 else 1


def _shaped(numbers: Floats, logged: NDArray[np.bool_]) -> Floats:
    return np.where(logged, np.log1p(np.maximum(numbers, 0.0)), numbers)
