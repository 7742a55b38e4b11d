"""Tweaks: the changes of a segmentation that an agent acts, a reviewer reads and an audit keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias, cast

from pydantic import Field, RootModel

from evenhand.errors import RuleError
from evenhand.segments.canonical import Json, read_json
from evenhand.segments.change import Applied, Change, touched_from
from evenhand.segments.checks import Name, read_model, refuse
from evenhand.segments.reshape import Merge, Split
from evenhand.segments.rules import Condition, RuleGroup
from evenhand.segments.segmentation import Segment, Segmentation, check_campaign, check_version
from evenhand.segments.values import show

__all__ = ["Applied", "AssignCampaign", "Hold", "Merge", "MoveThreshold", "Split", "Tweak", "tweak_from_json"]

Bound: TypeAlias = Literal["<", "<=", ">", ">="]


class Hold(Change):
    """Change nothing this period."""

    op: Literal["hold"] = "hold"

    def apply(self, segmentation: Segmentation) -> Applied:
        """Return the same segmentation, and Hold to undo it."""
        return Applied(segmentation, self)

    def touches(self, segmentation: Segmentation) -> frozenset[str]:
        """Return no segment."""
        return frozenset()


class AssignCampaign(Change):
    """Give a segment, or the default, another campaign."""

    op: Literal["assign_campaign"] = "assign_campaign"
    segment: Name
    campaign: Name

    def apply(self, segmentation: Segmentation) -> Applied:
        """Return the segmentation with the campaign given, and the tweak that gives the old one back."""
        old = segmentation.segment(self.segment)
        check_campaign(self.campaign, segmentation.catalogue, where=f"segment {old.id!r}")
        if old.campaign == self.campaign:
            raise RuleError(
                f"segment {old.id!r} has campaign {old.campaign!r} already", rule="a tweak changes something"
            )
        new = Segment(id=old.id, name=old.name, rule=old.rule, campaign=self.campaign)
        undo = AssignCampaign(segment=old.id, campaign=old.campaign)
        return Applied(segmentation.replaced(new), undo)

    def touches(self, segmentation: Segmentation) -> frozenset[str]:
        """Return the segment."""
        return frozenset({segmentation.segment(self.segment).id})


class MoveThreshold(Change):
    """Move one threshold of a segment's conjunction; in JSON its ends are the keys `from` and `to`.

    `operator` may be left out where only one condition on the field stands at `from`.
    """

    op: Literal["move_threshold"] = "move_threshold"
    segment: Name
    field: Name
    operator: Bound | None = None
    from_: float = Field(validation_alias="from", serialization_alias="from")
    to: float

    def _check(self) -> None:
        if self.from_ == self.to:
            raise refuse(f"the threshold moves from {self.from_:g} to itself", rule="a tweak changes something")

    def apply(self, segmentation: Segmentation) -> Applied:
        """Return the segmentation with the threshold moved, and the tweak that moves it back."""
        old = segmentation.segment(self.segment)
        before = self.condition(segmentation)
        after = self.moved(segmentation)
        if after in old.rule.rules:
            raise RuleError(f"segment {old.id!r} has that condition already", mend="merge or hold instead")
        place = old.rule.rules.index(before)
        rule = RuleGroup(rules=(*old.rule.rules[:place], after, *old.rule.rules[place + 1 :]))
        new = Segment(id=old.id, name=old.name, rule=rule, campaign=old.campaign)
        undo = MoveThreshold(
            segment=self.segment,
            field=self.field,
            operator=cast(Bound, before.operator),
            from_=self.to,
            to=self.from_,
        )
        return Applied(segmentation.replaced(new), undo)

    def condition(self, segmentation: Segmentation) -> Condition:
        """Return the condition that moves; RuleError when there is no such one."""
        segment = segmentation.segment(self.segment)
        segmentation.catalogue.feature(self.field)
        where = f"segment {segment.id!r}"
        conditions = segment.rule.conjunction()
        if conditions is None:
            raise RuleError("its rule is nested, so no tweak reaches inside it", where=where, mend="split or retire it")
        bounds = [c for c in conditions if c.field == self.field and c.operator in ("<", "<=", ">", ">=")]
        found = [c for c in bounds if c.value == self.from_ and self.operator in (None, c.operator)]
        if len({c.operator for c in found}) > 1:
            raise RuleError(
                f"two thresholds on {self.field!r} stand at {self.from_:g}",
                where=where,
                mend="name the operator",
            )
        if not found:
            there = ", ".join(f"{c.operator} {show(c.value)}" for c in bounds)
            raise RuleError(
                f"no threshold {self.field} {self.operator or ''} {show(self.from_)}",
                where=where,
                mend=f"its thresholds on {self.field!r} are {there}" if there else "it has no threshold on that field",
            )
        return found[0]

    def moved(self, segmentation: Segmentation) -> Condition:
        """Return the condition with its new threshold."""
        return Condition(field=self.field, operator=self.condition(segmentation).operator, value=self.to)

    def touches(self, segmentation: Segmentation) -> frozenset[str]:
        """Return the segment and those that it may take customers from or give customers to."""
        segment = segmentation.segment(self.segment)
        moved = self.condition(segmentation)
        others = tuple(condition for condition in segment.rule.rules if condition != moved)
        between = _between(moved, self.to)
        return touched_from(segmentation, RuleGroup(rules=(*others, *between)), segment.id)


Tweak: TypeAlias = Hold | Split | Merge | MoveThreshold | AssignCampaign


def tweak_from_json(text: str | bytes | Mapping[str, Json]) -> Tweak:
    """Read the JSON form of any tweak (text or parsed); RuleError says what is wrong and where."""
    form = read_json(text, where="tweak") if isinstance(text, str | bytes) else text
    check_version(form, where="tweak")
    return read_model(_AnyTweak, form, where="tweak").root


class _AnyTweak(RootModel[Annotated[Tweak, Field(discriminator="op")]]):
    pass


def _between(moved: Condition, to: float) -> tuple[Condition, Condition]:
    """Return the conditions of those who are on different sides of the old and the new threshold."""
    low, high = sorted((cast(float, moved.value), to))
    closed = moved.operator in (">=", "<")  # whether the lower end changes sides
    return (
        Condition(field=moved.field, operator=">=" if closed else ">", value=low),
        Condition(field=moved.field, operator="<" if closed else "<=", value=high),
    )
