"""The moment and the device: best at a fit, worst at the opposite, silent where nothing is said."""

from __future__ import annotations

import numpy as np
import pytest

from evenhand.segments import Campaign, Context
from evenhand.simulator.timing import timing

STRENGTH = {"hour": 0.3, "weekend": 0.2, "mobile": 0.1}


def _campaign(**context: object) -> Campaign:
    return Campaign(id="A", name="A", context=Context(**context))  # type: ignore[arg-type]  # by name


def test_an_hour_fits_around_the_clock() -> None:
    hours = np.array([20.0, 8.0, 2.0, 14.0, 23.99])
    added = timing([_campaign(hour=20)], {"hour": hours}, STRENGTH)[:, 0]
    np.testing.assert_allclose(added[:4], [0.3, -0.3, 0.0, 0.0], atol=1e-12)
    assert added[4] == pytest.approx(timing([_campaign(hour=20)], {"hour": np.array([16.01])}, STRENGTH)[0, 0])


def test_weekend_and_device_fit_by_share() -> None:
    habits = {"weekend": np.array([1.0, 0.0, 0.5]), "mobile": np.array([1.0, 0.0, 0.5])}
    added = timing([_campaign(weekday="saturday"), _campaign(weekday="monday", device="desktop")], habits, STRENGTH)
    np.testing.assert_allclose(added, [[0.2, -0.3], [-0.2, 0.3], [0.0, 0.0]], atol=1e-12)


def test_what_is_not_said_plays_no_part() -> None:
    habits = {"hour": np.array([3.0, 4.0])}
    assert not timing([_campaign(), _campaign(device="mobile")], habits, STRENGTH).any()
    assert timing([_campaign(hour=3)], {"": np.zeros(2)}, STRENGTH).tolist() == [[0.0], [0.0]]
