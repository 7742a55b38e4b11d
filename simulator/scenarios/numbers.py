"""Every number of a world as a parameter: stated by the scenario with its reason, or a prior that it leaves alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from evenhand.simulator.content import Parameter, rounded
from evenhand.simulator.priors import BEHAVIOUR_PRIORS, CAMPAIGN_PRIORS, DELIVERY, TIMING
from evenhand.simulator.provenance import prior_parameter
from evenhand.simulator.scenarios.form import CampaignForm, Said, Spread, World

__all__ = ["numbers_of", "stated"]

_Z = 1.96


def stated(name: str, value: float, why: str, *, spread: float = 0.0) -> Parameter:
    """Return a parameter that a scenario states, with the interval that a log-normal `spread` between draws gives."""
    low, high = sorted((value * np.exp(-_Z * spread), value * np.exp(_Z * spread)))
    point, low, high = rounded(np.array([value, low, high])).tolist()
    return Parameter(name=name, value=point, low=low, high=high, origin="scenario", source=" ".join(why.split()))


def numbers_of(world: World) -> tuple[Parameter, ...]:
    """Return every number of a world, the priors that it leaves alone last."""
    return (*_customers(world), *_business(world), *_priors(world))


def _customers(world: World) -> Iterator[Parameter]:
    for name in ("rate", "basket", "basket_sd"):
        habit: Spread = getattr(world, name)
        yield stated(f"{name}_median", habit.median, habit.why)
        yield stated(f"{name}_spread", habit.sd, habit.why)
    for column in (*world.columns, *world.opening.values()):
        yield stated(f"{column.column}_mean", column.mean, column.why)
        yield stated(f"{column.column}_sd", column.sd, column.why)
    for pair in world.correlations:
        yield stated(f"correlation[{', '.join(pair.columns)}]", pair.value, pair.why)
    yield _said("left", world.left)
    yield stated("known", world.known.value, world.known.why)
    for attribute in world.protected:
        for group in attribute.groups:
            yield stated(f"{attribute.column}[{group.name}]", group.share, group.why)
            for column_name, value in group.differs.items():
                yield stated(f"{attribute.column}[{group.name}, {column_name}]", value, group.why)
    for channel, reach in world.reach.items():
        yield stated(f"consent[{channel}]", reach.share, reach.why)
        for column_name, value in reach.by.items():
            yield stated(f"consent[{channel}, {column_name}]", value, reach.why)


def _business(world: World) -> Iterator[Parameter]:
    organic = world.organic
    for name in ("dispersion", "zero_inflation", "drift_persistence", "drift_sd", "hazard", "hazard_slope"):
        yield _said(name, getattr(organic, name))
    yield _said("season_swing", organic.season.swing)
    yield _said("season_peak", organic.season.peak)
    for event in organic.season.events:
        yield stated(f"season[week {event.week}]", event.factor, event.why)
    for campaign in world.campaigns:
        yield from _of_campaign(campaign)
    yield _said("redemption_spread", world.redemption.spread)
    yield _said("redemption_affinity", world.redemption.affinity)
    for name, said in world.redemption.slopes.items():
        yield _said(f"redemption_slope[{name}]", said)
    for name, said in world.behaviour.items():
        yield stated(
            name, said.value, said.why, spread=BEHAVIOUR_PRIORS[name].spread if name in BEHAVIOUR_PRIORS else 0
        )
    yield from (_said(name, said) for name, said in (("newcomers", world.newcomers), ("budget", world.budget)) if said)


def _of_campaign(campaign: CampaignForm) -> Iterator[Parameter]:
    for name in ("redemption", "cost", "discount", "weather", "taste"):
        said: Said | None = getattr(campaign, name)
        if said is not None:
            yield _said(f"{name}[{campaign.id}]", said)
    for name, said in campaign.effects.items():
        spread = CAMPAIGN_PRIORS[name].spread if name in CAMPAIGN_PRIORS else 0.0
        yield stated(f"{name}[{campaign.id}]", said.value, said.why, spread=spread)


def _priors(world: World) -> Iterator[Parameter]:
    for name, prior in BEHAVIOUR_PRIORS.items():
        if name not in world.behaviour:
            yield prior_parameter(name, prior)
    for campaign in world.campaigns:
        for name, prior in CAMPAIGN_PRIORS.items():
            if name not in campaign.effects:
                yield prior_parameter(name, prior, shown=f"{name}[{campaign.id}]")
    for channel in sorted({campaign.channel for campaign in world.campaigns}):
        yield prior_parameter("delivery", DELIVERY[channel], shown=f"delivery[{channel}]")
    for habit in world.opening:
        yield prior_parameter(habit, TIMING[habit], shown=f"timing[{habit}]")


def _said(name: str, said: Said) -> Parameter:
    return stated(name, said.value, said.why)
