"""A business whose customers are simulated: table, weekly history and campaign log, to be ingested like a real one."""

from __future__ import annotations

import hashlib
from typing import NamedTuple, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.customers import (
    UNKNOWN,
    CampaignSpec,
    Check,
    ConsentsSpec,
    ContextSpec,
    Customers,
    FeatureSpec,
    HistorySpec,
    LogSpec,
    ProtectedSpec,
    Role,
    Schema,
    Source,
    engagement,
    rfm_features,
)
from evenhand.segments import CHANNELS, Feature
from evenhand.simulator.artefact import Simulator
from evenhand.simulator.population import Population, Simulation
from evenhand.simulator.scenarios.laws import goods_shares
from evenhand.simulator.types import YET_TO_COME, Outcome

__all__ = ["EXPLORE", "draw_customers"]

EXPLORE = 0.1  # share of contacts that are drawn at random, as in the environment
RECENT = 13  # weeks since the last purchase up to which the rota of campaigns is followed
EVENNESS = 6.0  # concentration of a week's basket around a customer's own shares of categories
_LOG = ("customer", "campaign", "period", "periods", "redeemed", "redemptions", "discount", "propensity")


class _Year(NamedTuple):
    """What a business has written down."""

    trips: NDArray[np.int64]  # (T, N)
    spend: NDArray[np.float64]  # (T, N)
    contacts: pd.DataFrame  # rows of customers by position
    arrived: NDArray[np.bool_]  # (N,)


def draw_customers(simulator: Simulator, n: int, *, weeks: int = 52, seed: int = 0) -> Customers:
    """Return `n` customers of a simulator after `weeks` weeks of business as usual; who has not arrived is left out.

    Every second week the next campaign of the catalogue goes to who bought within the last quarter; of all decisions
    10 % are drawn anew at random, each campaign and "none" alike. The log has one row per week and customer to whom
    something may be sent, by consent and caps; what was chosen and may not be sent is "none". Its propensity is the
    chance of what the customer got, under a shared budget with the share of that week's contacts that were paid for.
    History and features are what a shop would have; traits stay hidden. The same seed gives the same table.
    """
    population = simulator.population(seed, n)
    year = _live(population, weeks, seed)
    ids = pd.Index([f"c{k:06d}" for k in range(n)], name="customer")
    history = _history(simulator, population, year, ids, seed)
    contacts = year.contacts.assign(
        customer=ids[year.contacts["customer"].to_numpy()],
        campaign=np.array([c.id for c in simulator.catalogue.campaigns])[year.contacts["campaign"].to_numpy()],
    )
    contacts = _with_money(simulator, contacts)
    frame = _frame(simulator, population, history, contacts, ids, weeks)[year.arrived]
    note = Check("ok", f"simulated customers of {simulator.content.name}, seed {seed}: not people", n)
    return Customers(
        frame=frame,
        schema=_schema(simulator, tuple(history.columns[4:])),
        history=history,
        contacts=contacts,
        periods=weeks,
        sources=(_source(simulator, frame, seed),),
        remarks=(note,),
    )


def _live(population: Population, weeks: int, seed: int) -> _Year:
    """Let the customers live and write down what the business sees."""
    n, c = population.size, population.effects.cost.shape[1]
    rng = np.random.default_rng([seed, 0xB15])
    luck = np.array([7_919 * seed + 13], np.uint64)
    sim = Simulation(population, luck)
    trips, spend, log = np.zeros((weeks, n), np.int64), np.zeros((weeks, n)), []
    for week in range(weeks):
        planned = 1 + (week // 2) % (c - 1) if week % 2 == 0 else 0
        usual = np.where(sim.state.recency[0] <= RECENT, planned, 0)
        drawn = rng.random(n) < EXPLORE
        given = np.where(drawn, rng.integers(0, c, n), usual).astype(np.int8)
        chance = (1 - EXPLORE) * np.eye(c)[usual] + EXPLORE / c
        free = _sendable(sim)
        outcome = sim.advance(given[None])
        trips[week], spend[week] = outcome.trips[0], outcome.spend[0]
        log.append(_week(week, given, chance, free, outcome))
    return _Year(trips, spend, pd.concat(log, ignore_index=True), sim.state.absent[0] != YET_TO_COME)


def _sendable(sim: Simulation) -> NDArray[np.bool_]:
    """Return which campaigns may be sent to whom, (N, C): by consent and caps, budgets aside."""
    p, state = sim.population, sim.state
    room = (state.fatigue <= p.behaviour["contact_cap"][:, None]) & (
        state.trips <= p.behaviour["consumption_cap"][:, None] * p.traits.rate
    )
    able = room[0] & (state.absent[0] != YET_TO_COME)
    consents = (state.consent[0][:, None] >> p.effects.channel[None]) & 1 > 0
    consents[:, 0] = False
    return np.asarray(consents & able[:, None], np.bool_)


def _week(
    week: int, given: NDArray[np.int8], chance: NDArray[np.float64], free: NDArray[np.bool_], outcome: Outcome
) -> pd.DataFrame:
    """Return the week's decisions on whom something could be sent to; what could not be sent or paid for is "none".

    `chance` (N, C) to be chosen for a campaign, `free` (N, C) which may be sent.
    """
    n, c = chance.shape
    everyone = np.arange(n)
    sent = outcome.contacted[0] > 0
    wanted = free[everyone, given]
    paid = np.array([sent[wanted & (given == k)].sum() / max(int((wanted & (given == k)).sum()), 1) for k in range(c)])
    gets = chance * free * np.where(np.bincount(given[wanted], minlength=c) > 0, paid, 1.0)
    gets[:, 0] = 1 - gets[:, 1:].sum(1)
    got = np.where(sent, given, 0).astype(np.intp)
    rows = np.nonzero(free.any(axis=1))[0]
    redeemed = outcome.redeemed[0, rows] > 0
    return pd.DataFrame(
        {
            "customer": rows,
            "campaign": got[rows],
            "period": week,
            "periods": 1.0,
            "redeemed": redeemed,
            "redemptions": redeemed.astype(np.int64),
            "propensity": gets[rows, got[rows]],
        }
    )


def _with_money(simulator: Simulator, contacts: pd.DataFrame) -> pd.DataFrame:
    face = {campaign.id: campaign.discount for campaign in simulator.catalogue.campaigns}
    discount = contacts["campaign"].map(face).where(contacts["redeemed"]).astype(np.float64)
    return contacts.assign(discount=discount)[list(_LOG)].reset_index(drop=True)


def _history(simulator: Simulator, population: Population, year: _Year, ids: pd.Index, seed: int) -> pd.DataFrame:
    """Return weeks with purchases, sorted by customer and week, split over the categories if there are any."""
    who, week = np.nonzero(year.trips.T)
    spend = np.round(year.spend[week, who], 2)
    history = pd.DataFrame({"customer": ids[who], "period": week, "trips": year.trips[week, who], "spend": spend})
    goods = simulator.content.goods
    if goods is None:
        return history
    shares = goods_shares(population.feature_names, population.features[0].astype(np.float64), goods.shares)
    rng = np.random.default_rng([seed, 0x600D5])
    amount = rng.gamma(EVENNESS * shares[who])
    amount = np.maximum(amount, 1e-12)
    split = np.round(spend[:, None] * amount / amount.sum(1, keepdims=True), 2)
    split[:, -1] = np.maximum(spend - split[:, :-1].sum(1), 0.0)
    columns = {name: split[:, k] for k, name in enumerate(goods.shares)}
    return history.assign(**columns, spend=split.sum(1))


def _frame(
    simulator: Simulator,
    population: Population,
    history: pd.DataFrame,
    contacts: pd.DataFrame,
    ids: pd.Index,
    weeks: int,
) -> pd.DataFrame:
    roles = simulator.roles
    seen = rfm_features(history, weeks, customers=ids)
    sent = contacts[contacts["campaign"] != "none"]
    count = sent.groupby("customer").size().reindex(ids, fill_value=0)
    answers = sent.groupby("customer")["redemptions"].sum().reindex(ids, fill_value=0)
    habits = {
        "recency": seen["recency_days"],
        "frequency": seen["trips_per_month"],
        "monetary": seen["spend_per_trip"].fillna(seen["spend_per_trip"].median()),
        "engagement": pd.Series(engagement(answers, count), index=ids),
    }
    columns: dict[str, object] = {column: habits[role] for role, column in roles.items()}
    static = population.features[0].astype(np.float64)
    columns |= {name: np.round(static[:, s], 4) for s, name in enumerate(population.feature_names)}
    for p, attribute in enumerate(simulator.protected):
        names = np.array([*(group.name for group in attribute.groups), UNKNOWN])
        columns[attribute.name] = pd.Series(names[population.groups[0, :, p]], index=ids).astype("str")
    bits = np.unpackbits(population.consent[0][:, None], axis=1, bitorder="little")[:, : len(CHANNELS)] > 0
    columns["consent"] = bits.any(axis=1)
    columns |= {f"consent_{channel}": bits[:, k] for k, channel in enumerate(CHANNELS)}
    if population.opening is not None:
        columns |= {
            _context(habit): _within(habit, population.opening[0, :, k].astype(np.float64))
            for k, habit in enumerate(simulator.content.opening)
        }
    return pd.DataFrame(columns, index=ids)


def _within(habit: str, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return habits as tables have them: hours on the clock, shares between 0 and 1."""
    return np.round(values % 24 if habit == "hour" else np.clip(values, 0, 1), 4)


def _context(habit: str) -> str:
    return {"hour": "usual_hour", "weekend": "opens_at_weekends", "mobile": "opens_on_mobile"}[habit]


def _schema(simulator: Simulator, categories: tuple[str, ...]) -> Schema:
    content = simulator.content
    role_of: dict[str, Role] = {simulator.roles[role]: role for role in get_args(Role) if role in simulator.roles}
    mixes = content.goods.mixes if content.goods else {}
    used = {campaign.channel for campaign in simulator.catalogue.campaigns if campaign.channel}
    return Schema(
        name=content.name,
        id="customer",
        consents=ConsentsSpec(**{channel: f"consent_{channel}" for channel in CHANNELS if channel in used}),
        context=ContextSpec(**{habit: _context(habit) for habit in content.opening}),
        features=tuple(
            _feature(feature, role_of.get(feature.name))
            for feature in simulator.catalogue.features
            if feature.name in role_of or feature.name in simulator.static_features
        ),
        protected=tuple(
            ProtectedSpec(column=a.name, label=a.label, groups={g.name: (g.name,) for g in a.groups})
            for a in simulator.protected
        ),
        campaigns=tuple(
            CampaignSpec(
                id=c.id, name=c.name, channel=c.channel or "email", offer=c.offer, cost=c.cost, discount=c.discount,
                beneficial=c.beneficial, mix=mixes.get(c.id, {}), hour=c.context.hour, weekday=c.context.weekday,
                device=c.context.device, weather=c.context.weather, taste=c.context.taste,
            )
            for c in simulator.catalogue.campaigns[1:]
        ),
        log=LogSpec(file="contacts.parquet", **{name: name for name in _LOG}),
        history=HistorySpec(
            file="history.parquet", customer="customer", period="period", trips="trips", spend="spend",
            categories=categories,
        ),
    )  # fmt: skip


def _feature(feature: Feature, role: Role | None) -> FeatureSpec:
    return FeatureSpec(
        column=feature.name, label=feature.label, unit=feature.unit, verb=feature.verb if role else "",
        decimals=feature.decimals, role=role,
    )  # fmt: skip


def _source(simulator: Simulator, frame: pd.DataFrame, seed: int) -> Source:
    told = f"{simulator.hash} {seed} {len(frame)}"
    notice = "Simulated customers: no row stands for a person."
    return Source(
        f"scenario {simulator.content.name}", len(frame), hashlib.sha256(told.encode()).hexdigest(), (notice,)
    )
