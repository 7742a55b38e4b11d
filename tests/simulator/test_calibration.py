"""Calibration: what comes from where, and that it is the same for the same customers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from evenhand.customers import Customers
from evenhand.errors import DataError
from evenhand.simulator import Simulator, calibrate
from evenhand.simulator.priors import BEHAVIOUR_PRIORS, FALLBACK_PRIORS


def test_every_parameter_says_where_it_comes_from(simulator: Simulator) -> None:
    table = simulator.parameters().set_index("name")
    assert set(table["origin"]) == {"calibrated", "prior"}
    assert (table["source"].str.len() > 10).all()
    assert (table["low"] <= table["value"] * 1.05).all()
    assert (table["value"] <= table["high"] * 1.05).all()
    assert table.loc["drift_sd", "origin"] == "calibrated"
    assert table.loc["lift[A]", "origin"] == "prior"  # never claimed from a log that was not randomised
    assert set(BEHAVIOUR_PRIORS) <= set(table.index)
    assert any("not randomised" in note for note in simulator.notes)


def test_without_history_or_log_priors_stand_in_and_say_so(features_only: Customers) -> None:
    simulator = calibrate(features_only, replicates=3)
    table = simulator.parameters().set_index("name")
    for name in ("dispersion", "zero_inflation", "drift_persistence", "drift_sd", "hazard", "redemption[A]"):
        assert table.loc[name, "origin"] == "prior"
    assert table.loc["rate_median", "origin"] == "calibrated"
    assert "No half year of weekly history" in simulator.notes[0]
    assert any("redemption comes from a stated prior" in note for note in simulator.notes)
    p = simulator.population(1, 2_000)
    column = features_only.role("frequency")
    assert column is not None
    real = features_only.frame[column].median() * 7 / 30
    assert np.median(p.traits.rate) == pytest.approx(real, rel=0.25)
    assert simulator.content.replicates[0].drift_sd != simulator.content.replicates[1].drift_sd


def test_a_table_without_roles_still_calibrates_on_stated_priors(features_only: Customers) -> None:
    schema = features_only.schema
    plain = tuple(spec.model_copy(update={"role": None, "per_days": None}) for spec in schema.features)
    bare = replace(features_only, schema=schema.model_copy(update={"features": plain}))
    simulator = calibrate(bare, replicates=1)
    assert any("does not tell rate, basket" in note for note in simulator.notes)
    p = simulator.population(1, 100)
    np.testing.assert_allclose(p.traits.basket, FALLBACK_PRIORS["basket"].centre, rtol=1e-5)


def test_too_few_customers_are_refused(demo: Customers) -> None:
    with pytest.raises(DataError, match=r"10 customers are too few.*keep what runs"):
        calibrate(demo.only(demo.frame.index[:10]))


def test_the_same_customers_give_the_same_simulator(demo: Customers) -> None:
    few = demo.only(demo.frame.index[:300])
    one, two, other = (calibrate(few, replicates=2, seed=s) for s in (1, 1, 2))
    assert one == two
    assert one != other
    assert one.content.point.drift_sd == other.content.point.drift_sd


def test_progress_is_told(demo: Customers) -> None:
    told: list[tuple[int, int]] = []
    calibrate(demo.only(demo.frame.index[:200]), replicates=2, progress=lambda a, b: told.append((a, b)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_replicates_differ_by_what_the_customers_leave_open(simulator: Simulator) -> None:
    sds = [replicate.drift_sd for replicate in simulator.content.replicates]
    assert len(set(sds)) > 1
    assert np.std(sds) < 0.1


def test_constrained_groups_come_from_the_table(demo: Customers, simulator: Simulator) -> None:
    for ours, theirs in zip(simulator.protected, demo.fit.protected, strict=True):
        assert [(g.name, g.n, g.constrained) for g in ours.groups] == [
            (g.name, g.n, g.constrained) for g in theirs.known
        ]
        assert ours.unknown == theirs.unknown


@pytest.mark.slow
def test_the_demo_calibrates_within_a_minute(demo: Customers) -> None:
    import time

    start = time.process_time()
    calibrate(demo.fit)
    assert time.process_time() - start < 60


def test_odd_tables_calibrate_too(features_only: Customers) -> None:
    """No campaign, no protected attribute, no static feature; a column without any value, a constant one."""
    schema = features_only.schema
    frequency, monetary = features_only.role("frequency"), features_only.role("monetary")
    roles = tuple(spec for spec in schema.features if spec.column in (frequency, monetary))
    bare = schema.model_copy(update={"features": roles, "protected": (), "campaigns": ()})
    p = calibrate(replace(features_only, schema=bare), replicates=1).population(0, 50)
    assert p.features.shape == (1, 50, 0)
    assert p.groups.shape == (1, 50, 0)
    assert p.traits.interest.shape == (1, 50, 1)
    frame = features_only.frame.copy()
    frame[[features_only.static_features[0], str(frequency)]] = np.nan
    frame[features_only.static_features[1]] = 0.25
    odd = calibrate(replace(features_only, frame=frame), replicates=1)
    assert any("does not tell rate" in note for note in odd.notes)
    np.testing.assert_allclose(odd.population(0, 50).features[0, :, :2], [[0, 0.25]] * 50, atol=1e-6)


def test_a_short_history_leaves_the_dynamics_to_priors(demo: Customers) -> None:
    few = demo.only(demo.frame.index[:200])
    assert few.history is not None
    short = replace(few, periods=10, history=few.history[few.history["period"] < 10])
    table = calibrate(short, replicates=1).parameters().set_index("name")
    assert table.loc["drift_sd", "origin"] == "prior"
    assert table.loc["basket_median", "origin"] == "calibrated"
