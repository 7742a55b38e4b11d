from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.simulator.club import club, club_schema
from tests.simulator.habits.test_purchases import lives

from evenhand.customers import Customers, FeatureSpec
from evenhand.simulator import calibrate
from evenhand.simulator.habits.ages import ages_of, by_ages, hazard_by_ages
from evenhand.simulator.habits.purchases import BgNbd
from evenhand.simulator.observed import observe
from evenhand.simulator.types import LEFT

TRUTH = BgNbd(1.2, 8.0, 0.8, 2.5)
FEATURES = (
    FeatureSpec(column="silent", role="recency"),
    FeatureSpec(column="orders", role="frequency"),
    FeatureSpec(column="basket", role="monetary"),
    FeatureSpec(column="known_for"),
)


@pytest.fixture(scope="module")
def aged() -> Customers:
    """2,000 customers whose purchases follow BG/NBD, as a table that tells recency, frequency, money and tenure."""
    x, t_x, age, _ = lives(TRUTH, 2_000, 0)
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "silent": np.round(7 * (age - t_x)),
            "orders": (x + 1) / (7 * age) * 30,
            "basket": 40 * np.exp(0.4 * rng.standard_normal(len(x))),
            "known_for": np.round(7 * age),
            "gender": rng.choice(["f", "m"], len(x)),
            "consent": True,
        },
        index=pd.Index(np.arange(len(x)), name="who"),
    )
    return Customers(frame=frame, schema=club_schema(features=FEATURES, tenure="known_for", log=None))


def test_purchases_are_read_back_from_recency_frequency_and_tenure(aged: Customers) -> None:
    x, t_x, age, _ = lives(TRUTH, 2_000, 0)
    ages = ages_of(aged)
    assert ages is not None
    np.testing.assert_array_equal(ages.repeats, x)
    np.testing.assert_allclose(ages.age, age, atol=0.1)
    np.testing.assert_allclose(ages.last, t_x, atol=0.2)


@pytest.mark.parametrize("lacking", ["recency", "frequency", "tenure"])
def test_where_one_of_the_three_is_missing_nothing_is_fitted(aged: Customers, lacking: str) -> None:
    features = tuple(spec.model_copy(update={"role": None}) if spec.role == lacking else spec for spec in FEATURES)
    tenure = None if lacking == "tenure" else "known_for"
    schema = club_schema(features=features, tenure=tenure, log=None)
    assert ages_of(replace(aged, schema=schema)) is None


def test_too_few_who_bought_again_tell_nothing(aged: Customers) -> None:
    assert ages_of(aged.only(aged.frame.index[:15])) is None
    assert ages_of(club(100)) is None


def test_who_bought_often_and_has_been_silent_for_long_has_likely_left(aged: Customers) -> None:
    ages = ages_of(aged)
    assert ages is not None
    found = by_ages(ages)
    often = ages.repeats >= 3
    late = ages.age - ages.last
    assert found.alive[often & (late > 20)].mean() < 0.2 < 0.9 < found.alive[often & (late < 2)].mean()
    assert found.basket is not None
    assert found.basket.std() < aged.frame["basket"].std()


def test_customers_leave_as_often_as_they_were_made_to(aged: Customers) -> None:
    ages = ages_of(aged)
    assert ages is not None
    intercept, slope = hazard_by_ages(ages, np.arange(2_000))
    assert np.exp(intercept) == pytest.approx(TRUTH.a / (TRUTH.a + TRUTH.b), rel=0.25)
    assert slope == 1.0


def test_calibration_takes_rates_leaving_and_baskets_from_it_and_says_so(aged: Customers) -> None:
    simulator = calibrate(aged, replicates=3)
    assert any("BG/NBD" in note for note in simulator.notes)
    table = simulator.parameters().set_index("name")
    assert table.loc["hazard", "origin"] == "calibrated"
    assert "BG/NBD" in str(table.loc["hazard", "source"])
    ages = ages_of(aged)
    assert ages is not None
    share = 1 - by_ages(ages).alive.mean()
    drawn = simulator.population(0, 4_000)
    assert drawn.absent is not None
    assert (drawn.absent == LEFT).mean() == pytest.approx(share, abs=0.04)
    alive = observe(aged).alive
    assert alive is not None
    gone = np.mean([p.absent[0] == LEFT for p in simulator.populations_of(aged, range(60)) if p.absent is not None], 0)
    assert np.corrcoef(gone, 1 - alive)[0, 1] > 0.95


def test_with_a_history_it_is_the_history_that_counts(demo: Customers) -> None:
    assert observe(demo.only(demo.frame.index[:100])).ages is None
