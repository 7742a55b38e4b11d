from __future__ import annotations

import math
import re

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import multivariate_normal, norm

from evenhand.errors import EvenhandError
from evenhand.experiments.sequential import (
    Boundaries,
    Spending,
    critical_value,
    crossing,
    even_looks,
    inflation,
    spending_boundaries,
)

# Jennison & Turnbull (2000), tables 2.1 to 2.4, alpha 0.05: looks, constant, inflation for power 0.8 and 0.9.
POCOCK = [
    (1, 1.960, 1.000, 1.000),
    (2, 2.178, 1.110, 1.100),
    (3, 2.289, 1.166, 1.151),
    (5, 2.413, 1.229, 1.207),
    (10, 2.555, 1.301, 1.271),
]
O_BRIEN_FLEMING = [
    (1, 1.960, 1.000, 1.000),
    (2, 1.977, 1.008, 1.007),
    (3, 2.004, 1.017, 1.016),
    (5, 2.040, 1.028, 1.026),
    (10, 2.087, 1.040, 1.037),
]
# Lan-DeMets boundaries of five even looks at 0.05, as the R packages ldbounds and gsDesign print them.
LAN_DEMETS = {
    "obrien-fleming": [4.8769, 3.3569, 2.6803, 2.2898, 2.0310],
    "pocock": [2.4380, 2.4268, 2.4101, 2.3966, 2.3859],
}


def of_shape(constant: float, looks: int, exponent: float) -> Boundaries:
    """Bounds constant * t^exponent, the families of Pocock (0) and O'Brien & Fleming (-1/2)."""
    shares = even_looks(looks)
    return Boundaries(shares, tuple(constant * t**exponent for t in shares), (0.0,) * looks, 0.05)


@pytest.mark.parametrize(
    ("exponent", "looks", "constant", "at_80", "at_90"),
    [(0.0, *row) for row in POCOCK] + [(-0.5, *row) for row in O_BRIEN_FLEMING],
)
def test_published_constants_and_inflation_factors_come_out(
    exponent: float, looks: int, constant: float, at_80: float, at_90: float
) -> None:
    def excess(c: float) -> float:
        found = of_shape(c, looks, exponent).crossing()
        return sum(found.upper) + sum(found.lower) - 0.05

    found = float(brentq(excess, 1.5, 4))
    assert found == pytest.approx(constant, abs=5.1e-4 + 5e-4)  # tables round, sometimes up
    made = of_shape(found, looks, exponent)
    assert inflation(made, power=0.8) == pytest.approx(at_80, abs=1e-3)
    assert inflation(made, power=0.9) == pytest.approx(at_90, abs=1e-3)


@pytest.mark.parametrize("family", ["obrien-fleming", "pocock"])
def test_lan_demets_boundaries_are_those_of_the_r_packages(family: str) -> None:
    found = spending_boundaries(even_looks(5), spending=Spending(family))  # type: ignore[arg-type]
    assert found.upper == pytest.approx(LAN_DEMETS[family], abs=2e-4)  # their grids are coarser


@pytest.mark.parametrize("fractions", [(0.3, 0.8, 1.0), (0.05, 0.5, 0.6, 1.0), (0.2, 0.9, 1.25)])
@pytest.mark.parametrize("family", ["obrien-fleming", "pocock", "power"])
def test_all_of_alpha_is_spent_by_the_end_wherever_the_looks_fall(fractions: tuple[float, ...], family: str) -> None:
    made = spending_boundaries(fractions, alpha=0.04, spending=Spending(family, rho=2.0))  # type: ignore[arg-type]
    found = made.crossing()
    assert sum(found.upper) == pytest.approx(0.02, abs=1e-9)
    assert sum(found.lower) == pytest.approx(0.02, abs=1e-9)
    assert np.cumsum(found.upper) * 2 == pytest.approx(made.spent, abs=1e-9)


def test_stopping_probabilities_are_those_of_the_multivariate_normal() -> None:
    """Independent oracle: scipy integrates the joint density of all looks; its own error is near 1e-5."""
    shares, bounds, drift = (0.25, 0.55, 0.7, 1.0), (2.9, 2.4, 2.3, 2.1), 1.7
    t = np.array(shares)
    joint = multivariate_normal(drift * np.sqrt(t), np.sqrt(np.minimum.outer(t, t) / np.maximum.outer(t, t)))
    inside = float(joint.cdf(bounds, lower_limit=[-b for b in bounds], rng=np.random.default_rng(0)))
    found = crossing(shares, [-b for b in bounds], bounds, drift=drift)
    assert 1 - sum(found.upper) - sum(found.lower) == pytest.approx(inside, abs=1e-4)


def test_later_looks_do_not_move_the_bounds_of_earlier_ones() -> None:
    whole = spending_boundaries((0.1, 0.4, 0.45, 1.0))
    assert [critical_value(Spending(), whole.fractions[: k + 1]) for k in range(4)] == pytest.approx(whole.upper)


def test_a_single_look_is_the_fixed_test() -> None:
    assert spending_boundaries((1.0,), alpha=0.1).upper[0] == pytest.approx(norm.ppf(0.95))


def test_a_last_look_that_comes_early_spends_what_is_left() -> None:
    early = spending_boundaries((0.3, 0.7), final=True)
    found = early.crossing()
    assert sum(found.upper) == pytest.approx(0.025, abs=1e-9)
    assert early.upper[-1] < spending_boundaries((0.3, 0.7)).upper[-1]


def test_a_look_with_nothing_to_spend_cannot_stop_a_trial() -> None:
    made = spending_boundaries((0.01, 1.0))
    assert made.upper[0] == math.inf
    assert made.upper[1] == pytest.approx(norm.ppf(0.975), abs=1e-6)


def test_hundreds_of_looks_come_near_to_the_limit_of_watching_without_pause() -> None:
    """By the reflection principle the O'Brien-Fleming type bound tends to z(alpha / 4) at full information."""
    last = spending_boundaries(even_looks(300)).upper[-1]
    assert norm.ppf(1 - 0.05 / 4) - 0.05 < last < norm.ppf(1 - 0.05 / 4)


def test_looks_too_close_to_tell_apart_are_named() -> None:
    with pytest.raises(EvenhandError, match="too closely"):
        spending_boundaries((0.5, 0.5 + 1e-6, 1.0))


@pytest.mark.parametrize("fractions", [(), (0.0, 1.0), (0.5, 0.5), (0.6, 0.4), (0.5, math.inf), (math.nan,)])
def test_shares_that_do_not_rise_are_refused(fractions: tuple[float, ...]) -> None:
    with pytest.raises(EvenhandError, match="rise from look to look"):
        spending_boundaries(fractions)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, math.nan])
def test_an_error_rate_outside_0_to_1_is_refused(alpha: float) -> None:
    with pytest.raises(EvenhandError, match=re.escape(f"alpha = {alpha}")):
        spending_boundaries((1.0,), alpha=alpha)


def test_bounds_that_do_not_fit_the_looks_and_impossible_wishes_are_refused() -> None:
    with pytest.raises(EvenhandError, match="bounds do not fit"):
        crossing((0.5, 1.0), (-2.0,), (2.0,))
    with pytest.raises(EvenhandError, match="bounds do not fit"):
        crossing((1.0,), (2.0,), (-2.0,))
    with pytest.raises(EvenhandError, match="0 looks"):
        even_looks(0)
    with pytest.raises(EvenhandError, match="power 1"):
        inflation(spending_boundaries((1.0,)), power=1.0)
    with pytest.raises(EvenhandError, match="rho = 0"):
        Spending("power", rho=0.0)


def test_an_unknown_spending_family_is_refused_and_not_taken_for_the_power_family() -> None:
    with pytest.raises(EvenhandError, match="did you mean 'pocock'"):
        Spending("pococks")  # type: ignore[arg-type]
