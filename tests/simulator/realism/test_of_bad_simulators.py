"""The measures find bad simulators out, made from what real households did, and let real ones pass."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from evenhand.customers import Customers
from evenhand.simulator import Simulator
from evenhand.simulator.habits.panel import Panel
from evenhand.simulator.realism.case import Case, with_past
from evenhand.simulator.realism.comparison import told_apart
from evenhand.simulator.realism.copies import HalfYears, copies_of
from evenhand.simulator.realism.covering import coverage_of
from evenhand.simulator.realism.margins import feature_gaps, moments_of
from evenhand.simulator.realism.parts import Copies

Floats = NDArray[np.float64]


@pytest.fixture(scope="module")
def case(demo: Customers, simulator: Simulator) -> Case:
    holdout, whole = with_past(demo.holdout)
    assert whole is not None
    return Case(simulator, holdout, whole, demo.fit, 0)


@pytest.fixture(scope="module")
def real(case: Case) -> tuple[Floats, Floats]:
    return case.real()


def jointly(real: tuple[Floats, Floats], run: Floats) -> float:
    return told_apart(np.hstack(real), np.hstack([real[0], run]), seed=0)


def searched(case: Case, panel: Panel, features: Floats) -> Copies:
    past, future = case.real()
    held = HalfYears(case.future, future)
    lent = [HalfYears(*one) for one in case.lent()]
    known = [held, HalfYears(case.past, past), *lent]
    return copies_of([HalfYears(panel, features)], held, known=known, reference=lent[-1], seed=0)


def test_copying_the_past_fails_jointly_though_not_alone(real: tuple[Floats, Floats]) -> None:
    assert told_apart(real[1], real[0], seed=0) < 0.62
    assert jointly(real, real[0]) > 0.95


def test_copying_the_past_is_found_to_be_copying(case: Case, real: tuple[Floats, Floats]) -> None:
    found = searched(case, case.past, real[0])
    assert (found.identical, found.same_weeks, found.shuffled) == (1, 1, 1)


def test_futures_of_other_customers_fail_jointly_and_have_no_link_to_the_past(real: tuple[Floats, Floats]) -> None:
    past, future = real
    shuffled = future[np.random.default_rng(0).permutation(len(future))]
    assert jointly(real, shuffled) > 0.75
    names = tuple(str(k) for k in range(future.shape[1]))
    gaps = feature_gaps(names, past, future, [shuffled], seed=0)
    assert all(gap.wasserstein == 0 for gap in gaps)  # each feature alone is perfect
    assert max(abs(gap.simulated_link) for gap in gaps) < 0.15
    assert np.mean([gap.real_link for gap in gaps]) > 0.4


def test_weeks_of_a_real_customer_in_another_order_are_a_copy(case: Case, real: tuple[Floats, Floats]) -> None:
    order = np.random.default_rng(0).permutation(case.future.periods)
    mixed = Panel(case.future.trips[:, order], case.future.spend[:, order], case.future.categories[:, order],
                  case.future.names)  # fmt: skip
    found = searched(case, mixed, case.described(mixed, real[1][:, 8]))
    assert found.shuffled == 1
    assert found.same_weeks < 0.05


def test_real_customers_with_a_little_noise_are_too_close(case: Case, real: tuple[Floats, Floats]) -> None:
    """What a simulator that learned its households by heart would do: half years of fitted ones, blurred."""
    panel, features = case.lent()[-1]
    rows = np.arange(len(real[1]))
    blurred = features[rows] + 0.05 * features.std(0) * np.random.default_rng(0).standard_normal(features[rows].shape)
    found = searched(case, panel.rows(rows), blurred)
    assert found.ratio_high < 0.5
    assert found.close > 0.5


def test_a_fifth_more_spend_fails_alone(case: Case, real: tuple[Floats, Floats]) -> None:
    weeks = case.future
    dear = Panel(weeks.trips, 1.2 * weeks.spend, 1.2 * weeks.categories, weeks.names)
    run = case.described(dear, real[1][:, 8])
    gaps = {gap.name: gap for gap in feature_gaps(case.names, *real, [run], seed=0)}
    assert gaps["spend per trip (log)"].ks_p < 0.001
    assert gaps["spend per trip (log)"].wasserstein > 2 * gaps["spend per trip (log)"].wasserstein_halves
    assert gaps["trips (log)"].wasserstein == 0
    assert told_apart(real[1], run, seed=0) > 0.56


def test_independent_features_fail_by_their_moments(real: tuple[Floats, Floats]) -> None:
    rng = np.random.default_rng(0)
    loose = np.column_stack([rng.permutation(column) for column in real[1].T])
    found = moments_of(tuple("abcdefghijklmnopqr"), real[1], [loose], seed=0)
    assert found.rms > 3 * found.rms_halves
    assert abs(found.largest[0].real) > 0.8


def test_a_simulator_that_is_too_sure_is_not_covered() -> None:
    rng = np.random.default_rng(0)
    truth, futures = rng.normal(0, 2, 500), rng.standard_normal((200, 500))
    narrow, right = coverage_of({"x": truth, "y": truth / 2}, {"x": futures, "y": futures}, seed=0)
    assert narrow.share < 0.65
    assert narrow.histogram[0] + narrow.histogram[-1] > 0.35 * narrow.n
    assert right.low < 0.9 < right.high


def test_two_real_halves_pass_everything(case: Case, real: tuple[Floats, Floats]) -> None:
    """Chance of a false alarm below 1 % with another seed, by the bounds of each line."""
    order = np.random.default_rng(2).permutation(len(real[1]))
    half = len(order) // 2
    one, two = order[:half], order[half : 2 * half]
    assert told_apart(np.hstack(real)[one], np.hstack(real)[two], seed=0) == pytest.approx(0.5, abs=0.09)
    gaps = feature_gaps(case.names, real[0][one], real[1][one], [real[1][two]], seed=0)
    assert min(gap.ks_p for gap in gaps) > 0.01 / len(gaps)
    assert max(gap.wasserstein for gap in gaps) < 0.35
    lent = HalfYears(*case.lent()[-1])
    held, other = (HalfYears(case.future.rows(rows), real[1][rows]) for rows in (one, two))
    found = copies_of([other], held, known=[held, lent], reference=lent, seed=0)
    assert (found.identical, found.same_weeks, found.shuffled) == (0, 0, 0)
    assert found.ratio_high > 1
