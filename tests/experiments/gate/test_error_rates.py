from __future__ import annotations

import pytest

from evenhand.experiments.gate.error_rates import aa_plan, gate_rates
from evenhand.experiments.trial.needs import needs


def test_the_gate_seldom_ships_what_changes_nothing() -> None:
    """1,000 A/A trials of five looks; over 3.6 % has probability under 1e-4 at a rate of 1.8 %."""
    found = gate_rates(aa_plan(looks=5), seed=1, replications=1000, sample=20)
    assert found.shipped < 0.036
    assert found.stopped < 0.025
    assert found.surprises == 0


def test_the_same_seed_gives_the_same_rates() -> None:
    first, again = (gate_rates(aa_plan(looks=2), seed=3, replications=100, sample=2) for _ in range(2))
    assert first == again


@pytest.mark.slow
@pytest.mark.parametrize(("looks", "any_time"), [(1, False), (5, False), (20, False), (20, True)])
def test_20000_trials_that_change_nothing_ship_in_fewer_than_2_5_percent(looks: int, any_time: bool) -> None:
    """Monte Carlo error 0.0011: at the 1.8 % that plans like these have, 2.5 % lies over six of them away."""
    found = gate_rates(aa_plan(looks=looks, any_time=any_time), seed=1)
    assert found.shipped < 0.025
    assert found.stopped < 0.025
    assert found.surprises == 0


@pytest.mark.slow
def test_the_gate_ships_as_often_as_the_plan_says_what_is_as_good_as_expected() -> None:
    """2,000 trials with the planned effect: off by 0.045 has probability 3e-5. Each test alone has a power of 80 %."""
    plan = aa_plan(looks=5)
    found = gate_rates(plan, seed=1, effect=0.01, replications=2000)
    assert found.shipped == pytest.approx(needs(plan.plan).ships, abs=0.045)
    assert found.surprises == 0
