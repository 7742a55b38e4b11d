"""Who would convert if offered a benefit: the truth along the no-op twin, and what a business can believe of it.

Equal opportunity asks who was entitled to a benefit, and a label that the policy itself can move is no label: who is
tired out converts less and would drop out of the count. So the chance is read where nothing was ever changed.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.equations import click_probability, conversion_probability, open_probability
from evenhand.simulator.population import Population, Simulation
from evenhand.simulator.surroundings import surroundings
from evenhand.simulator.types import HERE, FloatArray

__all__ = ["believed_chances", "true_chances"]


def true_chances(sim: Simulation) -> FloatArray:
    """Return everyone's chance to convert in the coming period if offered the benefit that suits them best, (E, N).

    Delivered, opened, clicked and redeemed, of the beneficial campaign with the highest chance; 0 for who is away and
    where consent to every such channel is missing.
    """
    p, state = sim.population, sim.state
    b, t, x = p.behaviour[:, None], p.traits, p.effects
    weather = surroundings(p.behaviour, p.season, sim.seeds, sim.period).weather[:, None]
    best = np.zeros(t.rate.shape, np.float32)
    for c in np.flatnonzero(x.beneficial):
        arriving = x.delivery[:, c, None] * ((state.consent >> x.channel[c]) & 1)
        opening = open_probability(
            t.openness[:, :, c], state.fatigue, b["fatigue_open"], x.weather[:, c, None], weather
        )
        clicking = click_probability(t.interest[:, :, c], x.loading[:, c, None], state.taste)
        discounted = (x.discount[:, c, None] > 0).astype(np.float32)
        closing = conversion_probability(
            t.closing, x.closing[:, c, None], b["dependence_redeem"], state.dependence, discounted
        )
        best = np.maximum(best, arriving * opening * clicking * closing)
    return np.asarray(best * (state.absent == HERE), np.float32)


def believed_chances(p: Population) -> FloatArray:
    """Return the same as a business believes it at the start: prior means, features and known consent, (E, N)."""
    opened = _sigmoid(p.expected_openness)[:, None]
    best = np.zeros(p.consent.shape, np.float64)
    for c in np.flatnonzero(p.effects.beneficial):
        allowed = (p.consent >> p.effects.channel[c]) & 1
        best = np.maximum(best, allowed * opened * _sigmoid(p.expected_response[:, :, c]))
    return np.asarray(best, np.float32)


def _sigmoid(x: FloatArray) -> NDArray[np.float64]:
    return np.asarray(1.0 / (1.0 + np.exp(-x.astype(np.float64))))
