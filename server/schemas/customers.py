"""Customers, as they are sent and answered. Personal data: every read of one is written down."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import Field

from evenhand.registry.customers import Customer, Known
from evenhand.registry.texts import KEY
from evenhand.segments import CHANNELS, Channel
from evenhand.server.lookups import Standing
from evenhand.server.schemas.audit import RecordShown
from evenhand.server.schemas.base import Answer, Posted, example
from evenhand.server.schemas.campaigns import ContactShown
from evenhand.server.schemas.segmentations import SLUG

__all__ = [
    "Agreement",
    "CustomerExport",
    "CustomerKey",
    "CustomerRows",
    "CustomerShown",
    "Objection",
    "Place",
    "Segmented",
    "Written",
]

CustomerKey = Annotated[str, Path(pattern=KEY, description="Key of a customer.", examples=["k-1017"])]
Segmented = Annotated[
    str, Query(pattern=SLUG, max_length=60, description="Name of a segmentation.", examples=["winter"])
]
Field_ = Annotated[str, Field(min_length=1, max_length=100)]
Cell = Annotated[bool | float | Annotated[str, Field(max_length=500)] | None, Field(union_mode="smart")]


class CustomerRow(Posted):
    """One customer; what is left out is unknown."""

    key: Annotated[str, Field(pattern=KEY, examples=["k-1017"])]
    features: Annotated[dict[Field_, Cell], Field(max_length=200)]
    protected: Annotated[dict[Field_, Cell], Field(default_factory=dict, max_length=50)]
    consent: dict[Channel, bool] = Field(default_factory=dict, description="By channel; without a word there is none.")

    @property
    def known(self) -> Known:
        """What the registry keeps."""
        return Known(self.key, self.features, self.protected, {str(name): yes for name, yes in self.consent.items()})


class CustomerRows(Posted):
    """Customers to write, in place of what was known of each."""

    model_config = example(
        rows=[{"key": "k-1017", "features": {"recency": 120}, "protected": {"age_group": "45-54"},
               "consent": {"email": True}}]
    )  # fmt: skip

    rows: Annotated[list[CustomerRow], Field(min_length=1, max_length=1_000)]


class Written(Answer):
    """How many customers were written."""

    customers: int
    new: int
    objections: int = Field(description="Customers whose consent does not count: they objected, and that stands.")


class Objection(Posted):
    """Consent withdrawn: for one channel, or for all of them."""

    model_config = example(channel="email")

    channel: Channel | None = None

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Every channel that is meant."""
        return CHANNELS if self.channel is None else (self.channel,)


class Agreement(Objection):
    """Consent given: to one channel, or to all of them."""


class CustomerShown(Answer):
    """A customer as they are kept."""

    key: str
    features: dict[str, Any]
    protected: dict[str, Any]
    consent: dict[str, bool]
    at: datetime
    subject: str = Field(description="What the audit log calls them.")

    @classmethod
    def of(cls, customer: Customer) -> CustomerShown:
        """Return what is shown of a customer."""
        return cls(**customer._asdict())


class MoveShown(Answer):
    """One change of one feature that would put the customer into another segment."""

    segment: str
    sentence: str


class Place(Answer):
    """Which segment a customer is in, why, and what would move them."""

    key: str
    segmentation: str
    version: int
    rolling_out: bool = Field(description="Whether it is the version of a roll-out that runs.")
    segment: str
    name: str
    campaign: str
    contacted: bool = Field(description="Whether the campaign is a contact, and the customer consents to its channel.")
    why: list[str]
    moves: list[MoveShown]
    features_used: dict[str, bool | float | str | None] = Field(description="What rules look at, with its values.")
    features_unused: list[str] = Field(description="Declared, and in no rule of this version.")
    never_used: list[str] = Field(description="Protected attributes: no rule can use them.")

    @classmethod
    def of(cls, customer: Customer, segmentation: str, standing: Standing) -> Place:
        """Place and explain a customer."""
        ready, rolling = standing.of(customer.key)
        guide, values = ready.guide, customer.features
        segment = guide.segmentation.every[guide.place(values)]
        catalogue = guide.segmentation.catalogue
        campaign = catalogue.campaign(segment.campaign)
        return cls(
            key=customer.key,
            segmentation=segmentation,
            version=ready.number,
            rolling_out=rolling,
            segment=segment.id,
            name=segment.name,
            campaign=campaign.id,
            contacted=campaign.is_contact and customer.consent.get(campaign.channel, False),
            why=guide.why(values),
            moves=[MoveShown(segment=move.segment, sentence=move.sentence) for move in guide.moves(values)],
            features_used={name: values.get(name) for name in guide.used},
            features_unused=list(guide.unused),
            never_used=list(catalogue.protected),
        )


class CustomerExport(Answer):
    """Everything that is known about a customer."""

    customer: CustomerShown
    places: list[Place]
    unplaced: list[str] = Field(description="Segmentations whose rules their values do not fit.")
    campaigns: list[ContactShown] = Field(description="What plans gave them, and what is known of it.")
    log: list[RecordShown] = Field(description="The newest 1,000 rows of the audit log about them.")
