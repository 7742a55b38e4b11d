"""Segments and tweaks as the sentences that a reviewer reads and approves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evenhand.segments.catalogue import Campaign, Catalogue
from evenhand.segments.clauses import customers, instead_of, rate_phrase
from evenhand.segments.rules import RuleGroup
from evenhand.segments.words import listed, quoted

if TYPE_CHECKING:
    from evenhand.segments.reshape import Merge, Split
    from evenhand.segments.segmentation import Segment, Segmentation
    from evenhand.segments.tweaks import AssignCampaign, MoveThreshold, Tweak

__all__ = ["called", "campaign_change", "explain", "segment_sentence", "title", "treated", "tweak_sentence"]


def explain(segmentation: Segmentation) -> list[str]:
    """Return one sentence per segment, in the order of precedence, the default last."""
    said = []
    for position, segment in enumerate(segmentation.segments):
        catalogue = segmentation.catalogue
        who = customers(segment.rule, catalogue)
        if position:
            who = f"of the remaining customers, {customers(segment.rule, catalogue, noun='those')}"
        said.append(f"{title(segment, segmentation)}: {who} {treated(segment.campaign, catalogue)}.")
    everyone = "the remaining customers" if segmentation.segments else "all customers"
    default = segmentation.default
    said.append(f"{title(default, segmentation)}: {everyone} {treated(default.campaign, segmentation.catalogue)}.")
    return said


def segment_sentence(segment: Segment, catalogue: Catalogue) -> str:
    """Return a segment by itself: "Customers whose ... get campaign ..."."""
    who = customers(segment.rule, catalogue, noun="Customers" if segment.rule.rules else "All remaining customers")
    return f"{who} {treated(segment.campaign, catalogue)}."


def title(segment: Segment, segmentation: Segmentation) -> str:
    """Return the name of a segment in quotation marks; with its id where another has the same name."""
    shared = sum(other.name == segment.name for other in segmentation.every) > 1
    return f"{quoted(segment.name)} ({segment.id})" if shared else quoted(segment.name)


def treated(campaign: str, catalogue: Catalogue) -> str:
    """Return what customers get: "get campaign ..." or "are not contacted"."""
    found = catalogue.campaign(campaign)
    return f"get {called(found)}" if found.is_contact else "are not contacted"


def campaign_change(who: str, old: Campaign, new: Campaign) -> str:
    """Return a change of campaign as a sentence."""
    if not new.is_contact:
        return f"Stop contacting {who}, who get {called(old)} today."
    return f"Give {who} {called(new)} instead of {called(old)}."


def called(campaign: Campaign) -> str:
    """Return a campaign by its name: campaign "Summer", or no contact."""
    return f"campaign {quoted(campaign.name)}" if campaign.is_contact else "no contact"


def tweak_sentence(tweak: Tweak, segmentation: Segmentation) -> str:
    """Return a tweak that fits a segmentation as a sentence about it."""
    if tweak.op == "hold":
        return "Change nothing this period."
    if tweak.op == "split":
        return _split(tweak, segmentation)
    if tweak.op == "merge":
        return _merge(tweak, segmentation)
    return _move(tweak, segmentation) if tweak.op == "move_threshold" else _assign(tweak, segmentation)


def _split(tweak: Split, segmentation: Segmentation) -> str:
    parent, catalogue = segmentation.segment(tweak.segment), segmentation.catalogue
    named, part = title(parent, segmentation), quoted(tweak.part_name)
    if tweak.condition is not None:
        if rate := rate_phrase(tweak.condition, catalogue):
            campaign = called(catalogue.campaign(tweak.campaign))
            return f"Split {named} at {rate}; give the new part, {part}, {campaign}."
        those = customers(RuleGroup(rules=(tweak.condition,)), catalogue, noun="those")
        return f"Split {named}: {those} become {part} and {treated(tweak.campaign, catalogue)}."
    taken = f"{customers(tweak.part(segmentation).rule, catalogue)} {treated(tweak.campaign, catalogue)}"
    if tweak.rest is None:
        return f"Add {part} before {named}: {taken}."
    return f"Split {named} in two: {part}, {taken}; {named}, {customers(tweak.rest, catalogue)}."


def _merge(tweak: Merge, segmentation: Segmentation) -> str:
    segment, catalogue = segmentation.segment(tweak.segment), segmentation.catalogue
    named = title(segment, segmentation)
    if tweak.into is not None:
        into = segmentation.segment(tweak.into)
        who = customers(tweak.joined_rule(segmentation), catalogue)
        return f"Merge {named} into {title(into, segmentation)}: {who} {treated(into.campaign, catalogue)}."
    reached = tweak.touches(segmentation) - {segment.id}
    heirs = [other for other in segmentation.every if other.id in reached]
    if not heirs:
        return f"Retire {named}, which no customer can match."
    choice = ", whichever they match first" if len(heirs) > 1 else ""
    return f"Retire {named}; its customers go to {_titles(heirs, segmentation)}{choice}."


def _move(tweak: MoveThreshold, segmentation: Segmentation) -> str:
    before = tweak.condition(segmentation)
    after = tweak.moved(segmentation)
    named = title(segmentation.segment(tweak.segment), segmentation)
    return f"Count customers as {named} when {instead_of(before, after, segmentation.catalogue)}."


def _assign(tweak: AssignCampaign, segmentation: Segmentation) -> str:
    segment = segmentation.segment(tweak.segment)
    old, new = (segmentation.catalogue.campaign(id) for id in (segment.campaign, tweak.campaign))
    return campaign_change(title(segment, segmentation), old, new)


def _titles(segments: Sequence[Segment], segmentation: Segmentation) -> str:
    return listed([title(segment, segmentation) for segment in segments], "or")
