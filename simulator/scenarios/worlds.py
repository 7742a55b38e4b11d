"""From a world as it is written down to a simulator, without any data."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from evenhand.segments import CHANNELS, NO_CONTACT, Campaign, Catalogue, Feature
from evenhand.simulator.artefact import Simulator
from evenhand.simulator.content import (
    Attribute,
    Content,
    Goods,
    Group,
    Habitual,
    Replicate,
    rounded,
    rounded_row,
    rounded_rows,
)
from evenhand.simulator.copula import fit_copula, normal_scores
from evenhand.simulator.priors import BEHAVIOUR_PRIORS
from evenhand.simulator.scenarios.form import HABITS, SeasonForm, World, read_world
from evenhand.simulator.scenarios.laws import Latent, latent
from evenhand.simulator.scenarios.membership import chain_weights, consent_weights
from evenhand.simulator.scenarios.numbers import numbers_of

__all__ = ["ROLES", "content_of", "open_world"]

Floats = NDArray[np.float64]

LARGE = 200  # known customers from which on a group is constrained, as for tables of customers
WEEKS = 52
SAMPLE = 1 << 14  # customers, on whom weights of groups are solved for
_NOBODY = -30.0  # log-odds of what does not happen
ROLES = {  # the features that evolve, by role
    "recency": Feature(name="recency_days", label="last purchase", unit="days ago"),
    "frequency": Feature(name="orders_per_month", label="orders", unit="per month", decimals=1, verb="place"),
    "monetary": Feature(name="spend_per_order", label="spend per order", unit="money", decimals=2),
    "engagement": Feature(name="engagement", label="share of contacts answered", unit="share"),
}


@lru_cache(maxsize=8)
def open_world(name: str) -> Simulator:
    """Return the simulator of a packaged world."""
    return Simulator(content_of(name, read_world(name)))


def content_of(name: str, world: World) -> Content:
    """Turn a world into what a simulator knows; nothing in it comes from customers."""
    table = latent(world)
    static = table.values[:, len(HABITS) : len(HABITS) + len(world.columns)]
    features = np.column_stack([table.values[:, :2], static])
    redemption = _redemption(world)
    point = _replicate(world, table, redemption)
    known = round(world.customers * world.known.value)
    return Content(
        name=name,
        catalogue=_catalogue(world),
        roles={role: feature.name for role, feature in ROLES.items()},
        static_features=tuple(column.column for column in world.columns),
        opening=tuple(world.opening),
        attributes=tuple(
            Attribute(
                name=attribute.column,
                label=attribute.label,
                groups=tuple(
                    Group(name=g.name, n=round(known * g.share), constrained=known * g.share >= LARGE)
                    for g in attribute.groups
                ),
                unknown=world.customers - known,
            )
            for attribute in world.protected
        ),
        centre=rounded_row(features.mean(0)),
        scale=rounded_row(features.std(0)),
        forward=Habitual(
            basket_mean=float(rounded(np.log(world.basket.median))),
            basket_sd=world.basket.sd,
            basket_shift=0.0,  # nothing moves a basket from one half year to the next
            sd_scale=1.0,
            sd_shift=0.0,
            redemption_intercept=point.redemption_intercept,
            redemption_slopes=(point.redemption_slopes[0], point.redemption_slopes[1], point.redemption_slopes[-1]),
            redemption_spread=point.redemption_spread,
        ),
        delayed=1.0,
        behaviour={name: said.value for name, said in world.behaviour.items()},
        effects={c.id: {name: said.value for name, said in c.effects.items()} for c in world.campaigns},
        newcomers=world.newcomers.value if world.newcomers else 0.0,
        budget=world.budget.value if world.budget else None,
        goods=Goods(shares=world.goods, mixes={c.id: c.mix for c in world.campaigns if c.mix}),
        seed=0,
        customers=world.customers,
        periods=0,
        weekly=False,
        aged=True,  # rates are those of who is here
        notes=(f"Scenario {name}: no data stands behind it; every number is stated with its reason.",),
        parameters=numbers_of(world),
        point=point,
        replicates=(point,),
    )


def _hazard(world: World) -> tuple[float, float]:
    """Return intercept and slope of the log hazard to leave on the log rate."""
    slope = world.organic.hazard_slope.value
    return float(np.log(world.organic.hazard.value) - slope * np.log(world.rate.median)), slope


def _return_base(world: World) -> float:
    said = world.behaviour.get("return_base")
    return said.value if said else BEHAVIOUR_PRIORS["return_base"].centre


def _catalogue(world: World) -> Catalogue:
    columns = tuple(
        Feature(name=c.column, label=c.label or c.column.replace("_", " "), unit=c.unit, decimals=c.decimals)
        for c in world.columns
    )
    campaigns = tuple(
        Campaign(
            id=c.id, name=c.name, channel=c.channel, offer=c.offer, cost=c.cost.value, discount=c.discount.value,
            beneficial=c.beneficial, context=c.context(),
        )
        for c in world.campaigns
    )  # fmt: skip
    protected = tuple(attribute.column for attribute in world.protected)
    return Catalogue(features=(*ROLES.values(), *columns), campaigns=(NO_CONTACT, *campaigns), protected=protected)


def _replicate(world: World, table: Latent, redemption: dict[str, tuple[float, ...] | float]) -> Replicate:
    organic, names = world.organic, world.names
    first = len(HABITS) + len(world.columns)
    place = {name: k if k < first else k + len(world.campaigns) for k, name in enumerate(names)}
    d = table.scores.shape[1]

    def row(by: dict[str, float]) -> Floats:
        values = np.zeros(d)
        for name, value in by.items():
            values[place[name]] = value
        return values

    _, shared = normal_scores(table.values, np.random.default_rng(0))
    copula = fit_copula(table.values, shared)
    scores = _drawn_scores(copula.correlation)
    chains = []
    for p, attribute in enumerate(world.protected):
        means = np.stack([row(group.differs) for group in attribute.groups])
        groups = chain_weights(scores, [group.share for group in attribute.groups], _implied(scores, means))
        nobody = np.zeros((1 + d, 1))  # "unknown": whether groups are known is decided apart
        nobody[0] = _NOBODY
        weights = np.hstack([groups, nobody])
        before = sum(len(a.groups) + 1 for a in world.protected[:p])  # dummies of the attributes before it: no say
        chains.append(np.vstack([weights, np.zeros((before, weights.shape[1]))]))
    reach = np.full((1 + d, len(CHANNELS)), 0.0)
    reach[0] = _NOBODY
    for channel, said in world.reach.items():
        reach[:, CHANNELS.index(channel)] = consent_weights(scores, said.share, row(said.by))
    known = np.zeros(1 + d)
    known[0] = np.log(world.known.value / (1 - world.known.value))
    return Replicate.model_validate(
        {
            "dispersion": organic.dispersion.value,
            "zero_inflation": organic.zero_inflation.value,
            "drift_persistence": organic.drift_persistence.value,
            "drift_sd": organic.drift_sd.value,
            "season": rounded_row(_season_of(organic.season)),
            "hazard": rounded_row(np.array(_hazard(world))),
            "return_base": _return_base(world),
            "left": world.left.value,
            "rate_mean": float(rounded(np.log(world.rate.median))),
            "rate_sd": world.rate.sd,
            "levels": rounded_row(copula.levels),
            "knots": rounded_rows(copula.knots),
            "correlation": rounded_rows(copula.correlation),
            "known": rounded_row(known),
            "attributes": tuple(rounded_rows(weights) for weights in chains),
            "consent": rounded_rows(reach),
            **redemption,
        }
    )


def _drawn_scores(correlation: Floats) -> Floats:
    """Return scores (SAMPLE, D) such as populations draw: a fixed sample, moved so that its mean is 0."""
    scores = np.random.default_rng(0).standard_normal((SAMPLE // 2, len(correlation)))
    both = np.concatenate([scores, -scores])
    return np.asarray(both @ np.linalg.cholesky(correlation).T)


def _implied(scores: Floats, means: Floats) -> Floats:
    """Return mean scores (G, D) where columns of which a group says nothing follow those of which it does.

    Least squares: a difference in spend brings along what goes with spend, as far as they are correlated.
    """
    covariance = np.cov(scores.T)
    said = np.nonzero((means != 0).any(0))[0]
    if not len(said):
        return means
    weights = np.linalg.solve(covariance[np.ix_(said, said)] + 1e-9 * np.eye(len(said)), means[:, said].T)
    return np.asarray((covariance[:, said] @ weights).T)


def _redemption(world: World) -> dict[str, tuple[float, ...] | float]:
    chance = np.array([c.redemption.value for c in world.campaigns])
    names = (*HABITS[:2], *(column.column for column in world.columns))
    slopes = [world.redemption.slopes[name].value if name in world.redemption.slopes else 0.0 for name in names]
    return {
        "redemption_intercept": rounded_row(np.log(chance / (1 - chance))),
        "redemption_slopes": rounded_row(np.array([*slopes, world.redemption.affinity.value])),
        "redemption_spread": world.redemption.spread.value,
    }


def _season_of(season: SeasonForm) -> Floats:
    """Return (52,) factors of the trip rate with mean 1."""
    week = np.arange(WEEKS)
    factors = 1 + season.swing.value * np.cos(2 * np.pi * (week - season.peak.value) / WEEKS)
    for event in season.events:
        factors[event.week] *= event.factor
    return np.asarray(factors / factors.mean())
