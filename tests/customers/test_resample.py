"""Customers drawn anew keep what is theirs, and copies are customers of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evenhand.customers import Customers
from evenhand.customers.resample import resampled

ROWS = np.array([0, 2, 2, 2, 5])


def test_copies_are_customers_of_their_own_with_the_features_of_the_original(demo: Customers) -> None:
    drawn = resampled(demo, ROWS)
    first, third = str(demo.frame.index[0]), str(demo.frame.index[2])
    assert list(drawn.frame.index)[:4] == [first, third, f"{third} #2", f"{third} #3"]
    assert drawn.frame.index.is_unique
    assert drawn.frame.index.name == demo.frame.index.name
    pd.testing.assert_frame_equal(drawn.frame.reset_index(drop=True), demo.frame.iloc[ROWS].reset_index(drop=True))
    np.testing.assert_array_equal(drawn.protected_codes(), demo.protected_codes()[ROWS])


def test_histories_and_contacts_go_with_each_copy(demo: Customers) -> None:
    drawn = resampled(demo, ROWS)
    third = demo.frame.index[2]
    for before, after in ((demo.history, drawn.history), (demo.contacts, drawn.contacts)):
        assert before is not None
        assert after is not None
        assert list(after.columns) == list(before.columns)
        of_third = before[before["customer"] == third].drop(columns="customer").reset_index(drop=True)
        assert len(of_third) > 0
        for name in (str(third), f"{third} #2", f"{third} #3"):
            copy = after[after["customer"] == name].drop(columns="customer").reset_index(drop=True)
            pd.testing.assert_frame_equal(copy, of_third)
        assert len(after) == sum((before["customer"] == demo.frame.index[k]).sum() for k in ROWS)
