"""How a world is written down: a TOML file in which every number stands beside its reason.

A reason begins with "judgement:" where nothing better than experience stands behind the number; otherwise it names what
the number was taken from. A world without a reason for a number cannot be read.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evenhand.errors import ArtefactError
from evenhand.segments import Channel, Context, Device, Weekday
from evenhand.simulator.priors import BEHAVIOUR_PRIORS, CAMPAIGN_PRIORS, SWITCHES

__all__ = [
    "BalancedGroup",
    "CampaignForm",
    "ColumnForm",
    "ProtectedForm",
    "Said",
    "SeasonForm",
    "Spread",
    "World",
    "read_world",
]

HABITS = ("rate", "basket", "basket_sd")
Why = Annotated[str, Field(min_length=12)]
Share = Annotated[float, Field(gt=0, lt=1)]
BALANCE = 0.011  # sd by which the differences of groups, weighted by their shares, may miss zero


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Said(_Form):
    """A number and its reason."""

    value: float
    why: Why


class Spread(_Form):
    """How a habit differs between customers: log-normal around a median."""

    median: Annotated[float, Field(gt=0)]
    sd: Annotated[float, Field(gt=0)]  # of the logarithm
    why: Why


class ColumnForm(_Form):
    """A column of the customer table: a share between 0 and 1 (beta law), or a number (normal law)."""

    column: str
    label: str = ""
    unit: str = ""
    decimals: int = 2
    law: Literal["share", "number"] = "share"
    mean: float
    sd: Annotated[float, Field(gt=0)]
    why: Why


class CorrelationForm(_Form):
    """How two columns or habits go together, as a correlation of normal scores."""

    columns: tuple[str, str]
    value: Annotated[float, Field(gt=-1, lt=1)]
    why: Why


class BalancedGroup(_Form):
    """A protected group and by how many standard deviations of a column its mean is off that of all customers."""

    name: str
    share: Share  # of those whose group is known
    differs: dict[str, float]
    why: Why


class ProtectedForm(_Form):
    """A protected attribute with its groups."""

    column: str
    label: str
    groups: Annotated[tuple[BalancedGroup, ...], Field(min_length=2)]

    @model_validator(mode="after")
    def _balanced(self) -> Self:
        if abs(sum(group.share for group in self.groups) - 1) > 1e-9:
            raise ValueError("the shares of the groups add up to 1")
        for column in {name for group in self.groups for name in group.differs}:
            off = sum(group.share * group.differs.get(column, 0.0) for group in self.groups)
            if abs(off) > BALANCE:
                raise ValueError(f"{column}: differences weighted by shares add up to 0, not {off:.3f}")
        return self


class CampaignForm(_Form):
    """A campaign, what it costs and what it does."""

    id: str
    name: str
    channel: Channel
    offer: str
    cost: Said
    discount: Said
    redemption: Said  # chance that an average customer who was contacted redeems in that week
    beneficial: bool
    hour: int | None = None
    weekday: Weekday | None = None
    device: Device | None = None
    weather: Said | None = None
    taste: Said | None = None
    mix: dict[str, float] = {}
    effects: dict[str, Said] = {}

    @model_validator(mode="after")
    def _known(self) -> Self:
        _only("effect", self.effects, (*CAMPAIGN_PRIORS, "closing"))
        return self

    def context(self) -> Context:
        """Return the moment that the campaign is made for."""
        weather = self.weather.value if self.weather else 0.0
        taste = self.taste.value if self.taste else 0.0
        return Context(hour=self.hour, weekday=self.weekday, device=self.device, weather=weather, taste=taste)


class EventForm(_Form):
    """A week of the year in which more or less is bought."""

    week: Annotated[int, Field(ge=0, lt=52)]
    factor: Annotated[float, Field(gt=0)]
    why: Why


class SeasonForm(_Form):
    """The year: a wave of relative height `swing` that is highest in week `peak`, and single weeks."""

    swing: Said
    peak: Said
    events: tuple[EventForm, ...] = ()


class OrganicForm(_Form):
    """What purchases without contact do."""

    dispersion: Said
    zero_inflation: Said
    drift_persistence: Said
    drift_sd: Said
    hazard: Said  # per week, of a customer with the median rate
    hazard_slope: Said  # of the log hazard on the log rate
    season: SeasonForm


class RedemptionForm(_Form):
    """Who redeems: log-odds per standard deviation of a column, and what columns leave open."""

    spread: Said
    affinity: Said
    slopes: dict[str, Said] = {}


class ReachForm(_Form):
    """Who may be contacted by a channel: a share, and log-odds per standard deviation of columns."""

    share: Share
    by: dict[str, float] = {}
    why: Why


class World(_Form):
    """A world: a business with its customers, every number stated."""

    title: str
    line: str
    about: str
    customers: Annotated[int, Field(ge=200)]
    rate: Spread
    basket: Spread
    basket_sd: Spread
    columns: tuple[ColumnForm, ...]
    opening: dict[Literal["hour", "weekend", "mobile"], ColumnForm] = {}
    correlations: tuple[CorrelationForm, ...] = ()
    left: Said  # share of who is on the list at the start and has left
    known: Said  # share of customers whose protected groups are known
    protected: Annotated[tuple[ProtectedForm, ...], Field(min_length=1)]
    reach: dict[Channel, ReachForm]
    goods: dict[str, str]  # category -> column with its share of spend; "" takes the rest
    organic: OrganicForm
    redemption: RedemptionForm
    campaigns: Annotated[tuple[CampaignForm, ...], Field(min_length=2)]
    behaviour: dict[str, Said]
    newcomers: Said | None = None
    budget: Said | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Habits, columns and habits of opening in the order of the copula, affinities aside."""
        return (*HABITS, *(c.column for c in self.columns), *(c.column for c in self.opening.values()))

    @model_validator(mode="after")
    def _speaks_of_what_there_is(self) -> Self:
        _only("behaviour", self.behaviour, (*BEHAVIOUR_PRIORS, *SWITCHES))
        _only("goods", [column for column in self.goods.values() if column], [c.column for c in self.columns])
        _only("redemption.slopes", self.redemption.slopes, (*HABITS[:2], *(c.column for c in self.columns)))
        for pair in self.correlations:
            _only("correlation", pair.columns, self.names)
        for attribute in self.protected:
            for group in attribute.groups:
                _only(f"group {group.name}", group.differs, self.names)
        for campaign in self.campaigns:
            _only(f"campaign {campaign.id}", campaign.mix, tuple(self.goods))
            _only(f"campaign {campaign.id}", [campaign.channel], tuple(self.reach))
        for channel in self.reach.values():
            _only("reach", channel.by, self.names)
        return self


def _only(where: str, names: object, known: object) -> None:
    strange = sorted(set(names) - set(known))  # type: ignore[call-overload]  # any two collections of names
    if strange:
        raise ValueError(f"{where} speaks of {strange[0]!r}, which is not there")


def read_world(name: str) -> World:
    """Read a packaged world; ArtefactError says which key of the file is wrong."""
    file = resources.files("evenhand.simulator.scenarios").joinpath(f"{name}.toml")
    try:
        return World.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(str(part) for part in first["loc"])
        raise ArtefactError(f"{at}: {first['msg']}", where=f"{name}.toml", mend="mend the file") from None
