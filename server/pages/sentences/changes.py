"""Tweaks, and what changes from one version to another, as sentences in the reader's language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from evenhand.segments import Segment, Segmentation, Tweak
from evenhand.segments.differences import moved_threshold
from evenhand.segments.reshape import Merge, Split
from evenhand.segments.rules import RuleGroup
from evenhand.segments.tweaks import AssignCampaign, MoveThreshold
from evenhand.server.pages.sentences.segments import Teller
from evenhand.server.pages.sentences.wording import listed, quoted
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.words import N_

__all__ = ["differences", "tweak_said"]

_COUNT = N_("Count customers as %(segment)s when %(clause)s.")
_STOP = N_("Stop contacting %(who)s, who get %(old)s today.")
_GIVE = N_("Give %(who)s %(new)s instead of %(old)s.")


def tweak_said(tweak: Tweak, segmentation: Segmentation, say: Speech) -> str:
    """Return a tweak that fits a segmentation as a sentence about it."""
    teller = Teller(segmentation, say)
    if isinstance(tweak, Split):
        return teller.sentence(_split(tweak, teller))
    if isinstance(tweak, Merge):
        return teller.sentence(_merge(tweak, teller))
    if isinstance(tweak, MoveThreshold):
        clause = teller.clauses.instead_of(tweak.condition(segmentation), tweak.moved(segmentation))
        return say(_COUNT) % {"segment": teller.title(segmentation.segment(tweak.segment)), "clause": clause}
    if isinstance(tweak, AssignCampaign):
        segment = segmentation.segment(tweak.segment)
        return _recampaigned(teller, teller, segment, segment.campaign, tweak.campaign)
    return say(N_("Change nothing this period."))


def differences(old: Segmentation, new: Segmentation, say: Speech) -> list[str]:
    """Return one sentence for each thing that changes; where features or campaigns differ, those of the registry."""
    if old.catalogue != new.catalogue:
        return old.diff(new)
    before, after = Teller(old, say), Teller(new, say)
    return [after.sentence(text) for text in _differences(before, after)]


def _differences(before: Teller, after: Teller) -> Iterator[str]:
    old, new, say = before.segmentation, after.segmentation, after.say
    for gone in old.every:
        if gone.id not in new.ids:
            yield say(N_("Retire %(segment)s.")) % {"segment": before.title(gone)}
    known = {segment.id: segment for segment in old.every}
    for segment in new.every:
        yield from (
            _changed(known[segment.id], segment, before, after) if segment.id in known else _added(segment, after)
        )
    if old.default.id != new.default.id and new.default.id in old.ids:
        words = N_("%(segment)s becomes the default: it takes everyone whom no segment takes.")
        yield say(words) % {"segment": after.title(new.default)}
    if [id for id in new.ids if id in old.ids] != [id for id in old.ids if id in new.ids]:
        names = listed([after.title(segment) for segment in new.every], "and", say)
        yield say(N_("The order of precedence is now %(names)s.")) % {"names": names}


def _added(segment: Segment, after: Teller) -> Iterator[str]:
    new, say = after.segmentation, after.say
    told = {"segment": after.title(segment), "sentence": after.segment(segment, noun="customers")}
    if segment.id == new.default.id:
        yield say(N_("New default segment %(segment)s: %(sentence)s")) % told
        return
    heir = after.title(new.every[new.position(segment.id) + 1])
    yield say(N_("New segment %(segment)s before %(heir)s: %(sentence)s")) % {**told, "heir": heir}


def _changed(old: Segment, new: Segment, before: Teller, after: Teller) -> Iterator[str]:
    say, named = after.say, after.title(new)
    if old.name != new.name:
        yield say(N_("%(old)s is now called %(new)s.")) % {"old": before.title(old), "new": named}
    if old.rule != new.rule:
        moved = moved_threshold(old.rule, new.rule)
        if moved is not None:
            yield say(_COUNT) % {"segment": named, "clause": after.clauses.instead_of(*moved)}
        else:
            words = N_("%(segment)s takes %(new)s instead of %(old)s.")
            yield say(words) % {"segment": named, "new": after.who(new.rule), "old": before.who(old.rule)}
    if old.campaign != new.campaign:
        yield _recampaigned(before, after, new, old.campaign, new.campaign)


def _recampaigned(before: Teller, after: Teller, segment: Segment, old: str, new: str) -> str:
    was, now = before.segmentation.catalogue.campaign(old), after.segmentation.catalogue.campaign(new)
    told = {"who": after.title(segment), "old": before.campaign(was), "new": after.campaign(now)}
    return after.say(_GIVE if now.is_contact else _STOP) % told


def _split(tweak: Split, teller: Teller) -> str:
    segmentation, say = teller.segmentation, teller.say
    told = {"segment": teller.title(segmentation.segment(tweak.segment)), "part": quoted(tweak.part_name, say)}
    if tweak.condition is not None:
        if rate := teller.clauses.rate(tweak.condition):
            campaign = teller.campaign(segmentation.catalogue.campaign(tweak.campaign))
            words = N_("Split %(segment)s at %(rate)s; give the new part, %(part)s, %(campaign)s.")
            return say(words) % {**told, "rate": rate, "campaign": campaign}
        those = teller.who(RuleGroup(rules=(tweak.condition,)), noun="those")
        found = segmentation.catalogue.campaign(tweak.campaign)
        words = (
            N_("Split %(segment)s: %(those)s become %(part)s and get %(campaign)s.")
            if found.is_contact
            else N_("Split %(segment)s: %(those)s become %(part)s and are not contacted.")
        )
        return say(words) % {**told, "those": those, "campaign": teller.campaign(found)}
    taken = teller.treated(teller.who(tweak.part(segmentation).rule), tweak.campaign)
    if tweak.rest is None:
        return say(N_("Add %(part)s before %(segment)s: %(taken)s.")) % {**told, "taken": taken}
    words = N_("Split %(segment)s in two: %(part)s, %(taken)s; %(segment)s, %(rest)s.")
    return say(words) % {**told, "taken": taken, "rest": teller.who(tweak.rest)}


def _merge(tweak: Merge, teller: Teller) -> str:
    segmentation, say = teller.segmentation, teller.say
    segment = segmentation.segment(tweak.segment)
    named = teller.title(segment)
    if tweak.into is not None:
        into = segmentation.segment(tweak.into)
        taken = teller.treated(teller.who(tweak.joined_rule(segmentation)), into.campaign)
        words = N_("Merge %(segment)s into %(into)s: %(taken)s.")
        return say(words) % {"segment": named, "into": teller.title(into), "taken": taken}
    reached = tweak.touches(segmentation) - {segment.id}
    heirs = [other for other in segmentation.every if other.id in reached]
    if not heirs:
        return say(N_("Retire %(segment)s, which no customer can match.")) % {"segment": named}
    several = N_("Retire %(segment)s; its customers go to %(heirs)s, whichever they match first.")
    words = several if len(heirs) > 1 else N_("Retire %(segment)s; its customers go to %(heirs)s.")
    return say(words) % {"segment": named, "heirs": _titles(heirs, teller)}


def _titles(segments: Sequence[Segment], teller: Teller) -> str:
    return listed([teller.title(segment) for segment in segments], "or", teller.say)
