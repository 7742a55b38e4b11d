from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.simulator.club import club

from evenhand.customers import Customers
from evenhand.errors import DataError
from evenhand.simulator import Simulator, calibrate
from evenhand.simulator.answers.experiment_check import EVERYONE, foretell, table_of


@pytest.fixture(scope="module")
def halves() -> tuple[Simulator, Customers]:
    fit, test = club(16_000, seed=7).split(0.5)
    return calibrate(fit, replicates=12), test


def groups(customers: Customers) -> dict[str, np.ndarray]:
    member = customers.frame["member"].to_numpy()
    return {"member": member, "other": ~member}


def test_what_was_not_seen_is_foretold_within_the_interval(halves: tuple[Simulator, Customers]) -> None:
    """27 cells of intervals that miss in 5 %: five or more misses have a chance of about 1 %; the seed is fixed."""
    simulator, test = halves
    table = table_of(foretell(simulator, test, groups(test), draws=20))
    assert len(table) == 3 * 3 * 3
    assert set(table["group"]) == {EVERYONE, "member", "other"}
    assert (~table["within"]).sum() <= 4
    assert (table["error"] > 0).all()


def test_customers_who_behave_differently_are_not_foretold(halves: tuple[Simulator, Customers]) -> None:
    simulator, test = halves
    assert test.contacts is not None
    twice = test.contacts.assign(visited=np.maximum(test.contacts["visited"], np.arange(test.n) % 5 == 0))
    table = table_of(foretell(simulator, replace(test, contacts=twice), {}, draws=10))
    assert not table[table["outcome"] == "visits"]["within"].any()


def test_the_interval_is_that_of_the_difference(halves: tuple[Simulator, Customers]) -> None:
    """Wider than sampling of the tested customers alone; a quarter of them makes it about twice as wide."""
    simulator, test = halves
    few = test.only(test.frame.index[::4])
    whole, part = (table_of(foretell(simulator, c, {}, draws=20)) for c in (test, few))
    visits = whole[whole["outcome"] == "visits"]
    assert (visits["error"] > np.sqrt(visits["seen"] * (1 - visits["seen"]) / visits["n"])).all()
    ratio = (part["error"] / whole["error"]).mean()
    assert 1.4 < ratio < 2.2


def test_a_customer_with_several_rows_lives_through_each(halves: tuple[Simulator, Customers]) -> None:
    simulator, test = halves
    assert test.contacts is not None
    again = test.contacts.assign(period=4)
    double = replace(test, contacts=pd.concat([test.contacts, again], ignore_index=True))
    one, two = (table_of(foretell(simulator, c, {}, draws=5)) for c in (test, double))
    assert (two["n"] == 2 * one["n"]).all()
    np.testing.assert_allclose(two["foretold"], one["foretold"], rtol=0.15)


def test_without_a_response_nothing_can_be_foretold(halves: tuple[Simulator, Customers]) -> None:
    simulator, test = halves
    with pytest.raises(DataError, match="tells no response to compare with"):
        foretell(simulator, replace(test, contacts=None), {})
    targeted = calibrate(club(3_000, targeted=0.9), replicates=1)
    with pytest.raises(DataError, match="tells no response to compare with"):
        foretell(targeted, test, {})
