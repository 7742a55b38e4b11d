"""The luck of the exploration share, against the assignment itself drawn again and again."""

from __future__ import annotations

import numpy as np
import pytest
from tests.envs.example import MakeWorld

from evenhand.envs import Setup
from evenhand.envs.assignment import choose_campaigns
from evenhand.envs.luck import draw_covariance
from evenhand.simulator.random import period_keys

DRAWS = 4000  # a standard deviation is known to 1.1 %, one standard error


def drawn_campaigns(first: np.ndarray, campaign: np.ndarray, explore: float, n_campaigns: int) -> np.ndarray:
    """Return the campaigns that customers (N,) get in `DRAWS` blocks, (DRAWS, N)."""
    keys = np.concatenate([period_keys(np.array([3], np.uint64), block) for block in range(DRAWS)])
    given, explored = np.zeros((DRAWS, len(first)), np.int8), np.zeros((DRAWS, len(first)), np.uint8)
    whole = np.repeat(first[None], DRAWS, axis=0), np.repeat(campaign[None], DRAWS, axis=0)
    choose_campaigns(*whole, keys, explore, n_campaigns, given, explored)
    return given


def test_two_equal_groups_have_the_luck_of_the_closed_form() -> None:
    """Nobody gets a benefit but by a draw: sqrt(2 e p (1 - e p) / n)."""
    n, e, p = 200, 0.1, 0.5
    weights = np.zeros((1, 2 * n, 2), np.float32)
    weights[0, :n, 0], weights[0, n:, 1] = 1 / n, 1 / n
    doses = np.tile(np.array([0, 0, 1, 1], np.float32), (1, 2, 1))
    covariance = draw_covariance(weights, doses, np.zeros((1, 2 * n), np.int8), e)[0]
    difference = np.array([1.0, -1.0])
    assert np.sqrt(difference @ covariance @ difference) == pytest.approx(np.sqrt(2 * e * p * (1 - e * p) / n))


@pytest.mark.parametrize("explore", [0.1, 0.5])
def test_the_covariance_is_that_of_the_assignment_drawn_again_and_again(explore: float) -> None:
    """Weights of all sizes, doses of any sign, two sums over the same customers; entries within 6 % of the scale."""
    rng = np.random.default_rng(2)
    first = rng.integers(0, 3, 300).astype(np.int8)
    campaign = np.array([2, 0, 1], np.int8)
    weights = (rng.random((300, 3)) * (rng.random((300, 3)) < 0.7)).astype(np.float32)
    doses = rng.normal(size=(3, 4)).astype(np.float32)
    given = drawn_campaigns(first, campaign, explore, 4)
    sums = np.stack([(weights[:, q] * doses[q, given]).sum(axis=1) for q in range(3)], axis=1)
    found = draw_covariance(weights[None], doses[None], campaign[first][None], explore)[0]
    scale = np.sqrt(np.outer(np.diag(found), np.diag(found)))
    np.testing.assert_allclose(np.cov(sums.T) / scale, found / scale, atol=0.06)


def test_a_slack_moves_as_much_as_foretold_when_the_coming_period_is_drawn_again(
    make_world: MakeWorld, setup: Setup
) -> None:
    """Parity of two groups in a world of its own, on who may be contacted; within 6 %."""
    world = make_world(setup, envs=1, steps=3)
    p, parity = world.population, setup.parity
    assert parity is not None
    given = drawn_campaigns(world.first[0], world.campaign[0], setup.explore, p.traits.interest.shape[2])
    benefit = (p.effects.beneficial[given] > 0) & (world.sim.state.consent[0] != 0)
    inside = [world.groups[0, :, parity.attribute] == g for g in parity.groups]
    benefits = np.repeat(world.seen.benefits, DRAWS, axis=0)
    for g, members in zip(parity.groups, inside, strict=True):
        benefits[:, parity.attribute, g] = (benefit & members).sum(axis=1)
    slacks = parity.costs(world.seen._replace(benefits=benefits)) / parity.tolerance
    np.testing.assert_allclose(world.foresight.luck(world)[0], slacks.std(axis=0), rtol=0.06)
