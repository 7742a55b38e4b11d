"""What changes from one version of a segmentation to another, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, TypeVar

from evenhand.segments.catalogue import Campaign, Catalogue, Feature
from evenhand.segments.clauses import customers, instead_of
from evenhand.segments.contact import Context
from evenhand.segments.rules import Condition, RuleGroup
from evenhand.segments.sentences import campaign_change, segment_sentence, title
from evenhand.segments.words import listed, quoted

if TYPE_CHECKING:
    from evenhand.segments.segmentation import Segment, Segmentation

__all__ = ["diff", "moved_threshold"]


def diff(old: Segmentation, new: Segmentation) -> list[str]:
    """Return one sentence for each thing that changes; empty only when the two are identical."""
    if old == new:
        return []
    said = [*_catalogues(old.catalogue, new.catalogue), *_retired(old, new)]
    before = {segment.id: segment for segment in old.every}
    for segment in new.every:
        if segment.id in before:
            said += _segments(before[segment.id], segment, old, new)
        else:
            said.append(_added(segment, new))
    said += _order(old, new)
    return said or ["The order of the catalogue changes."]


def _retired(old: Segmentation, new: Segmentation) -> list[str]:
    return [f"Retire {title(gone, old)}." for gone in old.every if gone.id not in new.ids]


def _added(segment: Segment, new: Segmentation) -> str:
    sentence = segment_sentence(segment, new.catalogue)
    sentence = sentence[0].lower() + sentence[1:]
    if segment.id == new.default.id:
        return f"New default segment {title(segment, new)}: {sentence}"
    heir = new.every[new.position(segment.id) + 1]
    return f"New segment {title(segment, new)} before {title(heir, new)}: {sentence}"


def _segments(before: Segment, after: Segment, old: Segmentation, new: Segmentation) -> Iterator[str]:
    if before.name != after.name:
        yield f"{title(before, old)} is now called {title(after, new)}."
    named = title(after, new)
    if before.rule != after.rule:
        moved = moved_threshold(before.rule, after.rule)
        if moved is not None:
            yield f"Count customers as {named} when {instead_of(*moved, new.catalogue)}."
        else:
            yield f"{named} takes {_taken(after, new)} instead of {_taken(before, old)}."
    if before.campaign != after.campaign:
        yield campaign_change(named, old.catalogue.campaign(before.campaign), new.catalogue.campaign(after.campaign))


def _taken(segment: Segment, segmentation: Segmentation) -> str:
    noun = "customers" if segment.rule.rules else "all remaining customers"
    return customers(segment.rule, segmentation.catalogue, noun=noun)


def moved_threshold(before: RuleGroup, after: RuleGroup) -> tuple[Condition, Condition] | None:
    """Return the one threshold that differs between two conjunctions, or None when more differs."""
    first, second = before.conjunction(), after.conjunction()
    if first is None or second is None or len(first) != len(second):
        return None
    apart = [(one, other) for one, other in zip(first, second, strict=True) if one != other]
    if len(apart) != 1:
        return None
    one, other = apart[0]
    alike = (one.field, one.operator) == (other.field, other.operator)
    return (one, other) if alike and one.operator in ("<", "<=", ">", ">=") else None


def _order(old: Segmentation, new: Segmentation) -> Iterator[str]:
    if old.default.id != new.default.id and new.default.id in old.ids:
        yield f"{title(new.default, new)} becomes the default: it takes everyone whom no segment takes."
    kept = [id for id in new.ids if id in old.ids]
    if kept != [id for id in old.ids if id in new.ids]:
        names = [title(segment, new) for segment in new.every]
        yield f"The order of precedence is now {listed(names, 'and')}."


def _catalogues(old: Catalogue, new: Catalogue) -> Iterator[str]:
    features = [{feature.name: feature for feature in catalogue.features} for catalogue in (old, new)]
    campaigns = [{campaign.id: campaign for campaign in catalogue.campaigns} for catalogue in (old, new)]
    yield from _items("feature", *features)
    yield from _items("campaign", *campaigns)
    for name in new.protected:
        if name not in old.protected:
            yield f"{quoted(name)} becomes a protected attribute."
    for name in old.protected:
        if name not in new.protected:
            yield f"{quoted(name)} is no longer a protected attribute."


Item = TypeVar("Item", Feature, Campaign)


def _items(kind: str, old: Mapping[str, Item], new: Mapping[str, Item]) -> Iterator[str]:
    for id, item in new.items():
        if id not in old:
            yield f"New {kind} {_called(item)}."
        elif changes := _changes(old[id], item):
            yield f"The {kind} {_called(item)} changes: {listed(changes, 'and')}."
    for id, item in old.items():
        if id not in new:
            yield f"The {kind} {_called(item)} is gone."


def _called(item: Feature | Campaign) -> str:
    return quoted(item.label if isinstance(item, Feature) else item.name)


def _changes(old: Item, new: Item) -> list[str]:
    before, after = _facts(old), _facts(new)
    names = [name for name in before if before[name] != after[name]]
    return [f"{name} {_value(after[name])} instead of {_value(before[name])}" for name in names]


def _facts(item: Feature | Campaign | Context) -> dict[str, object]:
    """Return the fields by name, those of a context among them."""
    facts: dict[str, object] = {}
    for field in fields(item):
        value = getattr(item, field.name)
        facts |= _facts(value) if isinstance(value, Context) else {field.name: value}
    return facts


def _value(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return f"[{', '.join(quoted(str(item)) for item in value)}]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return quoted(value) if isinstance(value, str) else f"{value:,.12g}"
