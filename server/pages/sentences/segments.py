"""One segment as a sentence in the reader's language."""

from __future__ import annotations

import re

from evenhand.segments import Campaign, Segment, Segmentation
from evenhand.segments.rules import RuleGroup
from evenhand.server.pages.sentences.clauses import Clauses
from evenhand.server.pages.sentences.wording import quoted
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.words import N_

__all__ = ["NO_CONTACT_SAID", "Teller", "segment_said"]

NO_CONTACT_SAID = N_("no contact")
WHO = {
    "Customers": N_("Customers %(clause)s"), "customers": N_("customers %(clause)s"), "those": N_("those %(clause)s"),
}  # fmt: skip
EVERYONE = {
    "Customers": N_("All remaining customers"), "customers": N_("all remaining customers"), "those": N_("all of them"),
}  # fmt: skip
LOOSE = re.compile(r",(?=[.;:,])")  # a clause ends in a comma in some languages, but not before another stop


def segment_said(segmentation: Segmentation, id: str, say: Speech) -> str:
    """Return one segment by itself as a sentence, whatever other segments take before it."""
    return Teller(segmentation, say).segment(segmentation.segment(id))


class Teller:
    """Says parts of one segmentation."""

    def __init__(self, segmentation: Segmentation, say: Speech) -> None:
        self.segmentation, self.say = segmentation, say
        self.clauses = Clauses(segmentation.catalogue, say)

    def segment(self, segment: Segment, *, noun: str = "Customers") -> str:
        """Return "Customers whose ... get campaign ..."."""
        return self.sentence(f"{self.treated(self.who(segment.rule, noun=noun), segment.campaign)}.")

    def who(self, rule: RuleGroup, *, noun: str = "customers") -> str:
        """Return who meets a rule."""
        return self.say(WHO[noun]) % {"clause": self.clauses.rule(rule)} if rule.rules else self.say(EVERYONE[noun])

    def treated(self, who: str, campaign: str) -> str:
        """Return what customers get."""
        found = self.segmentation.catalogue.campaign(campaign)
        words = N_("%(who)s get %(campaign)s") if found.is_contact else N_("%(who)s are not contacted")
        return self.say(words) % {"who": who, "campaign": self.campaign(found)}

    def campaign(self, campaign: Campaign) -> str:
        """Return a campaign by its name."""
        if not campaign.is_contact:
            return self.say(NO_CONTACT_SAID)
        return self.say(N_("campaign %(name)s")) % {"name": quoted(campaign.name, self.say)}

    def title(self, segment: Segment) -> str:
        """Return the name of a segment; with its id where another has the same name."""
        shared = sum(other.name == segment.name for other in self.segmentation.every) > 1
        said = quoted(segment.name, self.say)
        return f"{said} ({segment.id})" if shared else said

    def sentence(self, text: str) -> str:
        """Return a sentence without commas that stand before another stop."""
        return LOOSE.sub("", text)
