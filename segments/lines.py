"""The values of one feature as the rules of a segmentation tell them apart: points and the stretches between them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias, cast

from evenhand.segments.rules import Condition
from evenhand.segments.segmentation import Segmentation

__all__ = ["Line", "Numbers", "Stretch", "Words", "line_of"]

Stretch: TypeAlias = tuple[int, int]  # the first and the last of neighbouring cells


@dataclass(frozen=True)
class Numbers:
    """A number's line: below the first threshold, on it, between it and the next one, and so on."""

    field: str
    points: tuple[float, ...]  # thresholds, ascending

    @cached_property
    def cells(self) -> tuple[float, ...]:
        """One value of each cell: even ones lie between thresholds, odd ones on them."""
        points = self.points
        between = [low + (high - low) / 2 for low, high in pairwise(points)]
        open_cells = [points[0] - abs(points[0]) - 1, *between, points[-1] + abs(points[-1]) + 1]
        return (open_cells[0], *(value for pair in zip(points, open_cells[1:], strict=True) for value in pair))

    def paths(self, value: object) -> Iterator[Sequence[int]]:
        """Yield the cells above a value and those below it, the nearest first; all of them for an unknown one."""
        most = 2 * len(self.points)
        if value is None:
            yield range(most + 1)
            return
        place = bisect_left(self.points, float(cast(float, value)))
        on = place < len(self.points) and self.points[place] == value
        here = 2 * place + on
        yield range(here + 1, most + 1)
        yield range(here - 1, -1, -1)

    def stretch(self, cell: int, alike: Callable[[int], bool]) -> Stretch:
        """Return the first and the last of the cells around one that are alike."""
        low = high = cell
        while low > 0 and alike(low - 1):
            low -= 1
        while high < 2 * len(self.points) and alike(high + 1):
            high += 1
        return low, high

    def conditions(self, stretch: Stretch) -> tuple[Condition, ...]:
        """Return the conditions that a stretch's values meet, and no others."""
        low, high = stretch
        if low == high and low % 2:
            return (Condition(field=self.field, operator="=", value=self.points[low // 2]),)
        ends = []
        if low > 0:
            ends.append(
                Condition(field=self.field, operator=">=" if low % 2 else ">", value=self.points[(low - 1) // 2])
            )
        if high < 2 * len(self.points):
            ends.append(Condition(field=self.field, operator="<=" if high % 2 else "<", value=self.points[high // 2]))
        return tuple(ends) or (Condition(field=self.field, operator="notNull"),)


@dataclass(frozen=True)
class Words:
    """The values of a category or a flag that rules name."""

    field: str
    cells: tuple[str | bool, ...]

    def paths(self, value: object) -> Iterator[Sequence[int]]:
        """Yield each other value by itself."""
        for cell, word in enumerate(self.cells):
            if word != value:
                yield (cell,)

    def stretch(self, cell: int, alike: Callable[[int], bool]) -> Stretch:
        """Return the cell by itself: words have no neighbours."""
        return cell, cell

    def conditions(self, stretch: Stretch) -> tuple[Condition, ...]:
        """Return the condition of one value."""
        return (Condition(field=self.field, operator="=", value=self.cells[stretch[0]]),)


Line: TypeAlias = Numbers | Words


def line_of(segmentation: Segmentation, field: str) -> Line:
    """Return a feature's line, from every condition on it."""
    kind = segmentation.catalogue.feature(field).kind
    if kind == "flag":
        return Words(field, (True, False))
    named = [c.value for s in segmentation.segments for c in s.rule.conditions() if c.field == field]
    values = {one for value in named if value is not None for one in (value if isinstance(value, tuple) else (value,))}
    if kind == "category":
        return Words(field, tuple(sorted(cast("set[str]", values))))
    return Numbers(field, tuple(sorted(cast("set[float]", values)))) if values else Words(field, ())
