"""The shared dynamics of weekly trips, fitted by maximum likelihood, with a bootstrap that costs nothing.

Penalised likelihood (weak normal priors on transformed parameters) is climbed with the outer product of the customers'
scores: Berndt, Hall, Hall and Hausman, Annals of Economic and Social Measurement 3 (1974). A bootstrap replicate is one
such step from the optimum under the replicate's weights: Davidson and MacKinnon, International Economic Review 40
(1999).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from evenhand.simulator.hidden import Law, filtered
from evenhand.simulator.organic import season_of
from evenhand.simulator.panel import Panel

__all__ = ["Dynamics", "fit_dynamics"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

MOST_CUSTOMERS = 320  # that the likelihood is evaluated on
_START = Law(0.85, 0.5, 0.1, 0.96, 0.45, (-4.7, -1.6), 0.12, 0.0, 0.8)  # grocery households: where the climb begins
_SPREADS = np.array([1.0, 0.7, 1.0, 1.0, 0.7, 1.5, 0.7, 1.5, 10.0, 2.0])  # of the priors around it, transformed
_STEPS, _DIFFERENCE, _ENOUGH = 20, 1e-3, 0.3
_FARTHEST = 0.8  # of one step, in any transformed parameter


class Dynamics(NamedTuple):
    """The optimum, and what refits need: the customers' scores there."""

    weekly: Floats  # (N, T) trips
    chosen: Rows  # (M,) customers that the likelihood was evaluated on
    optimum: Floats  # (P,) transformed parameters
    scores: Floats  # (M, P)
    information: Floats  # (P, P) penalty included

    def refit(self, rows: Rows) -> tuple[Law, Floats]:
        """Return the law and the season (T,) for customers `rows`, with repeats in a bootstrap replicate.

        The step is shrunk by the square root of M / N, since N customers would have told more than the M chosen.
        """
        count = np.bincount(rows, minlength=len(self.weekly)).astype(np.float64)
        surplus = count[self.chosen] - count.mean()
        step = np.linalg.solve(self.information, surplus @ self.scores)
        shrunk = np.sqrt(len(self.chosen) / len(self.weekly))
        return _law(self.optimum + np.clip(shrunk * step, -1.0, 1.0)), season_of(count @ self.weekly)


def fit_dynamics(panel: Panel) -> Dynamics:
    """Fit the law of weekly trips to at most `MOST_CUSTOMERS` of the panel's customers, evenly chosen."""
    n = len(panel.trips)
    chosen = np.unique(np.linspace(0, n - 1, min(n, MOST_CUSTOMERS)).astype(np.intp))
    trips, season = panel.trips[chosen], season_of(panel.trips.sum(0))
    centre = _vector(_START._replace(rate_mean=float(np.log(max(panel.trips.mean(), 1e-3)))))
    precision = np.diag(_SPREADS**-2.0)

    def value(at: Floats) -> tuple[Floats, float]:
        each = filtered(trips, season, _law(at)).log_likelihood
        return each, float(each.sum() - 0.5 * (at - centre) @ precision @ (at - centre))

    at = centre
    each, height = value(at)
    for _ in range(_STEPS):
        scores = np.column_stack([(value(at + d)[0] - each) / _DIFFERENCE for d in _DIFFERENCE * np.eye(len(at))])
        spread = scores - scores.mean(0)  # far from the optimum the mean score is no information but a slope
        information = spread.T @ spread + precision
        step = np.linalg.solve(information, scores.sum(0) - precision @ (at - centre))
        step *= min(1.0, _FARTHEST / float(np.abs(step).max()))
        gain = 0.0
        for _ in range(4):  # halve a step that overshoots
            there, higher = value(at + step)
            gain = higher - height
            if gain > 0:
                at, each, height = at + step, there, higher
                break
            step = step / 2
        if gain < _ENOUGH:
            break
    return Dynamics(panel.trips, chosen, at, scores, information)


def _vector(law: Law) -> Floats:
    return np.array(
        [
            np.log(law.dispersion),
            np.log(law.dispersion_sd),
            np.log(law.zero_inflation),
            logit(law.drift_persistence),
            np.log(law.drift_sd),
            *law.hazard,
            logit(law.return_base),
            law.rate_mean,
            np.log(law.rate_sd),
        ]
    )


def _law(x: Floats) -> Law:
    return Law(
        dispersion=float(np.exp(x[0])),
        dispersion_sd=float(min(np.exp(x[1]), 1.5)),
        zero_inflation=float(np.exp(x[2])),
        drift_persistence=float(min(expit(x[3]), 0.995)),
        drift_sd=float(np.exp(x[4])),
        hazard=(float(x[5]), float(x[6])),
        return_base=float(expit(x[7])),
        rate_mean=float(x[8]),
        rate_sd=float(np.exp(x[9])),
    )
