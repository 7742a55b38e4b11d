"""What a request would change: a tweak, a whole edited segmentation, or going back to an earlier version. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from evenhand.errors import RuleError
from evenhand.segments import Segment, Segmentation, Tweak, tweak_from_json
from evenhand.segments.canonical import Json
from evenhand.segments.change import touched_from
from evenhand.segments.rules import RuleGroup

__all__ = ["Change", "GoBack", "Kind", "Outcome", "change_from", "differing", "form_of", "kind_of", "outcome"]

Kind = Literal["tweak", "edit", "rollback"]


class GoBack(NamedTuple):
    """Put an earlier version in force again, as a new one."""

    version: int


Change: TypeAlias = Tweak | Segmentation | GoBack


class Outcome(NamedTuple):
    """What a change makes of a segmentation."""

    segmentation: Segmentation
    touches: frozenset[str]  # ids, old and new, of the segments whose customers or campaign can change


def kind_of(change: Change) -> Kind:
    """Return the kind of a change."""
    if isinstance(change, GoBack):
        return "rollback"
    return "edit" if isinstance(change, Segmentation) else "tweak"


def form_of(change: Change) -> Mapping[str, Json]:
    """Return the JSON form of a change."""
    return {"version": change.version} if isinstance(change, GoBack) else change.to_dict()


def change_from(kind: Kind, form: Mapping[str, Json]) -> Change:
    """Read the JSON form of a kind of change; RuleError says what is wrong in it."""
    if kind == "edit":
        return Segmentation.from_json(form)
    if kind == "tweak":
        return tweak_from_json(form)
    version = form.get("version")
    if set(form) != {"version"} or isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise RuleError("a roll-back names the version to go back to", where="change", mend='{"version": 3}')
    return GoBack(version)


def outcome(change: Tweak | Segmentation, base: Segmentation) -> Outcome:
    """Return what a change makes of a segmentation; RuleError when it does not fit it, or changes nothing.

    A roll-back is given as the segmentation that it goes back to.
    """
    if isinstance(change, Segmentation):
        result, touches = change, differing(base, change)
    else:
        result, touches = change.apply(base).segmentation, change.touches(base)
    if result == base:
        raise RuleError("nothing would change", where="change", rule="a request changes the segmentation")
    return Outcome(result, touches)


def differing(old: Segmentation, new: Segmentation) -> frozenset[str]:
    """Return the ids of all segments whose customers or campaign can differ between two segmentations.

    All of them when the catalogue or the order of segments differs, since either can reach everybody.
    """
    everything = frozenset((*old.ids, *new.ids))
    common = set(old.ids) & set(new.ids)
    if old.catalogue != new.catalogue or _in(old.ids, common) != _in(new.ids, common):
        return everything
    before, after = _by_id(old), _by_id(new)
    renamed = {id for id in common if before[id] != after[id]}
    return frozenset(renamed) | _reached(old, after) | _reached(new, before)


def _reached(segmentation: Segmentation, others: Mapping[str, Segment]) -> frozenset[str]:
    """Return the segments that customers of those rules can be in which the other segmentation does not have."""
    return frozenset[str]().union(
        *(
            touched_from(segmentation, segment.rule, segment.id)
            for segment in segmentation.every
            if _rule(others, segment.id) != segment.rule
        )
    )


def _rule(segments: Mapping[str, Segment], id: str) -> RuleGroup | None:
    return segments[id].rule if id in segments else None


def _by_id(segmentation: Segmentation) -> dict[str, Segment]:
    return {segment.id: segment for segment in segmentation.every}


def _in(ids: tuple[str, ...], some: set[str]) -> list[str]:
    return [id for id in ids if id in some]
