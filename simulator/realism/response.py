"""Who redeems what: observed redemptions beside simulated chances, by campaign and group, and by tenth of the chance.

Each campaign is simulated alone: the log tells redemptions of each, also in weeks that had two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.fairness import wilson
from evenhand.simulator.observed import contact_log
from evenhand.simulator.realism.parts import Bin, Cell

if TYPE_CHECKING:
    from evenhand.customers import Customers

__all__ = ["LEAST_CELL", "Answers", "answers_of", "bins_of", "cells_of", "interval"]

Floats = NDArray[np.float64]
Redeem = Callable[["Customers"], Floats]  # weeks with a redemption by draw and customer, (draws, N)

LEAST_CELL = 200  # customers below which a cell has no figures
TENTHS = 10


@dataclass(frozen=True)
class Answers:
    """The customers who got one campaign in the second half year."""

    campaign: str
    customer: NDArray[np.intp]  # (M,) rows of the customer table
    redeemed: NDArray[np.bool_]  # (M,) at least once
    chance: Floats  # (M,) share of the even draws in which they did
    draws: int  # that `chance` is a share of
    rank: Floats  # (M,) mean weeks with a redemption in the odd draws: sorting by `chance` would pick lucky draws

    @property
    def n(self) -> int:
        """Number of customers."""
        return len(self.customer)


def answers_of(customers: Customers, start: int, redeem: Redeem) -> Iterator[Answers]:
    """Yield each campaign's contacted customers with what they did and what `redeem` simulates of it.

    Contacts that began before `start` belong to the past and are kept, so that `redeem` may learn from them.
    """
    campaigns = [campaign.id for campaign in customers.catalogue.campaigns[1:]]
    told = contact_log(customers, campaigns, begun=(start, customers.periods))
    if told is None or customers.contacts is None:
        return
    for position, name in enumerate(campaigns):
        mine = told.campaign == position
        who, row = np.unique(told.customer[mine], return_inverse=True)
        if not len(who):
            continue
        seen = np.bincount(row, told.redeemed[mine]) > 0
        alone = replace(customers, contacts=_alone(customers.contacts, name, start))
        weeks = redeem(alone)[:, who]
        even = weeks[::2] > 0
        yield Answers(name, who, seen, even.mean(0), len(even), weeks[1::2].mean(0))


def _alone(contacts: pd.DataFrame, campaign: str, start: int) -> pd.DataFrame:
    """Keep the past and, after `start`, this campaign only, where the log tells redemptions of it."""
    past = contacts["period"] + contacts["periods"].fillna(1.0) <= start
    told = (contacts["period"] >= start) & (contacts["campaign"] == campaign) & contacts["redemptions"].notna()
    return contacts[past | told]


def cells_of(customers: Customers, answers: list[Answers]) -> tuple[Cell, ...]:
    """Return everyone, then each group of each protected attribute, by campaign."""
    codes = customers.protected_codes()
    cells = []
    for one in answers:
        cells.append(_cell(one, "", "everyone", np.ones(one.n, np.bool_)))
        for p, attribute in enumerate(customers.protected):
            for g, group in enumerate(attribute.known):
                cells.append(_cell(one, attribute.label, group.name, codes[one.customer, p] == g))
            cells.append(_cell(one, attribute.label, "unknown", codes[one.customer, p] == -1))
    return tuple(cell for cell in cells if cell.n)


def _cell(answers: Answers, attribute: str, group: str, use: NDArray[np.bool_]) -> Cell:
    n, chance = int(use.sum()), answers.chance[use]
    if n < LEAST_CELL:
        nan = float("nan")
        return Cell(answers.campaign, attribute, group, n, nan, nan, nan, nan, nan)
    seen = int(answers.redeemed[use].sum())
    # p (1 - p) from a share of m draws is too small by 1 - 1 / m, and the expectation is itself a mean of m draws.
    variance = (chance * (1 - chance)).sum() * (answers.draws + 1) / max(answers.draws - 1, 1)
    return Cell(
        answers.campaign, attribute, group, n, seen / n, *interval(seen, n), float(chance.mean()),
        float(np.sqrt(variance) / n),
    )  # fmt: skip


def bins_of(answers: list[Answers]) -> tuple[Bin, ...]:
    """Return tenths by simulated chance: of all campaigns together, then of each with customers enough."""
    large = [one for one in answers if one.n >= LEAST_CELL]
    pooled = [("", answers)] if sum(one.n for one in answers) >= LEAST_CELL else []
    found: list[Bin] = []
    for campaign, part in [*pooled, *((one.campaign, [one]) for one in large)]:
        rank = np.concatenate([one.rank for one in part])
        chance = np.concatenate([one.chance for one in part])
        seen = np.concatenate([one.redeemed for one in part])
        order = np.argsort(rank, kind="stable")
        for rows in np.array_split(order, TENTHS):
            count = int(seen[rows].sum())
            share = float(count / len(rows))
            found.append(Bin(campaign, len(rows), float(chance[rows].mean()), share, *interval(count, len(rows))))
    return tuple(found)


def interval(count: int, n: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of the share `count / n`."""
    low, high = wilson(count, n)
    return float(low), float(high)
