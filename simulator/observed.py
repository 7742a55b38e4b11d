"""What calibration reads off a customer table: one row of numbers per customer, the contacts and their
campaigns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.customers.rfm import DAYS_PER_MONTH, DAYS_PER_PERIOD
from evenhand.simulator.answers.levels import Level, codes_of
from evenhand.simulator.answers.redemption import ContactLog
from evenhand.simulator.habits.ages import Ages, ages_of, by_ages
from evenhand.simulator.habits.organic import fit_habits
from evenhand.simulator.habits.panel import Panel, panel_of
from evenhand.simulator.priors import FALLBACK_PRIORS

if TYPE_CHECKING:
    from evenhand.customers import Customers
    from evenhand.customers.schema import Role

__all__ = ["HABITS", "Observed", "affinity_of", "contact_log", "observe", "overlap"]

Floats = NDArray[np.float64]

HABITS = ("log_rate", "log_basket", "log_basket_sd")
_AFFINITY_RANGE = (0.2, 3.0)


@dataclass(frozen=True)
class Observed:
    """One row per customer; columns are `HABITS`, the static features, the affinity to each contact campaign, then the
    habits of opening.
    """

    values: Floats  # (N, 3 + S + C - 1 + H)
    codes: NDArray[np.int8]  # (N, P) group of each protected attribute, -1 unknown
    consent: NDArray[np.bool_]  # (N, 4) by channel
    panel: Panel | None
    log: ContactLog | None
    n_static: int
    assumed: tuple[str, ...]  # which habits the table does not tell
    levels: NDArray[np.int8]  # (N, Q) positions of flags and categories, -1 unknown
    ages: Ages | None  # recency, frequency and age of customers whose history the table does not tell
    alive: Floats | None  # (N,) chance that a customer has not left without a word, where ages tell it


def observe(customers: Customers, *, levels: tuple[Level, ...] = ()) -> Observed:
    """Read a customer table; habits come from the history, else from recency, frequency and age, else from the features
    with a role, else from priors. `levels` are the flags and categories that responses depend on.
    """
    panel = panel_of(customers)
    campaigns = [campaign.id for campaign in customers.catalogue.campaigns[1:]]
    habits, assumed = _habits(customers, panel)
    ages = None if panel is not None and panel.trips.any() else ages_of(customers)
    alive = None
    if ages is not None:
        found = by_ages(ages)
        alive, habits = found.alive, np.column_stack([np.log(found.rate), habits[:, 1:]])
        if found.basket is not None:
            habits[:, 1] = np.log(found.basket)
    statics = np.nan_to_num(customers.numbers(customers.static_features))  # a column without any value
    affinity = affinity_of(customers, panel, campaigns)
    return Observed(
        values=np.column_stack([habits, statics, affinity, _opening_habits(customers)]),
        codes=customers.protected_codes(),
        consent=customers.consents,
        panel=panel,
        log=contact_log(customers, campaigns),
        n_static=statics.shape[1],
        assumed=assumed,
        levels=codes_of(customers, levels),
        ages=ages,
        alive=alive,
    )


def _opening_habits(customers: Customers) -> Floats:
    """Return when and on what customers open, (N, H) as `customers.context` has it, the median where unknown."""
    known = customers.context
    return known.fillna(known.median()).fillna(0.0).to_numpy(dtype=np.float64)


def _habits(customers: Customers, panel: Panel | None) -> tuple[Floats, tuple[str, ...]]:
    if panel is not None and panel.trips.any():
        return np.column_stack(fit_habits(panel)), ()
    columns, assumed = [], []
    sources: tuple[tuple[Role | None, float], ...] = (
        ("frequency", DAYS_PER_PERIOD / DAYS_PER_MONTH),
        ("monetary", 1.0),
        (None, 1.0),
    )
    for name, (role, unit) in zip(HABITS, sources, strict=True):
        column = customers.role(role) if role else None
        values = np.nan_to_num(customers.numbers([column])[:, 0] * unit) if column else np.zeros(customers.n)
        if not (values > 0).any():
            assumed.append(name)
            columns.append(np.full(customers.n, np.log(FALLBACK_PRIORS[name.removeprefix("log_")].centre)))
            continue
        columns.append(np.log(np.maximum(values, 0.5 * values[values > 0].min())))
    return np.column_stack(columns), tuple(assumed)


def affinity_of(customers: Customers, panel: Panel | None, campaigns: list[str]) -> Floats:
    """Return (N, C - 1): overlap of category shares with each campaign's mix, relative to its mean; else
    ones.
    """
    affinity = np.ones((customers.n, len(campaigns)))
    mixes = {spec.id: spec.mix for spec in customers.schema.campaigns}
    if panel is None or not panel.names:
        return affinity
    totals = panel.categories.sum(1) + panel.categories.sum((0, 1)) / max(panel.spend.sum(), 1.0)
    shares = totals / totals.sum(1, keepdims=True)
    for column, name in enumerate(campaigns):
        mix = np.array([mixes.get(name, {}).get(category, 0.0) for category in panel.names])
        affinity[:, column] = overlap(shares, mix)
    return affinity


def overlap(shares: Floats, mix: Floats) -> Floats:
    """Return how far category shares (N, K) overlap with a campaign's mix (K,), over its mean, (N,); ones without a
    mix.
    """
    if mix.sum() <= 0:
        return np.ones(len(shares))
    common = np.minimum(shares, mix / mix.sum()).sum(1)
    return np.asarray(np.clip(common / common.mean(), *_AFFINITY_RANGE))


def contact_log(
    customers: Customers,
    campaigns: list[str],
    *,
    before: int | None = None,
    begun: tuple[int, int] | None = None,
) -> ContactLog | None:
    """Return the campaign log in rows and positions; None when it does not tell who redeemed.

    With `before`, only campaigns that were over by that week; with `begun`, those begun in [start, stop).
    """
    contacts, told = customers.contacts, customers.schema.log
    if contacts is None or (told is not None and not told.tells_conversion):
        return None
    use = contacts[contacts["campaign"].isin(campaigns) & contacts["redemptions"].notna()]
    use = use[use["periods"].fillna(1.0) > 0]
    if before is not None:
        use = use[use["period"] + use["periods"].fillna(1.0) <= before]
    if begun is not None:
        use = use[(use["period"] >= begun[0]) & (use["period"] < begun[1])]
    if not len(use):
        return None
    weeks = np.maximum(np.ceil(use["periods"].fillna(1.0).to_numpy(dtype=np.float64)), 1.0)
    return ContactLog(
        customer=customers.frame.index.get_indexer(pd.Index(use["customer"])),
        campaign=np.array([campaigns.index(name) for name in use["campaign"]], dtype=np.intp),
        weeks=weeks,
        redeemed=np.minimum(use["redemptions"].to_numpy(dtype=np.float64), weeks),
    )
