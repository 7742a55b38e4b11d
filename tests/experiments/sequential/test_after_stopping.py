from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from evenhand.errors import EvenhandError
from evenhand.experiments.sequential import (
    AlwaysValid,
    Boundaries,
    Monitoring,
    Spending,
    after_stopping,
    bounds,
    spending_boundaries,
)


def test_with_one_look_it_is_the_plain_interval() -> None:
    found = after_stopping(0.3, 0.1, spending_boundaries((1.0,)))
    assert found.value == pytest.approx(0.3)
    assert (found.low, found.high) == pytest.approx((0.3 - 1.959964 * 0.1, 0.3 + 1.959964 * 0.1), abs=1e-6)
    assert found.p_value == pytest.approx(2 * norm.sf(3))


def test_an_early_stop_is_pulled_towards_zero_and_sides_mirror() -> None:
    made = spending_boundaries((0.3, 0.6))
    up, down = after_stopping(2.9, 1.0, made), after_stopping(-2.9, 1.0, made)
    assert 0 < up.value < 2.9
    assert (up.value, up.low, up.high) == pytest.approx((-down.value, -down.high, -down.low))
    assert up.p_value == pytest.approx(down.p_value)


def test_units_are_those_of_the_estimate() -> None:
    made = spending_boundaries((0.3, 0.6))
    one, hundredth = after_stopping(2.9, 1.0, made), after_stopping(0.029, 0.01, made)
    assert (hundredth.value, hundredth.low) == pytest.approx((one.value / 100, one.low / 100))


def test_the_p_value_is_the_probability_to_stop_so_early_or_so_far() -> None:
    """At the very bound of look k it is what has been spent until then."""
    made = spending_boundaries((0.3, 0.6, 1.0))
    for k in range(3):
        so_far = spending_boundaries(made.fractions[: k + 1])
        assert after_stopping(made.upper[k], 1.0, so_far).p_value == pytest.approx(made.spent[k], rel=1e-6)


def stopped_trials(made: Boundaries, drift: float, n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Look at which each trial ends and its z there, (n,) each."""
    rng = np.random.default_rng(seed)
    t = np.array(made.fractions)
    steps = np.diff(t, prepend=0)
    z = (rng.normal(0, 1, (n, t.size)) * np.sqrt(steps) + drift * steps).cumsum(axis=1) / np.sqrt(t)
    crossed = np.abs(z) >= np.array(made.upper)
    at = np.where(crossed.any(axis=1), crossed.argmax(axis=1), t.size - 1)
    return at, z[np.arange(n), at]


@pytest.mark.parametrize("drift", [0.0, 2.8])
@pytest.mark.parametrize("family", ["spending", "always-valid"])
def test_half_of_the_estimates_lie_above_the_truth_and_95_percent_of_the_intervals_hold_it(
    drift: float, family: str
) -> None:
    """400 trials each: a share off by over 4 standard errors has probability 6e-5."""
    shares = (0.2, 0.5, 0.8, 1.0)
    made = spending_boundaries(shares) if family == "spending" else bounds(AlwaysValid(), shares)
    at, z = stopped_trials(made, drift, 400, seed=5)
    truths = []
    for k, score in zip(at, z, strict=True):
        so_far = Boundaries(shares[: k + 1], made.upper[: k + 1], made.spent[: k + 1], made.alpha)
        se = 1 / math.sqrt(shares[k])
        found = after_stopping(score * se, se, so_far)
        truths.append((found.value > drift, found.low <= drift <= found.high, found.naive > drift))
    above, held, naive = np.mean(truths, axis=0)
    assert abs(above - 0.5) < 4 * math.sqrt(0.25 / 400)
    assert abs(held - 0.95) < 4 * math.sqrt(0.05 * 0.95 / 400)
    if drift and family == "spending":
        assert naive > above


@pytest.mark.parametrize(("value", "se"), [(math.nan, 1.0), (1.0, 0.0), (1.0, -1.0), (1.0, math.inf)])
def test_what_is_no_estimate_is_refused(value: float, se: float) -> None:
    with pytest.raises(EvenhandError, match="standard error"):
        after_stopping(value, se, spending_boundaries((1.0,)))


def test_looks_that_could_not_stop_the_trial_leave_no_trace() -> None:
    made = spending_boundaries((0.01, 0.02, 0.5))
    assert made.upper[:2] == (math.inf, math.inf)
    one = spending_boundaries((0.5,))
    for value in (1.0, 3.2, 60.0):
        found, plain = after_stopping(value, 1.0, made), after_stopping(value, 1.0, one)
        assert (found.value, found.low, found.high) == pytest.approx((plain.value, plain.low, plain.high))
        assert found.value == pytest.approx(value)


def test_what_an_earlier_look_would_have_ended_is_refused() -> None:
    with pytest.raises(EvenhandError, match="no effect explains"):
        after_stopping(60.0, 1.0, spending_boundaries((0.3, 0.6)))
    with pytest.raises(EvenhandError, match="confidence level 1"):
        after_stopping(1.0, 1.0, spending_boundaries((1.0,)), level=1.0)


@pytest.mark.parametrize("seed", range(40))
def test_limits_enclose_the_estimate_wherever_the_looks_fall(seed: int) -> None:
    rng = np.random.default_rng(seed)
    shares = np.cumsum(rng.uniform(0.02, 0.4, rng.integers(1, 8))).tolist()
    ways: list[Monitoring] = [Spending(), Spending("pocock"), Spending("power", rho=float(rng.uniform(0.5, 4))),
                              AlwaysValid()]  # fmt: skip
    found = after_stopping(float(rng.normal(0, 5)), 1.0, bounds(ways[seed % 4], shares))
    assert found.low < found.value < found.high
    assert 0 <= found.p_value <= 1
