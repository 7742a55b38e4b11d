"""What a schema is made of: features, protected attributes, campaigns, a campaign log and a history."""

from __future__ import annotations

import math
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from evenhand.segments import NO_CONTACT, Campaign, Channel, Context, Device, Feature, Hour, Taste, Weather, Weekday

__all__ = [
    "HISTORY_COLUMNS",
    "CampaignSpec",
    "FeatureSpec",
    "HistorySpec",
    "LogSpec",
    "Name",
    "ProtectedSpec",
    "Role",
    "Spec",
    "number_range",
]

HISTORY_COLUMNS = ("customer", "period", "trips", "spend")  # of every history; the rest are categories
Role = Literal["recency", "frequency", "monetary", "engagement"]
Kind = Literal["number", "category", "flag"]

Name = Annotated[str, Field(min_length=1)]
Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Spec(BaseModel):
    """A frozen part of a schema; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class FeatureSpec(Spec):
    """A column that rules may use; `role` marks the four that evolve in the simulator.

    `unit` and `verb` are words for sentences: see `evenhand.segments.Feature`.
    recency counts days, frequency purchases per 30 days (or per `per_days`, then converted), monetary is
    money per purchase, engagement the share (0 to 1) of recent contacts that were answered.
    """

    column: Name
    label: str = ""
    unit: str = ""
    verb: str = ""
    kind: Kind = "number"
    decimals: Annotated[int, Field(ge=0, le=6)] = 0
    categories: tuple[str, ...] = ()
    role: Role | None = None
    per_days: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.role and self.kind != "number":
            raise ValueError(f"role {self.role!r} needs kind 'number', not {self.kind!r}")
        if self.per_days is not None and self.role != "frequency":
            raise ValueError("per_days belongs to role 'frequency' only")
        if self.categories and self.kind != "category":
            raise ValueError(f"categories belong to kind 'category', not {self.kind!r}")
        return self

    def feature(self) -> Feature:
        """Return what rules know of this column."""
        label = self.label or self.column.replace("_", " ")
        return Feature(
            name=self.column,
            label=label,
            unit=self.unit,
            kind=self.kind,
            decimals=self.decimals,
            categories=self.categories,
            **({"verb": self.verb} if self.verb else {}),
        )


class ProtectedSpec(Spec):
    """A column that no rule may use; `groups` joins its values to fewer groups.

    A group lists values, or ranges of numbers: "45..55" is from 45 up to, not including, 55; either end may
    be left out. Empty cells and the values in `unknown` belong to the group "unknown".
    """

    column: Name
    label: str = ""
    groups: dict[str, tuple[str, ...]] | None = None
    unknown: tuple[str, ...] = ()

    @field_validator("groups")
    @classmethod
    def _named(cls, groups: dict[str, tuple[str, ...]] | None) -> dict[str, tuple[str, ...]] | None:
        if groups is not None and "unknown" in groups:
            raise ValueError("'unknown' is made by Evenhand; list its values under unknown = [...]")
        listed = [value for values in (groups or {}).values() for value in values]
        twice = sorted({value for value in listed if listed.count(value) > 1})
        if twice:
            raise ValueError(f"{twice[0]!r} stands in two groups")
        return groups


class CampaignSpec(Spec):
    """A campaign: `cost` per contact and period, `discount` per redemption, in the table's money.

    `mix` is the share of each category of the history in what the campaign offers; empty: no preference.
    `hour` to `taste` are its context, all optional: see `evenhand.segments.Context`.
    """

    id: Name
    name: str = ""
    channel: Channel = "email"
    offer: str = ""
    cost: Money = 0.0
    discount: Money = 0.0
    beneficial: bool = False
    mix: dict[str, Money] = {}
    hour: Hour | None = None
    weekday: Weekday | None = None
    device: Device | None = None
    weather: Weather = 0.0
    taste: Taste = 0.0

    @field_validator("id")
    @classmethod
    def _not_none(cls, value: str) -> str:
        if value == NO_CONTACT.id:
            raise ValueError("'none' (no contact) always exists and is not declared")
        return value

    def campaign(self) -> Campaign:
        """Return the campaign as segmentations know it."""
        return Campaign(
            id=self.id,
            name=self.name or self.id,
            channel=self.channel,
            offer=self.offer,
            cost=self.cost,
            discount=self.discount,
            beneficial=self.beneficial,
            context=Context(
                hour=self.hour,
                weekday=self.weekday,
                device=self.device,
                weather=self.weather,
                taste=self.taste,
            ),
        )


class LogSpec(Spec):
    """The campaign log: one row per contact, or per customer left without (campaign "none"). Needed are `file`,
    `customer`, `campaign` and an outcome.
    """

    file: Name
    customer: Name
    campaign: Name
    period: str | None = None
    periods: str | None = None
    propensity: str | None = None
    redeemed: str | None = None
    redemptions: str | None = None
    discount: str | None = None
    visited: str | None = None
    spend: str | None = None

    @model_validator(mode="after")
    def _has_an_outcome(self) -> Self:
        if not (self.redeemed or self.redemptions or self.visited or self.spend):
            raise ValueError("a campaign log needs an outcome: name the column redeemed, redemptions, visited or spend")
        return self

    @property
    def tells_conversion(self) -> bool:
        """Whether the log tells who redeemed or bought."""
        return bool(self.redeemed or self.redemptions or self.spend)


class HistorySpec(Spec):
    """The purchase history: one row per customer and week with purchases; `categories` are spend columns."""

    file: Name
    customer: Name
    period: Name
    trips: Name
    spend: Name
    categories: tuple[Name, ...] = ()

    @field_validator("categories")
    @classmethod
    def _distinct(cls, categories: tuple[str, ...]) -> tuple[str, ...]:
        twice = [name for name in categories if categories.count(name) > 1]
        if twice:
            raise ValueError(f"category {twice[0]!r} is declared twice")
        taken = [name for name in categories if name in HISTORY_COLUMNS]
        if taken:
            raise ValueError(f"a category cannot be called {taken[0]!r}; call its column differently")
        return categories


def number_range(text: str) -> tuple[float, float] | None:
    """Return (low, high) of a range such as "45..55", "..45" or "55..", or None when it is none."""
    low, dots, high = text.partition("..")
    if not dots or not (low.strip() or high.strip()):
        return None
    try:
        return float(low) if low.strip() else -math.inf, float(high) if high.strip() else math.inf
    except ValueError:
        return None
