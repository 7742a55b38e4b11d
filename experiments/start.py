"""Where simulated futures of known customers start: habits as observed, as tired as the running plan makes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evenhand.customers import Customers, Role
from evenhand.customers.rfm import DAYS_PER_MONTH, DAYS_PER_PERIOD, ENGAGEMENT_SHRINK
from evenhand.segments import Segmentation
from evenhand.simulator import Population, State, fresh_state
from evenhand.simulator.habits.leaving import chance_left
from evenhand.simulator.types import HERE, LEFT

__all__ = ["UNITS", "Start", "given_by"]

SUPPOSED_CONTACTS = 10.0  # contacts behind a table's engagement where there is no log
UNITS: Final[dict[Role, float]] = {  # what one of the simulator's is in the column's unit
    "recency": DAYS_PER_PERIOD,
    "frequency": DAYS_PER_MONTH / DAYS_PER_PERIOD,
    "monetary": 1.0,
    "engagement": 1 / (SUPPOSED_CONTACTS + ENGAGEMENT_SHRINK),
}


@dataclass(frozen=True)
class Start:
    """What is known of n customers now."""

    habits: dict[Role, NDArray[np.float32]]  # role -> (n,) as the simulator counts it, where the table has it
    given: NDArray[np.int64]  # (n,) position of the campaign that each customer has been getting

    @classmethod
    def of(cls, customers: Customers, given: NDArray[np.int64]) -> Start:
        """Read the customers; periods and trips per period in place of days and trips per month."""
        habits = {}
        for role, unit in UNITS.items():
            if column := customers.role(role):
                habits[role] = _counted_in(unit, customers.numbers([column])[:, 0])
        return cls(habits, given)

    def state(self, population: Population) -> State:
        """Return the customers' state, (1, n): habits as observed, as tired as today's plan makes them."""
        state = fresh_state(population.traits, population.consent)
        shape = state.recency.shape

        def habit(role: Role, otherwise: NDArray[np.float32]) -> NDArray[np.float32]:
            return self.habits[role][None].copy() if role in self.habits else otherwise

        bit = np.left_shift(1, population.effects.channel[self.given])
        fatigue = population.expected_effects.weight[:, self.given] * ((population.consent & bit) != 0)
        contacts = np.full(shape, SUPPOSED_CONTACTS if "engagement" in self.habits else 0.0, np.float32)
        answers = habit("engagement", np.zeros(shape, np.float32))
        recency = habit("recency", state.recency)
        back = population.behaviour["return_base"].astype(np.float64)[:, None]
        left = chance_left(recency, population.traits.rate, population.traits.hazard, back)
        absent = np.random.default_rng([population.seed, 0xAB5E]).random(shape) < left
        return state._replace(
            absent=np.where(absent, LEFT, HERE).astype(np.uint8),
            recency=recency,
            trips=habit("frequency", state.trips),
            spend=habit("monetary", state.spend),
            fatigue=fatigue.astype(np.float32),
            contacts=contacts,
            answers=answers,
        )


def _counted_in(unit: float, values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return values / unit such that the environment's way back gives the very values: nobody crosses a cut."""

    def back(counted: NDArray[np.float32]) -> NDArray[np.float32]:
        return counted * np.float32(unit) if unit >= 1 else counted / np.float32(1 / unit)

    wanted, near = values.astype(np.float32), (values / unit).astype(np.float32)
    up, down = np.nextafter(near, np.float32(np.inf)), np.nextafter(near, np.float32(-np.inf))
    found = np.where(back(near) < wanted, up, near)  # where no number does: on the far side of an open cut
    for one in (down, up, near):
        found = np.where(back(one) == wanted, one, found)
    return found


def given_by(segmentation: Segmentation, frame: pd.DataFrame) -> NDArray[np.int64]:
    """Return the position of each customer's campaign, (n,), by the segments of `frame` (n rows)."""
    ids = [campaign.id for campaign in segmentation.catalogue.campaigns]
    campaigns = np.array([ids.index(segment.campaign) for segment in segmentation.every])
    return np.asarray(campaigns[segmentation.assign(frame)], np.int64)
