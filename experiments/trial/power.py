"""How many units a test needs, what it finds with the units there are, and with which probability.

With v the variance of one unit's part in the estimate, s_C and s_T the arms' shares of n units, and z the normal
quantile (Chow, Shao, Wang & Lokhnygina 2018, Sample Size Calculations in Clinical Research, chapters 3 and 4):

    se^2 = (v_C / s_C + v_T / s_T) / n
    n = f (z(1 - alpha / 2) + z(power))^2 (v_C / s_C + v_T / s_T) / effect^2

Superiority looks for `effect`; non-inferiority, with no true difference, for its margin. What one unit brings:

    mean                 v = sd^2                               proportion     v = p (1 - p), at each arm's own p
    with covariates      v (1 - R^2)                            (CUPED; Deng, Xu, Kohavi & Walker 2013)
    clusters of m units  v (1 + ((cv^2 + 1) m - 1) icc)         (Eldridge, Ashby & Kerry 2006), cv that of sizes
    looks                f = the inflation of `sequential.looks_inflation`, 1 for a single look
    G guardrails         each at power 1 - (1 - power) / G, so that all pass together; alpha is not divided
    several tests        of primaries and arms: alpha / number, the first step of Holm

Two groups of a protected attribute compared within an arm need 2 p (1 - p) instead of the sum, per group and arm; where
a gap is expected already, so that only its change can pass, 4 p (1 - p).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import ndtr, ndtri

from evenhand.errors import EvenhandError
from evenhand.experiments.inference.fairness import Against

__all__ = ["Design", "clustered", "each_power", "group_units", "pair_power"]


@dataclass(frozen=True, slots=True)
class Design:
    """Two arms and how much one unit of each tells; `inflation` is that of looks."""

    variance_control: float
    variance_treatment: float
    share_control: float = 0.5
    share_treatment: float = 0.5  # of all units in the trial, holdback left out
    alpha: float = 0.05
    inflation: float = 1.0

    @classmethod
    def means(cls, sd: float, **more: float) -> Design:
        """Return the design of a mean, ratio or quantile whose units have standard deviation `sd` in both arms."""
        return cls(sd**2, sd**2, **more)

    @classmethod
    def proportions(cls, control: float, treatment: float, **more: float) -> Design:
        """Return the design of two proportions; EvenhandError where one is not between 0 and 1."""
        for rate in (control, treatment):
            if not 0 < rate < 1:
                raise EvenhandError(
                    f"a proportion of {rate:g}", rule="0 < proportion < 1", mend="is the effect too large?"
                )
        return cls(control * (1 - control), treatment * (1 - treatment), **more)

    @property
    def variance(self) -> float:
        """Return n times the squared standard error of the difference, with n units in all of the trial."""
        return self.variance_control / self.share_control + self.variance_treatment / self.share_treatment

    def units(self, effect: float, power: float = 0.8) -> int:
        """Return how many units all arms of the trial need together."""
        if not effect > 0:
            raise EvenhandError(f"an effect of {effect:g}", rule="effects and margins to plan for are above 0")
        try:
            return math.ceil(self.inflation * (self._distance(power) / effect) ** 2 * self.variance)
        except OverflowError:
            raise EvenhandError(
                f"an effect of {effect:g} needs more units than can be counted", rule="plan for an effect worth finding"
            ) from None

    def power(self, effect: float, units: float) -> float:
        """Return the probability to find `effect` with `units` in the trial, in its right direction."""
        se = math.sqrt(self.inflation * self.variance / units)
        return float(ndtr(effect / se - ndtri(1 - self.alpha / 2)))

    def detectable(self, units: float, power: float = 0.8) -> float:
        """Return the least effect that `units` in the trial find with `power`."""
        return self._distance(power) * math.sqrt(self.inflation * self.variance / units)

    def _distance(self, power: float) -> float:
        if not 0 < power < 1:
            raise EvenhandError(f"power {power}", rule="0 < power < 1", mend="use 0.8")
        return float(ndtri(1 - self.alpha / 2) + ndtri(power))


def clustered(size: float, icc: float, cv: float = 0.0) -> float:
    """Return the design effect of clusters of mean `size` with intra-class correlation `icc`."""
    if not (size >= 1 and 0 <= icc <= 1 and cv >= 0):
        raise EvenhandError(f"clusters of {size:g} with icc {icc:g}", rule="size at least 1, 0 <= icc <= 1")
    return 1 + ((cv**2 + 1) * size - 1) * icc


def each_power(power: float, tests: int) -> float:
    """Return the power that each of several tests needs so that all succeed together with `power` (Bonferroni)."""
    return 1 - (1 - power) / max(tests, 1)


def group_units(
    margin: float, rate: float, *, alpha: float = 0.05, power: float = 0.8, against: Against = "zero",
    gap: float = 0.0, inflation: float = 1.0,
) -> int:  # fmt: skip
    """Return how many units of a group and arm are needed to show that two groups of a rate differ by under `margin`.

    Against "control" the test has half the error rate; see `inference.fairness`.
    """
    if not (0 < rate < 1 and margin > 0):
        raise EvenhandError(f"a rate of {rate:g} and a margin of {margin:g}", rule="0 < rate < 1, margin above 0")
    rates = 4 if against == "control" and gap > 0 else 2
    tail = alpha / 2 if against == "zero" else alpha / 4
    distance = float(ndtri(1 - tail) + ndtri(power))
    return math.ceil(inflation * rates * rate * (1 - rate) * (distance / margin) ** 2)


def pair_power(
    margin: float, rate: float, units: tuple[float, float], *, alpha: float = 0.05, against: Against = "zero",
    gap: float = 0.0, inflation: float = 1.0,
) -> float:  # fmt: skip
    """Return the probability that two groups of so many units an arm pass `margin`, both ways round, at equal rates."""
    rates = 2 if against == "control" and gap > 0 else 1
    se = math.sqrt(inflation * rates * rate * (1 - rate) * sum(1 / n for n in units))
    tail = alpha / 2 if against == "zero" else alpha / 4
    return max(0.0, 2 * float(ndtr(margin / se - ndtri(1 - tail))) - 1)
