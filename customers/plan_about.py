"""What holds for all rows of a campaign plan: when, which campaigns, which arms, how much is explored."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from evenhand.segments import NO_CONTACT, Campaign
from evenhand.segments.checks import Model, Name, refuse

__all__ = ["PLAN_VERSION", "PlanAbout", "PlannedArm", "Pool"]

PLAN_VERSION = 1
Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


class Pool(Model):
    """Segments of one arm that share an exploration share; `customers` are those who can be explored."""

    arm: Name
    segments: tuple[Name, ...]
    customers: Count
    share: Share


class PlannedArm(Model):
    """An arm: its share as an exact fraction in text, and the segmentation that runs in it."""

    name: Name
    share: str
    segmentation: str  # its content hash
    segments: tuple[Name, ...]


class PlanAbout(Model):
    """What holds for all rows of a plan; `id` is a hash of it and of the rows."""

    schema_version: Literal[1] = 1
    id: str = ""
    salt: Name
    starts: date
    period: Count
    periods: Annotated[int, Field(ge=1)]  # how many periods the plan is sent for
    block_periods: Annotated[int, Field(ge=1)]
    period_days: Annotated[int, Field(ge=1)]
    exploration: Share
    floor: Count
    campaigns: tuple[Campaign, ...]
    eligible: tuple[tuple[Name, ...], ...]  # sets of campaigns; a row's `eligible` is a position in it
    arms: Annotated[tuple[PlannedArm, ...], Field(min_length=1)]
    unit: Literal["customer", "cluster"] = "customer"  # what was assigned to arms; draws are made by customer
    rollout: str = "1"
    holdback: str = "0"
    holdback_salt: str = ""
    pools: tuple[Pool, ...] = ()
    features: tuple[Name, ...] = ()
    protected: tuple[Name, ...] = ()

    def _check(self) -> None:
        if NO_CONTACT.id not in self.names:
            raise refuse("the plan does not know the campaign 'none'", rule="no contact is a campaign too")
        for offered in self.eligible:
            if not offered or not {*offered} <= {*self.names} or len({*offered}) < len(offered):
                raise refuse(f"eligible campaigns {offered}", rule="a set of the plan's campaigns, not empty")
        try:
            self.ends  # noqa: B018  computed to see whether there is such a day
        except OverflowError:
            raise refuse(
                f"{self.periods} periods of {self.period_days} days from {self.starts}",
                rule="a plan ends before the year 10000",
            ) from None
        if not self.period % self.block_periods + self.periods <= self.block_periods:
            raise refuse(
                f"{self.periods} periods from period {self.period}",
                rule=f"a plan ends with its block of {self.block_periods} periods, where draws are made anew",
            )

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of all campaigns."""
        return tuple(campaign.id for campaign in self.campaigns)

    @property
    def block(self) -> int:
        """The number of the block of periods for which draws hold."""
        return self.period // self.block_periods

    def begun(self, day: date) -> int:
        """Return how many of the plan's periods have begun on a day, that day included."""
        return min(self.periods, max(0, (day - self.starts).days // self.period_days + 1))

    @property
    def ends(self) -> date:
        """The first day after the plan: results belong to it from `starts` up to, not including, this day."""
        return self.starts + timedelta(days=self.periods * self.period_days)
