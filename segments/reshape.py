"""Split and Merge: the tweaks that change how many segments there are."""

from __future__ import annotations

from typing import Literal

from evenhand.errors import RuleError
from evenhand.segments.change import Applied, Change, touched_from
from evenhand.segments.checks import Name, refuse
from evenhand.segments.compare import disjoint, implies, joined
from evenhand.segments.rules import Condition, RuleGroup
from evenhand.segments.segmentation import Segment, Segmentation, check_campaign, check_rule

__all__ = ["Merge", "Split"]


class Split(Change):
    """Make a new segment next to one.

    Usually by a `condition`: the customers of `segment` who also meet it become the part, directly before the
    segment, which keeps the rest. What undoes a Merge gives the part's whole `rule` instead; and, where two
    segments had been joined, the rule of the `rest` and whether the part stands `after` it.
    """

    op: Literal["split"] = "split"
    segment: Name
    condition: Condition | None = None
    part_id: Name
    part_name: Name
    campaign: Name
    rule: RuleGroup | None = None
    rest: RuleGroup | None = None
    place: Literal["after"] | None = None  # before the segment when None

    def _check(self) -> None:
        if (self.condition is None) == (self.rule is None):
            raise refuse("a split needs either a condition or the whole rule of the part")
        if self.rest is not None and self.rule is None:
            raise refuse("only a split with a whole rule has a rest")
        if self.place is not None and self.rest is None:
            raise refuse("only a split with a rest can place its part after it")

    def apply(self, segmentation: Segmentation) -> Applied:
        """Return the segmentation with the part, and the Merge that takes it out again."""
        part = self.part(segmentation)
        if self.rest is not None:
            return self._unjoin(segmentation, part, self.rest)
        position = segmentation.position(self.segment)
        segments = segmentation.segments
        return Applied(
            segmentation.rebuilt((*segments[:position], part, *segments[position:])),
            Merge(segment=self.part_id),
        )

    def part(self, segmentation: Segmentation) -> Segment:
        """Return the new segment; RuleError when it does not fit the segmentation."""
        parent = segmentation.segment(self.segment)
        where = f"split of segment {parent.id!r}"
        if self.part_id in segmentation.ids:
            raise RuleError(f"there is a segment {self.part_id!r} already", where=where, mend="choose another part_id")
        if self.condition is None:
            rule = self.rule or RuleGroup()
        else:
            rule = parent.rule.and_also(self.condition)
            if idle := _idle(self.condition, parent.rule):
                raise RuleError(idle, where=where, rule="a tweak changes something")
        if not rule.rules:
            raise RuleError("the part has an empty rule", where=where)
        check_rule(rule, segmentation.catalogue, where=where)
        check_campaign(self.campaign, segmentation.catalogue, where=where)
        return Segment(id=self.part_id, name=self.part_name, rule=rule, campaign=self.campaign)

    def touches(self, segmentation: Segmentation) -> frozenset[str]:
        """Return the segments that the part can take customers from."""
        segment = segmentation.segment(self.segment)
        if self.rule is None or self.rest is not None:
            return frozenset({segment.id})
        return touched_from(segmentation, self.rule, segment.id)

    def _unjoin(self, segmentation: Segmentation, part: Segment, rest: RuleGroup) -> Applied:
        """Undo a Merge of two segments; only what that Merge would join again can be undone so."""
        old = segmentation.segment(self.segment)
        where = f"split of segment {old.id!r}"
        check_rule(rest, segmentation.catalogue, where=where)
        kept = Segment(id=old.id, name=old.name, rule=rest, campaign=old.campaign)
        pair = (kept, part) if self.place == "after" else (part, kept)
        if not rest.rules or joined(pair[0].rule, pair[1].rule) != old.rule:
            raise RuleError(
                "part and rest do not join to the rule of the segment",
                where=where,
                mend="split by a condition",
            )
        position = segmentation.position(old.id)
        segments = (*segmentation.segments[:position], *pair, *segmentation.segments[position + 1 :])
        return Applied(segmentation.rebuilt(segments), Merge(segment=part.id, into=old.id))


class Merge(Change):
    """Take a segment out.

    Without `into` it is retired: its customers fall through to the next segment that they match. With `into`
    it joins a neighbour that differs in one cut, and they get the neighbour's name and campaign.
    """

    op: Literal["merge"] = "merge"
    segment: Name
    into: Name | None = None

    def apply(self, segmentation: Segmentation) -> Applied:
        """Return the segmentation without the segment, and the Split that brings it back."""
        segment = self._taken(segmentation)
        if self.into is not None:
            return self._join(segmentation, segment, segmentation.segment(self.into))
        position = segmentation.position(segment.id)
        heir = segmentation.every[position + 1]
        segments = (*segmentation.segments[:position], *segmentation.segments[position + 1 :])
        return Applied(segmentation.rebuilt(segments), _restore(segment, heir))

    def joined_rule(self, segmentation: Segmentation) -> RuleGroup:
        """Return the rule of both segments together; RuleError when they cannot be joined."""
        segment, into = self._taken(segmentation), segmentation.segment(self.into or self.segment)
        where = f"merge of segment {segment.id!r} into {into.id!r}"
        if into.id in (segment.id, segmentation.default.id):
            raise RuleError(
                "a segment joins another one that has a rule",
                where=where,
                mend="retire it instead: leave out `into`",
            )
        first, last = sorted((segmentation.position(segment.id), segmentation.position(into.id)))
        if last - first != 1:
            raise RuleError(
                "they do not stand next to each other",
                where=where,
                mend="retire it instead: leave out `into`",
            )
        rule = joined(segmentation.segments[first].rule, segmentation.segments[last].rule)
        if rule is None:
            raise RuleError(
                "their rules do not differ in one cut",
                where=where,
                mend="retire it instead: leave out `into`",
            )
        return rule

    def touches(self, segmentation: Segmentation) -> frozenset[str]:
        """Return the segment and those that get its customers."""
        segment = self._taken(segmentation)
        if self.into is not None:
            return frozenset({segment.id, segmentation.segment(self.into).id})
        return touched_from(segmentation, segment.rule, segment.id)

    def _taken(self, segmentation: Segmentation) -> Segment:
        segment = segmentation.segment(self.segment)
        if segment.id == segmentation.default.id:
            raise RuleError(
                f"the default segment {segment.id!r} cannot be merged",
                rule="it takes everyone whom no segment took",
            )
        return segment

    def _join(self, segmentation: Segmentation, segment: Segment, into: Segment) -> Applied:
        rule = self.joined_rule(segmentation)
        whole = Segment(id=into.id, name=into.name, rule=rule, campaign=into.campaign)
        segments = tuple(
            whole if other.id == into.id else other for other in segmentation.segments if other.id != segment.id
        )
        after = segmentation.position(segment.id) > segmentation.position(into.id)
        undo = Split(
            segment=into.id, part_id=segment.id, part_name=segment.name, campaign=segment.campaign,
            rule=segment.rule, rest=into.rule, place="after" if after else None,
        )  # fmt: skip
        return Applied(segmentation.rebuilt(segments), undo)


def _idle(condition: Condition, rule: RuleGroup) -> str | None:
    """Say why a condition cannot split a rule, or None when it may."""
    alone = RuleGroup(rules=(condition,))
    if implies(rule, alone):
        return "all its customers meet the condition already"
    return "none of its customers can meet the condition" if disjoint(rule, alone) else None


def _restore(part: Segment, heir: Segment) -> Split:
    """Return the Split that puts a retired segment back before its heir, by one condition if that says it."""
    last = part.rule.rules[-1]
    back = Split(segment=heir.id, rule=part.rule, part_id=part.id, part_name=part.name, campaign=part.campaign)
    if isinstance(last, RuleGroup) or _idle(last, heir.rule) or heir.rule.and_also(last) != part.rule:
        return back
    return back.model_copy(update={"condition": last, "rule": None})
