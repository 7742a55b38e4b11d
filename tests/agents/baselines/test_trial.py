"""The trial draws campaigns at random and measures what they bring."""

from __future__ import annotations

import numpy as np
import pytest
from tests.agents.toy import Toy, gain, toy_setup

from evenhand.agents.baselines.trial import BLOCKS, run_trial
from evenhand.agents.baselines.uplift_tree import uplift


def test_uplift_in_the_trial_is_the_gain_by_the_equations() -> None:
    """Within 0.002 money, a sixteenth of the larger gain: habits are whole trips."""
    data = run_trial(Toy(affinity=(0.3, 1.0)).simulator, toy_setup(), populations=2, n_customers=1000)
    for x, affinity in enumerate((0.3, 1.0)):
        rows = np.flatnonzero(data.bins[:, 0] == x)
        assert uplift(data, rows, 2)[1] == pytest.approx(gain(affinity), abs=2e-3)


def test_campaigns_are_drawn_alike_for_everyone() -> None:
    """Shares within four standard errors of a half on both sides of x."""
    data = run_trial(Toy().simulator, toy_setup(), populations=4, n_customers=500)
    assert len(data.outcome) == 4 * 500 * BLOCKS
    for x in (0, 1):
        share = (data.campaign[data.bins[:, 0] == x] == 1).mean()
        assert abs(share - 0.5) < 4 * 0.5 / np.sqrt(len(data.outcome) / 2)


@pytest.mark.parametrize(("horizon", "warmup"), [(2, 0), (6, 13), (26, 13)])
def test_blocks_are_whole_whatever_the_horizon(horizon: int, warmup: int) -> None:
    from dataclasses import replace

    setup = replace(toy_setup(horizon=horizon), warmup=warmup)
    assert len(run_trial(Toy().simulator, setup, populations=1, n_customers=50).outcome) == 50 * BLOCKS
