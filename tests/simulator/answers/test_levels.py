from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from tests.simulator.club import club

from evenhand.simulator.answers.levels import Level, codes_of, levels_of


def test_flags_and_categories_are_positions_of_their_values() -> None:
    customers = club(200)
    levels = levels_of(customers)
    assert levels == (Level("member", ("no", "yes")), Level("town", ("north", "south", "west")))
    codes = codes_of(customers, levels)
    assert (codes[:, 0] == customers.frame["member"]).all()
    assert (np.array(levels[1].names)[codes[:, 1]] == customers.frame["town"]).all()


def test_a_value_of_fewer_than_five_customers_is_not_kept() -> None:
    customers = club(200)
    frame = customers.frame.copy()
    frame.loc[:3, "town"] = "island"
    few = replace(customers, frame=frame)
    levels = levels_of(few)
    assert "island" not in levels[1].names
    assert (codes_of(few, levels)[:4, 1] == -1).all()


def test_empty_cells_are_unknown() -> None:
    customers = club(200)
    frame = customers.frame.copy()
    frame["member"] = frame["member"].astype(float)
    frame.loc[5, ["member", "town"]] = [np.nan, None]
    codes = codes_of(replace(customers, frame=frame), levels_of(customers))
    assert codes[5].tolist() == [-1, -1]
    assert set(codes[6:20, 0].tolist()) <= {0, 1}


def test_others_are_coded_by_the_values_of_those_that_were_fitted() -> None:
    levels = levels_of(club(200))
    other = club(50, seed=1)
    frame = other.frame.copy()
    frame["town"] = pd.Series("nowhere", index=frame.index)
    assert (codes_of(replace(other, frame=frame), levels)[:, 1] == -1).all()


def test_a_table_without_them_has_none() -> None:
    customers = club(30)
    assert codes_of(customers, ()).shape == (30, 0)
