"""The power that a plan's formulas promise, checked by simulating its trial look by look, verdicts and all."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.experiments.sequential import bounds
from evenhand.experiments.trial.parts import ProportionMetric
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.power import clustered

__all__ = ["SimulatedPower", "simulated_power"]

FloatArray = NDArray[np.float64]


class SimulatedPower(NamedTuple):
    """Share of simulated trials that found the first primary metric's effect, and of those without one that did."""

    power: float
    false_positive: float  # either side
    replications: int


def simulated_power(plan: ExperimentPlan, units: int, *, seed: int, replications: int = 20_000) -> SimulatedPower:
    """Simulate the first challenger's trial with `units` in all arms; the same for the same seed.

    Proportions are drawn as counts and estimate their own variance. Other metrics are drawn as normal means, which is
    what the formulas rest on. Clusters and covariates act through their design effect, as in the formulas.
    """
    shares = plan.looks.fractions
    tests = len(plan.primary) * len(plan.challengers)
    curve = np.array(bounds(plan.monitoring, shares, alpha=plan.alpha / tests).upper)
    rng = np.random.default_rng(seed)
    effect = plan.expected.of(plan.primary[0]).effect or 0.0
    found, false = (_scores(plan, units, shares, size, rng, replications) for size in (effect, 0.0))
    # A trial ends at its first crossing: only what happens there counts.
    crossed = np.abs(found) >= curve
    first = crossed.argmax(axis=1)
    upward = crossed.any(axis=1) & (found[np.arange(len(found)), first] > 0)
    return SimulatedPower(float(upward.mean()), float((np.abs(false) >= curve).any(axis=1).mean()), replications)


def _scores(
    plan: ExperimentPlan, units: int, shares: tuple[float, ...], effect: float, rng: np.random.Generator, n: int
) -> FloatArray:
    """Return z of every look (n, n_looks), positive in the better direction."""
    metric, assumed, expected = plan.metric(plan.primary[0]), plan.expected.of(plan.primary[0]), plan.expected
    lost = clustered(expected.cluster_size, expected.icc, expected.cluster_size_cv) * (1 - assumed.r2)
    arms = [plan.arm(plan.control).share, plan.arm(plan.challengers[0]).share]
    sizes = [np.diff(np.floor(np.array(shares) * units * share / lost), prepend=0).astype(np.int64) for share in arms]
    if isinstance(metric, ProportionMetric):
        sign = 1 if metric.direction == "up" else -1
        events = [
            rng.binomial(size, rate, (n, len(shares))).cumsum(axis=1)
            for size, rate in zip(sizes, (assumed.mean, assumed.mean + sign * effect), strict=True)
        ]
        rates = [e / size.cumsum() for e, size in zip(events, sizes, strict=True)]
        variance = sum(r * (1 - r) / size.cumsum() for r, size in zip(rates, sizes, strict=True))
        return np.asarray(sign * (rates[1] - rates[0]) / np.sqrt(np.maximum(variance, 1e-300)), dtype=np.float64)
    sd = assumed.sd or math.nan
    means = [(rng.normal(0, 1, (n, len(shares))) * sd * np.sqrt(size)).cumsum(axis=1) / size.cumsum() for size in sizes]
    se = sd * np.sqrt(sum(1 / size.cumsum() for size in sizes))
    return np.asarray((means[1] - means[0] + effect) / se, dtype=np.float64)
