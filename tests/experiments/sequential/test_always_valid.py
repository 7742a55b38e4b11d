from __future__ import annotations

import math

import numpy as np
import pytest

from evenhand.errors import EvenhandError
from evenhand.experiments.sequential import always_valid_bound, always_valid_p_value


def test_the_bound_is_the_published_formula_in_units_of_a_single_sample() -> None:
    """Waudby-Smith et al. 2024, equation (3): half-width of n observations with standard deviation s and rho."""
    alpha, s, planned, n = 0.05, 2.3, 4000, 1700
    rho = math.sqrt((-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / planned)
    v = n * rho**2
    published = s * math.sqrt(2 * (v + 1) / (n**2 * rho**2) * math.log(math.sqrt(v + 1) / alpha))
    assert always_valid_bound(n / planned) * s / math.sqrt(n) == pytest.approx(published, rel=1e-12)


def test_p_value_and_bound_are_two_sides_of_one_thing() -> None:
    for share in (0.02, 0.5, 1.0, 3.0):
        z = always_valid_bound(share, alpha=0.05)
        assert always_valid_p_value(z, share, alpha=0.05) == pytest.approx(0.05)
    assert always_valid_p_value(0.0, 0.5) == 1.0


def test_the_interval_in_units_of_the_effect_is_narrowest_relative_to_others_near_its_plan() -> None:
    bounds = [always_valid_bound(share) for share in np.geomspace(0.05, 20, 60)]
    best = float(np.geomspace(0.05, 20, 60)[int(np.argmin(bounds))])
    assert 0.8 < best < 1.25


@pytest.mark.parametrize("sides", [1, 2])
def test_a_walk_that_is_looked_at_500_times_leaves_seldom(sides: int) -> None:
    """4,000 walks, looked at from share 0.01 to 5: above 0.0635 has probability under 1e-4 at a rate of 0.05."""
    rng = np.random.default_rng(11)
    shares = np.linspace(0.01, 5, 500)
    steps = rng.normal(0, np.sqrt(np.diff(shares, prepend=0)), (4000, 500))
    z = steps.cumsum(axis=1) / np.sqrt(shares)
    curve = np.array([always_valid_bound(share, sides=sides) for share in shares])
    left = (z >= curve).any(axis=1) if sides == 1 else (np.abs(z) >= curve).any(axis=1)
    assert left.mean() < 0.0635
    assert left.mean() > 0.005


def test_what_is_no_look_is_refused() -> None:
    with pytest.raises(EvenhandError, match="planned information"):
        always_valid_bound(0.0)
    with pytest.raises(EvenhandError, match="1 side or 2"):
        always_valid_bound(0.5, sides=3)


def test_no_number_is_no_evidence_and_not_a_p_value_of_one() -> None:
    with pytest.raises(EvenhandError, match="an estimate nan standard errors"):
        always_valid_p_value(math.nan, 0.5)
