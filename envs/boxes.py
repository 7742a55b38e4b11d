"""Between segmentations that people read and boxes that the compiled environment works on, exactly, both ways."""

from __future__ import annotations

from dataclasses import dataclass

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
    Segment,
    Segmentation,
    Split,
    Tweak,
)

__all__ = ["Boxes", "apply_to_boxes", "boxes_of", "cuts_of", "tweak_of"]

_UPPER = {"<": False, "<=": True}  # operator of an upper bound -> whether its cut is closed
_LOWER = {">=": False, ">": True}


@dataclass(frozen=True)
class Boxes:
    """Segments as boxes over grid bins: a customer is in the first box that holds all of their bins."""

    lo: NDArray[np.uint8]  # (S, F) first bin inside
    hi: NDArray[np.uint8]  # (S, F) first bin beyond
    campaign: NDArray[np.int8]  # (S,)
    size: int  # segments in use, the default last


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
    """Return a segmentation whose cuts all stand on the grid as boxes."""
    n = len(segmentation.segments) + 1
    if n > max_segments:
        raise RuleError(f"{n} segments are more than the {max_segments} that learning may use", mend="raise max_segments")
    bins = grid.bins()
    lo = np.zeros((max_segments, len(grid.names)), np.uint8)
    hi = np.tile(bins, (max_segments, 1))
    campaign = np.zeros(max_segments, np.int8)
    ids = [c.id for c in segmentation.catalogue.campaigns]
    for s, segment in enumerate((*segmentation.segments, segmentation.default)):
        campaign[s] = ids.index(segment.campaign)
        for condition in _conditions(segment):
            f = grid.position(condition.field)
            upper = condition.operator in _UPPER
            cut = Cut(float(condition.value), (_UPPER if upper else _LOWER)[condition.operator])  # type: ignore[arg-type]
            k = grid.cuts[f].index(cut) + 1
            if upper:
                hi[s, f] = min(hi[s, f], k)
            else:
                lo[s, f] = max(lo[s, f], k)
    return Boxes(lo, hi, campaign, n)


def tweak_of(decoded: NDArray[np.int16], segmentation: Segmentation, grid: Grid, *, number: int) -> Tweak:
    """Return the tweak that a decoded candidate row says, in terms of `segmentation` as it stands.

    `number` makes the id of a new segment unique within an episode.
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
        name = f"{segment.name}, part {number}"
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
    places = [grid.cuts[f].index(Cut(float(c.value), operators[c.operator])) for c in bounds]  # type: ignore[arg-type]
    binding = bounds[int(np.argmax(places) if side == 0 else np.argmin(places))]
    return MoveThreshold(
        segment=segment.id,
        field=binding.field,
        operator=binding.operator,
        from_=binding.value,  # type: ignore[arg-type]
        to=grid.cuts[f][k - 1].value,
    )


def apply_to_boxes(
    decoded: NDArray[np.int16], lo: NDArray[np.uint8], hi: NDArray[np.uint8], campaign: NDArray[np.int8], size: int
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
        for rows in (lo, hi, campaign):
            rows[s : size - 1] = rows[s + 1 : size].copy()
        return size - 1, -1
    if op == SPLIT:
        for rows in (lo, hi, campaign):
            rows[s + 1 : size + 1] = rows[s:size].copy()
        (hi if side == 0 else lo)[s, f] = k
        campaign[s] = c
        return size + 1, s
    return size, -1
