"""The made-up shop of the tour: it is there on an empty server too, and never mistaken for the business's own."""

from __future__ import annotations

from evenhand.segments import Campaign, Catalogue, Condition, Feature, RuleGroup, Segmentation
from evenhand.segments import Segment as Rule
from evenhand.server.pages.models.parts import Segment
from evenhand.server.pages.sentences import segment_said
from evenhand.server.pages.speech import Speech
from evenhand.server.pages.views.content import campaign_of
from evenhand.server.pages.words import N_

__all__ = ["made_up_segments"]

_PURCHASE, _PURCHASES, _AMOUNT = N_("last purchase"), N_("purchases"), N_("amount per purchase")
_LETTER, _NEWSLETTER = N_("Letter"), N_("Newsletter")
NAMES = {"lapsed": N_("Lapsed"), "loyal": N_("Loyal"), "big": N_("Big baskets"), "others": N_("Others")}
SIZES = {"lapsed": 420, "loyal": 310, "big": 180, "others": 590}  # invented, as the page says


def made_up_segments(say: Speech) -> tuple[Segment, ...]:
    """Return the segments of the made-up shop in the reader's language."""
    shop = _shop(say)
    return tuple(
        Segment(id=one.id, name=one.name, sentence=segment_said(shop, one.id, say), customers=SIZES[one.id],
                campaign=campaign_of(shop, one.campaign, say))
        for one in shop.every
    )  # fmt: skip


def _shop(say: Speech) -> Segmentation:
    catalogue = Catalogue(
        features=(
            Feature("recency", say(_PURCHASE), "days ago"),
            Feature("frequency", say(_PURCHASES), "per month"),
            Feature("money", say(_AMOUNT), "money"),
        ),
        campaigns=(
            Campaign("letter", say(_LETTER), beneficial=True),
            Campaign("newsletter", say(_NEWSLETTER)),
        ),
    )
    return Segmentation(
        catalogue=catalogue,
        segments=(
            Rule(id="lapsed", name=say(NAMES["lapsed"]), campaign="letter", rule=_when("recency", 180)),
            Rule(id="loyal", name=say(NAMES["loyal"]), campaign="newsletter", rule=_when("frequency", 2)),
            Rule(id="big", name=say(NAMES["big"]), campaign="newsletter", rule=_when("money", 60)),
        ),
        default=Rule(id="others", name=say(NAMES["others"])),
    )


def _when(field: str, least: float) -> RuleGroup:
    return RuleGroup(rules=(Condition(field=field, operator=">=", value=least),))
