"""What customers of one simulated population do under a campaign plan, as results that a business would send back.

Luck belongs to (population, customer, period, purpose), so the same customer under another plan has the same luck:
outcomes under two plans are potential outcomes of one and the same person, and their difference is the true effect.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.customers.campaign_plan import CampaignPlan
from evenhand.errors import CampaignError, DataError
from evenhand.experiments.start import Start
from evenhand.simulator import Population, Simulation, Simulator
from evenhand.simulator.types import Outcome

__all__ = ["positions_in", "results_of"]

DAYS: Final = 7  # of the simulator's period
MIDNIGHT: Final = time()
IntArray = NDArray[np.int64]


def positions_in(simulator: Simulator, plan: CampaignPlan) -> NDArray[np.int8]:
    """Return the simulator's position of each row's campaign, (n,); CampaignError where it does not know one."""
    known = [campaign.id for campaign in simulator.catalogue.campaigns]
    if strange := [name for name in plan.about.names if name not in known]:
        raise CampaignError(
            f"the simulator does not know campaign {strange[0]!r}",
            rule=f"it was calibrated for {', '.join(known)}",
            mend="calibrate a simulator that has it, or rehearse arms that do without",
        )
    return np.array([known.index(name) for name in plan.about.names], np.int8)[plan.actions]


def results_of(population: Population, start: Start, given: NDArray[np.int8], plan: CampaignPlan) -> pd.DataFrame:
    """Return a row per customer and period in which something happened, as `evenhand record` takes them.

    `given` (n,) are the simulator's campaigns, sent in every period of the plan. `margin` is before the cost of the
    contact, which the log takes off itself. A period's row stands on one of its days, drawn by the population's seed.
    DataError for a plan whose period is not the simulator's week.
    """
    if plan.about.period_days != DAYS:
        raise DataError(f"periods of {plan.about.period_days} days", rule="a period of the simulator is a week")
    life = Simulation(population, np.array([population.seed], np.uint64))
    rest = life.state  # stationary drift and taste: nothing rises or falls on average
    life.state = start.state(population)._replace(drift=rest.drift, taste=rest.taste)
    cost = population.effects.cost[0, given]
    ids = plan.frame["customer"].to_numpy(dtype=object)
    rng = np.random.default_rng([population.seed, 0xDA7])
    weeks = []
    for week in range(plan.about.periods):
        outcome = life.advance(given[None])
        weeks.append(_rows(outcome, cost, ids, _moments(plan, week, rng.integers(DAYS, size=len(ids)))))
    return pd.concat(weeks, ignore_index=True)


def _moments(plan: CampaignPlan, week: int, days: IntArray) -> NDArray[np.object_]:
    """Return noon of each customer's day in a week, (n,) ISO 8601."""
    first = datetime.combine(plan.about.starts, MIDNIGHT) + timedelta(days=DAYS * week, hours=12)
    names = np.array([f"{first + timedelta(days=day):%Y-%m-%dT%H:%M:%SZ}" for day in range(DAYS)], dtype=object)
    return names[days]


def _rows(
    out: Outcome, cost: NDArray[np.float32], ids: NDArray[np.object_], moments: NDArray[np.object_]
) -> pd.DataFrame:
    sent, spend = out.contacted[0] > 0, out.spend[0].astype(np.float64)
    left = out.unsubscribed[0] > 0
    happened = sent | left | (spend > 0)
    rows = {
        "customer": ids,
        "time": moments,
        "delivered": out.delivered[0],
        "opened": out.opened[0],
        "clicked": out.clicked[0],
        "redeemed": out.redeemed[0],
        "unsubscribed": out.unsubscribed[0],
        "spend": spend,
        "margin": (out.profit[0] + cost * sent).astype(np.float64),
    }
    return pd.DataFrame({name: values[happened] for name, values in rows.items()})
