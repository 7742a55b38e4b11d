"""What all tweaks share: their JSON form, hash and sentence, and which segments a change can reach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from evenhand.segments import sentences
from evenhand.segments.canonical import Json, canonical_json, content_hash
from evenhand.segments.checks import Model
from evenhand.segments.compare import disjoint, implies
from evenhand.segments.rules import RuleGroup
from evenhand.segments.segmentation import Segmentation

if TYPE_CHECKING:
    from evenhand.segments.tweaks import Tweak

__all__ = ["Applied", "Change", "touched_from"]


class Applied(NamedTuple):
    """What applying a tweak gives."""

    segmentation: Segmentation
    undo: Tweak  # applied to `segmentation`, it gives back the identical one from before


class Change(Model):
    """Base of all tweaks: one change of a segmentation, as data."""

    schema_version: Literal[1] = 1

    def apply(self, segmentation: Segmentation) -> Applied:
        """Return the changed segmentation and the exact undo; RuleError when the tweak does not fit it."""
        raise NotImplementedError

    def touches(self, segmentation: Segmentation) -> frozenset[str]:
        """Return the ids of the segments whose customers or campaign can change; all others keep theirs."""
        raise NotImplementedError

    def explain(self, segmentation: Segmentation) -> str:
        """Return the tweak as a sentence about a segmentation; RuleError when it does not fit it."""
        self.apply(segmentation)
        return sentences.tweak_sentence(cast("Tweak", self), segmentation)

    def to_dict(self) -> dict[str, Json]:
        """Return the JSON form as plain Python values."""
        return cast("dict[str, Json]", self.model_dump(by_alias=True, exclude_none=True))

    def to_json(self) -> str:
        """Return the canonical JSON form."""
        return canonical_json(self.to_dict())

    @property
    def hash(self) -> str:
        """SHA-256 over the canonical JSON."""
        return content_hash(self.to_dict())


def touched_from(segmentation: Segmentation, region: RuleGroup, start: str) -> frozenset[str]:
    """Return a segment and the later ones that customers of a region can be in.

    Segments that surely share no customer with the region are left out; the first that surely takes all of
    it is the last one reached.
    """
    position = segmentation.position(start)
    reached = {start}
    for segment in segmentation.every[position + 1 :]:
        if not disjoint(region, segment.rule):
            reached.add(segment.id)
        if implies(region, segment.rule):
            break
    return frozenset(reached)
