"""Greedy on the one-step estimate, with prices on what the estimate leaves out."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.policy import Layout, Masks, Observations, Rows

__all__ = ["Greedy", "GreedyTuning", "foretold_gain", "greedy_scores"]


@dataclass(frozen=True)
class GreedyTuning:
    """The settings of greedy, tuned on training populations (agents.tuning)."""

    periods: float = 4.0  # over how many periods a gain must pay for the edit
    caution: float = 0.0  # standard errors taken off the gain
    contact_charge: float = 0.0  # money per unit of fatigue that contacts add, a shadow price of tired customers
    worth_charge: float = 0.0  # the same, each customer counted by their organic margin relative to the mean
    lasting: float = 0.0  # share of the gain that is foretold up to the horizon instead of the coming period


def foretold_gain(layout: Layout, tuning: GreedyTuning, observations: Observations) -> NDArray[np.floating]:
    """Return what every candidate brings a period, of the coming one and of what lasts as tuned, (E, M)."""
    gain = (1.0 - tuning.lasting) * layout.candidate(observations, "gain")
    return np.asarray(gain + tuning.lasting * layout.candidate(observations, "lasting"))


def greedy_scores(
    layout: Layout, tuning: GreedyTuning, observations: Observations, *, horizon: int, edit: float, complexity: float,
    gain: NDArray[np.floating] | None = None,
) -> NDArray[np.float64]:  # fmt: skip
    """Return the worth of every candidate per customer, in `Setup.unit`s of money, (E, M); holding is worth 0.

    `gain` (E, M) stands in for the one-step estimate, with whatever caution it has, of who knows better.

    score = n ((1 - lasting) gain + lasting lasting_gain - caution * sd - contact_charge * weight_change
    - worth_charge * value_weight_change - complexity * segments_change) - edit cost, with n the smaller of `periods`
    and the periods left.
    """
    n = np.minimum(tuning.periods, layout.time_left(observations) * horizon)[:, None]
    of = layout.candidate
    if gain is None:
        gain = foretold_gain(layout, tuning, observations) - tuning.caution * of(observations, "gain_sd")
    charge = tuning.contact_charge * of(observations, "weight_change")
    charge = charge + tuning.worth_charge * of(observations, "value_weight_change")
    charge = charge + complexity * of(observations, "segments_change")
    scores = np.asarray(n * (gain - charge) - edit, np.float64)
    scores[:, 0] = 0.0
    return scores


@dataclass
class Greedy:
    """Take the tweak with the highest one-step estimate, or hold when none pays."""

    layout: Layout
    horizon: int
    edit: float
    complexity: float
    tuning: GreedyTuning = field(default_factory=GreedyTuning)
    name: str = "greedy"

    def reset(self, seed: int) -> None:
        """Nothing to forget."""

    def choose(self, observations: Observations, masks: Masks) -> Rows:
        """Return the best valid row."""
        return np.asarray(np.where(masks, self.scores(observations), -np.inf).argmax(axis=1), np.int64)

    def scores(self, observations: Observations, gain: NDArray[np.floating] | None = None) -> NDArray[np.float64]:
        """Return the worth of every candidate, money per customer, (E, M); `gain` as in `greedy_scores`."""
        return greedy_scores(
            self.layout, self.tuning, observations,
            horizon=self.horizon, edit=self.edit, complexity=self.complexity, gain=gain,
        )  # fmt: skip
