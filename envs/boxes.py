"""Between segmentations that people read and boxes that the compiled environment works on, exactly, both ways."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import count
from typing import Literal, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from evenhand.envs.candidates import ASSIGN, MERGE, MOVE, SPLIT
from evenhand.envs.grid import Cut, Grid
from evenhand.errors import RuleError
from evenhand.segments import (
    AssignCampaign,
    Condition,
    Hold,
    Merge,
    MoveThreshold,
    RuleGroup,
    Segment,
    Segmentation,
    Split,
    Tweak,
)

__all__ = ["Boxes", "apply_to_boxes", "boxes_of", "cuts_of", "segmentation_of", "tweak_of"]

Bound: TypeAlias = Literal["<", "<=", ">", ">="]

_UPPER = {"<": False, "<=": True}  # operator of an upper bound -> whether its cut is closed
_LOWER = {">=": False, ">": True}
_PART = re.compile(r", part \d+$")


@dataclass(frozen=True)
class Boxes:
    """Segments as boxes over grid bins: a customer is in the first box that holds all of their bins."""

    lo: NDArray[np.uint8]  # (S, F) first bin inside
    hi: NDArray[np.uint8]  # (S, F) first bin beyond
    campaign: NDArray[np.int8]  # (S,)
    size: int  # segments in use, the default last
    # Where a field is bounded twice on one side (a part of a part), only the tighter bound can move, and not as far as
    # the looser one: lo > lo_room and hi < hi_room. Without a second bound these are 0 and the number of bins.
    lo_room: NDArray[np.uint8] | None = None  # (S, F), None: no second bounds
    hi_room: NDArray[np.uint8] | None = None  # (S, F)

    def rooms(self, bins: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return `lo_room` and `hi_room` as arrays, given the number of bins of each feature."""
        lo = np.zeros_like(self.lo) if self.lo_room is None else self.lo_room
        return lo, np.tile(bins, (len(self.hi), 1)) if self.hi_room is None else self.hi_room

    def drawn_as(self, other: Boxes) -> bool:
        """Say whether both have the same rules, whatever their campaigns."""
        n = self.size
        return n == other.size and all(
            np.array_equal(a[:n], b[:n]) for a, b in ((self.lo, other.lo), (self.hi, other.hi))
        )

    def edits_from(self, other: Boxes) -> int:
        """Return how many tweaks it takes to come here: other campaigns for the same segments, or every one anew."""
        if self.drawn_as(other):
            return int((self.campaign[: self.size] != other.campaign[: self.size]).sum())
        return self.size


def _conditions(segment: Segment) -> tuple[Condition, ...]:
    conditions = segment.rule.conjunction()
    if conditions is None:
        raise RuleError(
            f"segment {segment.id!r} nests its conditions",
            rule="learning tunes segments whose rule is one list of conditions joined by 'and'",
            mend="split it into several segments without 'or' and 'not'",
        )
    return conditions


def cuts_of(segmentation: Segmentation) -> dict[str, set[Cut]]:
    """Return the cuts that a segmentation uses, by feature; RuleError for rules that are no boxes."""
    cuts: dict[str, set[Cut]] = {}
    for segment in segmentation.segments:
        for condition in _conditions(segment):
            closed = _UPPER.get(condition.operator, _LOWER.get(condition.operator))
            if closed is None or isinstance(condition.value, bool | str | tuple) or condition.value is None:
                raise RuleError(
                    f"segment {segment.id!r} uses {condition.field!r} {condition.operator} {condition.value!r}",
                    rule="learning tunes conditions with <, <=, >= or > on numbers",
                    mend="write it with those, or leave this segmentation to review by hand",
                )
            cuts.setdefault(condition.field, set()).add(Cut(float(condition.value), closed))
    return cuts


def boxes_of(segmentation: Segmentation, grid: Grid, *, max_segments: int) -> Boxes:
    """Return a segmentation whose cuts all stand on the grid as boxes; RuleError where one does not, or it has none."""
    if unknown := [field for field in cuts_of(segmentation) if field not in grid.names]:
        raise RuleError(
            f"rules use {unknown[0]!r}, which the simulator does not model",
            rule="learning tunes rules over number features that calibration saw",
            mend=f"use one of {', '.join(grid.names)}",
        )
    n = len(segmentation.segments) + 1
    if n > max_segments:
        raise RuleError(
            f"{n} segments are more than the {max_segments} that learning may use", mend="raise max_segments"
        )
    bins = grid.bins()
    lo = np.zeros((max_segments, len(grid.names)), np.uint8)
    hi = np.tile(bins, (max_segments, 1))
    lo_room, hi_room = lo.copy(), hi.copy()
    campaign = np.zeros(max_segments, np.int8)
    ids = [c.id for c in segmentation.catalogue.campaigns]
    for s, segment in enumerate((*segmentation.segments, segmentation.default)):
        campaign[s] = ids.index(segment.campaign)
        for condition in _conditions(segment):
            f = grid.position(condition.field)
            k = _place(condition, grid, f)
            if condition.operator in _UPPER:
                hi[s, f], hi_room[s, f] = sorted((k, int(hi[s, f]), int(hi_room[s, f])))[:2]
            else:
                lo_room[s, f], lo[s, f] = sorted((k, int(lo[s, f]), int(lo_room[s, f])))[1:]
    return Boxes(lo, hi, campaign, n, lo_room, hi_room)


def _place(condition: Condition, grid: Grid, f: int) -> int:
    """Return where a condition's cut stands on the grid, 1 for the first."""
    closed = (_UPPER | _LOWER)[condition.operator]
    cut = Cut(float(condition.value), closed)  # type: ignore[arg-type]  # a number: cuts_of
    if cut not in grid.cuts[f]:
        raise RuleError(
            f"{condition.field!r} {condition.operator} {cut.value:g} is no threshold that the simulation counts by",
            rule="thresholds stand on the grid of round numbers",
            mend="choose the nearest threshold that a recommendation would use",
        )
    return grid.cuts[f].index(cut) + 1


def segmentation_of(boxes: Boxes, today: Segmentation, grid: Grid) -> Segmentation:
    """Return boxes as a segmentation that people read: today's segments with other campaigns, or new ones by number."""
    ids = [c.id for c in today.catalogue.campaigns]
    given = [ids[c] for c in boxes.campaign[: boxes.size]]
    if boxes.drawn_as(boxes_of(today, grid, max_segments=len(boxes.lo))):
        every = [
            Segment(id=old.id, name=old.name, rule=old.rule, campaign=campaign)
            for old, campaign in zip(today.every, given, strict=True)
        ]
        return today.rebuilt(every[:-1], every[-1])
    numbers = (k for k in count(1) if f"plan-{k}" not in today.ids)
    segments = [
        Segment(id=f"plan-{k}", name=f"Plan, segment {k}", rule=RuleGroup(rules=_bounds(boxes, s, grid)), campaign=one)
        for s, k, one in zip(range(boxes.size - 1), numbers, given[:-1], strict=False)
    ]
    name = "Everyone else" if segments else "Everyone"
    rest = Segment(id=today.default.id, name=name, campaign=given[-1])
    return today.rebuilt(segments, rest)


def _bounds(boxes: Boxes, s: int, grid: Grid) -> tuple[Condition, ...]:
    """Return the conditions of a box, the lower bound of a feature before the upper one."""
    found = []
    for f, (name, cuts) in enumerate(zip(grid.names, grid.cuts, strict=True)):
        lo, hi = int(boxes.lo[s, f]), int(boxes.hi[s, f])
        if lo > 0:
            found.append(Condition(field=name, operator=cuts[lo - 1].above, value=cuts[lo - 1].value))
        if hi <= len(cuts):
            found.append(Condition(field=name, operator=cuts[hi - 1].below, value=cuts[hi - 1].value))
    return tuple(found)


def tweak_of(decoded: NDArray[np.int16], segmentation: Segmentation, grid: Grid, *, number: int) -> Tweak:
    """Return the tweak that a decoded candidate row says, in terms of `segmentation` as it stands.

    `number` numbers a new segment, or the next number whose id is free.
    """
    op, s, f, k, side, c = (int(x) for x in decoded)
    every = (*segmentation.segments, segmentation.default)
    segment = every[s]
    campaign = segmentation.catalogue.campaigns[c]
    if op == ASSIGN:
        return AssignCampaign(segment=segment.id, campaign=campaign.id)
    if op == MERGE:
        return Merge(segment=segment.id)
    if op == SPLIT:
        cut = grid.cuts[f][k - 1]
        condition = Condition(field=grid.names[f], operator=cut.below if side == 0 else cut.above, value=cut.value)
        while f"part-{number}" in segmentation.ids:
            number += 1
        name = f"{_PART.sub('', segment.name)}, part {number}"
        return Split(
            segment=segment.id,
            condition=condition,
            part_id=f"part-{number}",
            part_name=name,
            campaign=campaign.id,
        )
    if op == MOVE:
        return _move(segment, grid, f, k, side)
    return Hold()


def _move(segment: Segment, grid: Grid, f: int, k: int, side: int) -> Tweak:
    """Return the move of the binding bound of a feature to cut `k`."""
    operators = _LOWER if side == 0 else _UPPER
    bounds = [c for c in _conditions(segment) if c.field == grid.names[f] and c.operator in operators]
    places = [_place(c, grid, f) for c in bounds]
    binding = bounds[int(np.argmax(places) if side == 0 else np.argmin(places))]
    return MoveThreshold(
        segment=segment.id,
        field=binding.field,
        operator=cast("Bound", binding.operator),
        from_=binding.value,  # type: ignore[arg-type]  # a number: cuts_of
        to=grid.cuts[f][k - 1].value,
    )


def apply_to_boxes(
    decoded: NDArray[np.int16],
    lo: NDArray[np.uint8],
    hi: NDArray[np.uint8],
    lo_room: NDArray[np.uint8],
    hi_room: NDArray[np.uint8],
    campaign: NDArray[np.int8],
    size: int,
) -> tuple[int, int]:
    """Carry out a decoded row on the boxes of one environment, in place; return (new size, changed position or -1).

    Positions of segments behind a new or retired one shift by one, as in the list that a reviewer sees.
    """
    op, s, f, k, side, c = (int(x) for x in decoded)
    if op == ASSIGN:
        campaign[s] = c
        return size, s
    if op == MOVE:
        (lo if side == 0 else hi)[s, f] = k
        return size, s
    if op == MERGE:
        for rows in (lo, hi, lo_room, hi_room, campaign):
            rows[s : size - 1] = rows[s + 1 : size].copy()
        return size - 1, -1
    if op == SPLIT:
        for rows in (lo, hi, lo_room, hi_room, campaign):
            rows[s + 1 : size + 1] = rows[s:size].copy()
        bound, room = (hi, hi_room) if side == 0 else (lo, lo_room)
        room[s, f], bound[s, f] = bound[s, f], k
        campaign[s] = c
        return size + 1, s
    return size, -1
