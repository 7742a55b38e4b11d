"""Habits of customers of whom a table tells recency, frequency and how long they have been customers.

The schema's `tenure` names the feature that counts days since the first purchase; recency and frequency have roles.
Where one of the three is missing nothing is fitted: a rate alone cannot tell who bought rarely from who has left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.customers.rfm import DAYS_PER_MONTH, DAYS_PER_PERIOD
from evenhand.simulator.habits.purchases import (
    LEAST_REPEATERS,
    alive,
    expected_spend,
    fit_bg_nbd,
    fit_gamma_gamma,
    living_rate,
)

if TYPE_CHECKING:
    from evenhand.customers import Customers

__all__ = ["AgeHabits", "Ages", "ages_of", "by_ages", "hazard_by_ages"]

Floats = NDArray[np.float64]


class Ages(NamedTuple):
    """What a table without history tells of each customer's purchases, in periods; shape (N,) each."""

    repeats: Floats  # purchases after the first
    last: Floats  # age at the last purchase
    age: Floats  # since the first purchase
    money: Floats | None  # mean spend per purchase


class AgeHabits(NamedTuple):
    """Habits by BG/NBD and Gamma-Gamma, (N,) each."""

    rate: Floats  # purchases per period while alive
    alive: Floats  # chance to be alive
    basket: Floats | None  # spend per purchase


def ages_of(customers: Customers) -> Ages | None:
    """Return recency, frequency and age, None where the table lacks one or too few customers bought again."""
    columns = [customers.role("recency"), customers.role("frequency"), customers.schema.tenure]
    if any(column is None for column in columns):
        return None
    silent, rate, age = customers.numbers([column for column in columns if column is not None]).T
    first = np.maximum(age, 1.0)
    repeats = np.maximum(np.round(rate * first / DAYS_PER_MONTH) - 1, 0.0)
    last = np.where(repeats > 0, np.clip(first - silent, 0.0, first), 0.0)
    if (repeats > 0).sum() < LEAST_REPEATERS:
        return None
    monetary = customers.role("monetary")
    money = customers.numbers([monetary])[:, 0] if monetary is not None else None
    return Ages(repeats, last / DAYS_PER_PERIOD, first / DAYS_PER_PERIOD, money)


def by_ages(ages: Ages) -> AgeHabits:
    """Return each customer's expected habits."""
    model = fit_bg_nbd(ages.repeats, ages.last, ages.age)
    basket = None
    if ages.money is not None and (ages.money > 0).sum() >= LEAST_REPEATERS:
        times = np.where(ages.money > 0, ages.repeats + 1, 0.0)
        basket = expected_spend(fit_gamma_gamma(times, ages.money), times, ages.money)
    return AgeHabits(
        living_rate(model, ages.repeats, ages.age), alive(model, ages.repeats, ages.last, ages.age), basket
    )


def hazard_by_ages(ages: Ages, rows: NDArray[np.intp]) -> tuple[float, float]:
    """Return (intercept, slope) of the log hazard to leave on the log rate, fitted to customers `rows`.

    In BG/NBD customers leave after a purchase, with chance a / (a + b) on average: a hazard of that times the rate.
    """
    weight = np.bincount(rows, minlength=len(ages.age)).astype(np.float64)
    model = fit_bg_nbd(ages.repeats, ages.last, ages.age, weight)
    return float(np.log(model.a / (model.a + model.b))), 1.0
