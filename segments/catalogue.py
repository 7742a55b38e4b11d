"""What a segmentation may speak about: features, campaigns and the names that no rule may use."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer
from pydantic.dataclasses import dataclass

from evenhand.errors import RuleError
from evenhand.segments.checks import STRICT, Guarded, Name, Text, nearest_hint, refuse
from evenhand.segments.contact import Channel, Context

__all__ = ["NO_CONTACT", "Campaign", "Catalogue", "Feature", "Kind"]

Kind = Literal["number", "category", "flag"]
Money = Annotated[float, Field(ge=0)]


@dataclass(frozen=True, config=STRICT)
class Feature(Guarded):
    """A column that rules may use, and how words speak of it.

    `unit` is free text; sentences know "days ago" (of an event), "share" (0..1, said as a percentage), "per
    month", "a week" and the like (counts), "money" or a currency. `verb` serves counts: who *make* 3 trips.
    """

    name: Name
    label: Name
    unit: Text = ""
    kind: Kind = "number"
    decimals: Annotated[int, Field(ge=0, le=12)] = 0  # shown in sentences; of the percentage when a share
    categories: tuple[Text, ...] = ()  # known values of a category; empty: any text may be compared with
    verb: Name = "have"

    def _check(self) -> None:
        if self.categories and self.kind != "category":
            raise refuse(f"feature {self.name!r} is a {self.kind}, so it has no categories")
        if doubled := _doubled(self.categories):
            raise refuse(f"feature {self.name!r} names the category {doubled!r} twice")


@dataclass(frozen=True, config=STRICT)
class Campaign(Guarded):
    """What customers of a segment get; "no contact" is a campaign too.

    A contact goes by e-mail unless it names another of `CHANNELS`; no contact has the channel "".
    """

    id: Name
    name: Name
    channel: Channel | Literal[""] = ""
    offer: Text = ""
    cost: Money = 0.0  # money per contact and period
    discount: Money = 0.0  # money per redemption
    beneficial: bool = False  # is receiving it good for the customer?
    context: Context = Context()

    def _check(self) -> None:
        if self.is_contact and not self.channel:
            object.__setattr__(self, "channel", "email")

    # Without a context there is no word of it: such a campaign's form and hash are older than contexts.
    @model_serializer(mode="wrap")
    def _context_if_any(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        form: dict[str, Any] = handler(self)
        return form if self.context.said else {name: value for name, value in form.items() if name != "context"}

    @property
    def is_contact(self) -> bool:
        """Whether customers hear from the business."""
        return self.id != "none"


NO_CONTACT = Campaign(id="none", name="no contact")


@dataclass(frozen=True, config=STRICT)
class Catalogue(Guarded):
    """The features and campaigns that a segmentation may use, and the protected names that it may not.

    A protected attribute cannot be a feature, and a rule can only stand on a feature: so no rule can use one.
    Names are told apart without regard to case, as databases do. `NO_CONTACT` always comes first.
    """

    features: tuple[Feature, ...]
    campaigns: tuple[Campaign, ...] = ()
    protected: tuple[Name, ...] = ()

    def _check(self) -> None:
        others = tuple(campaign for campaign in self.campaigns if campaign != NO_CONTACT)
        object.__setattr__(self, "campaigns", (NO_CONTACT, *others))
        if doubled := _doubled(tuple(campaign.id for campaign in self.campaigns)):
            mend = "leave it out: it is always there" if doubled == NO_CONTACT.id else "give each its own id"
            raise refuse(f"campaign {doubled!r} is declared twice", mend=mend)
        if doubled := _doubled(tuple(feature.name.casefold() for feature in self.features)):
            raise refuse(f"feature {doubled!r} is declared twice", rule="names differ in more than case")
        for feature in self.features:
            if self.is_protected(feature.name):
                raise refuse(
                    f"{feature.name!r} is a protected attribute and cannot be a feature",
                    rule="no rule may use a protected attribute",
                    mend="take it out of the features, or out of the protected attributes if it is none",
                )

    @cached_property
    def _by_name(self) -> dict[str, Feature]:
        return {feature.name: feature for feature in self.features}

    @cached_property
    def _by_id(self) -> dict[str, Campaign]:
        return {campaign.id: campaign for campaign in self.campaigns}

    def is_protected(self, name: str) -> bool:
        """Whether a name is that of a protected attribute, whatever its case."""
        return name.strip().casefold() in {protected.strip().casefold() for protected in self.protected}

    def feature(self, name: str) -> Feature:
        """Return a feature by its name; RuleError when it is protected or not declared."""
        if name in self._by_name:
            return self._by_name[name]
        if self.is_protected(name):
            raise RuleError(
                f"{name!r} is a protected attribute",
                rule="no rule may use a protected attribute",
                mend="use a feature, or take the condition out",
            )
        raise RuleError(
            f"there is no feature {name!r}",
            rule="a rule uses declared features only",
            mend=nearest_hint(name, tuple(self._by_name)),
        )

    def campaign(self, id: str) -> Campaign:
        """Return a campaign by its id; RuleError when there is none."""
        if id not in self._by_id:
            raise RuleError(f"there is no campaign {id!r}", mend=nearest_hint(id, tuple(self._by_id)))
        return self._by_id[id]


def _doubled(names: tuple[str, ...]) -> str | None:
    return next((name for position, name in enumerate(names) if name in names[:position]), None)
