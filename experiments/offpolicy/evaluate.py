"""Off-policy evaluation: every estimator with its interval and the diagnostics, or why there is no number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.errors import EvenhandError
from evenhand.experiments.offpolicy import estimators
from evenhand.experiments.offpolicy.reward_model import Cells, Predicted, cell_means, crossfitted
from evenhand.experiments.offpolicy.rounds import Rounds
from evenhand.experiments.offpolicy.support import SKEWED, lacking, skewness
from evenhand.experiments.offpolicy.weights import effective_sample_size, pareto_k

__all__ = ["Answer", "OffPolicyEstimate", "evaluate_rounds"]

FloatArray = NDArray[np.float64]
HEADLINE = "DR"


class OffPolicyEstimate(NamedTuple):
    """A value per round with its standard error, degrees of freedom of its t quantile, and interval.

    No `inference.Estimate`: what was cut off widens one side more than the other, and the gain of what was planned
    anyway is exactly 0, with a standard error of 0.
    """

    name: str
    value: float
    se: float
    df: float
    low: float
    high: float


@dataclass(frozen=True)
class Answer:
    """What the log says about the choice that was asked about.

    Without support `estimates` and `gain` are empty and `reasons` say why. `logged` is the mean of what was done;
    `gain` is the value (doubly robust) less that of `compared_with`, with the interval of the difference itself.
    """

    rounds: int
    level: float
    reasons: tuple[str, ...]
    remarks: tuple[str, ...]
    logged: OffPolicyEstimate
    estimates: tuple[OffPolicyEstimate, ...]
    gain: OffPolicyEstimate | None
    compared_with: str
    matched: int
    effective_sample_size: float
    largest_weight: float
    pareto_k: float | None

    @property
    def supported(self) -> bool:
        """Whether there is a number."""
        return not self.reasons

    @property
    def estimate(self) -> OffPolicyEstimate:
        """The doubly robust estimate; EvenhandError where the log does not support any."""
        found = next((one for one in self.estimates if one.name == HEADLINE), None)
        if found is None:
            raise EvenhandError(
                "no support in the log", rule="; ".join(self.reasons), mend="explore more, or run a trial"
            )
        return found

    def __repr__(self) -> str:
        k = "bounded weights" if self.pareto_k is None else f"Pareto-k {self.pareto_k:.2f}"
        head = (
            f"{self.rounds:,} rounds · {self.matched:,} match · worth {self.effective_sample_size:,.0f} · "
            f"largest weight {self.largest_weight:.1f} · {k}"
        )
        said = [_said("logged", self.logged), *(_said(one.name, one) for one in self.estimates)]
        if self.gain:
            said.append(_said(f"gain over {self.compared_with}", self.gain, sign="+"))
        no = [f"No support: {reason}." for reason in self.reasons]
        return "\n".join([head, *no, *said, *(f"Note: {remark}." for remark in self.remarks)])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "supported": self.supported,
            "reasons": list(self.reasons),
            "remarks": list(self.remarks),
            "provenance": "logged",
            "level": self.level,
            "rounds": self.rounds,
            "matched": self.matched,
            "effective_sample_size": self.effective_sample_size,
            "largest_weight": self.largest_weight,
            "pareto_k": self.pareto_k,
            "logged": self.logged._asdict(),
            "estimates": [one._asdict() for one in self.estimates],
            "gain": self.gain._asdict() if self.gain else None,
            "compared_with": self.compared_with,
        }


def evaluate_rounds(rounds: Rounds, *, level: float = 0.95, most: float | None = None, seed: int = 0) -> Answer:
    """Return what the log says about `rounds.target`; a log that cannot say gets no number.

    `most` is the largest weight of clipped and switch, sqrt(n) unless given; folds of the reward model follow from
    `seed`. EvenhandError for a level outside 0..1 or a largest weight that is not above 0.
    """
    if not 0 < level < 1:
        raise EvenhandError(f"confidence level {level}", rule="0 < level < 1", mend="use 0.95")
    most = float(np.sqrt(len(rounds))) if most is None else most
    if not most > 0:
        raise EvenhandError(f"largest weight {most}", rule="above 0", mend="leave it out: sqrt(n)")
    weights = rounds.weights
    size, tail = effective_sample_size(weights), pareto_k(weights)
    reasons, remarks = lacking(rounds, size, tail), tuple[str, ...]()
    estimates, gain = tuple[OffPolicyEstimate, ...](), None
    if not reasons:
        predicted = crossfitted(rounds, seed=seed)
        reasons = _uneven(rounds, predicted)
    if not reasons:
        influences, remarks = _influences(rounds, weights, predicted, most=most)
        estimates = tuple(_estimate(name, one, level) for name, one in influences.items())
        gain = _estimate("gain", _gain(rounds, influences[HEADLINE].phi, predicted), level)
    return Answer(
        rounds=len(rounds),
        level=level,
        reasons=reasons,
        remarks=remarks,
        logged=_estimate("logged", estimators.Influence(rounds.rewards), level),
        estimates=estimates,
        gain=gain,
        compared_with="what was logged" if rounds.planned is None else "what was planned",
        matched=int((weights > 0).sum()),
        effective_sample_size=size,
        largest_weight=float(weights.max()),
        pareto_k=tail,
    )


def _uneven(rounds: Rounds, predicted: Predicted) -> tuple[str, ...]:
    found = abs(skewness(rounds, rounds.rewards - predicted.of(rounds.actions)))
    if found <= SKEWED:
        return ()
    return (f"a few large rewards decide: the estimate's skewness is {found:.2f} (at most {SKEWED})",)


def _influences(
    rounds: Rounds, w: FloatArray, predicted: Predicted, *, most: float
) -> tuple[dict[str, estimators.Influence], tuple[str, ...]]:
    """Return every estimator's influence values, and a remark where one of them cannot be had."""
    r = rounds.rewards
    q_taken, q_target = predicted.of(rounds.actions), predicted.of(rounds.target)
    found = {
        "IPS": estimators.ips(w, r),
        "SNIPS": estimators.snips(w, r, None),
        "clipped": estimators.clipped(w, r, None, most=most),
    }
    direct = _direct(rounds, cell_means(rounds))
    if direct is not None:
        found["direct"] = direct
    found[HEADLINE] = estimators.doubly_robust(w, r, q_taken, q_target)
    found["switch"] = estimators.switch(w, r, q_taken, q_target, None, most=most)
    lacks = "no direct estimate: strata differ in their chances, or have fewer than two rounds that match"
    return found, () if direct is not None else (lacks,)


def _direct(rounds: Rounds, cells: Cells) -> estimators.Influence | None:
    k = len(rounds.names)
    taken, target = rounds.strata * k + rounds.actions, rounds.strata * k + rounds.target
    wanted = np.bincount(target, minlength=cells.n.size).astype(np.float64)
    if not rounds.alike or (cells.n[wanted > 0] < 2).any():
        return None
    return estimators.direct(cells, wanted, taken, target, rounds.rewards)


def _gain(rounds: Rounds, phi: FloatArray, predicted: Predicted) -> estimators.Influence:
    """Return influence values of the gain; where the same is asked about as was planned they are exactly 0."""
    if rounds.planned is None:
        return estimators.Influence(phi - rounds.rewards)
    weights = rounds.asking(rounds.planned).weights
    q_taken, q_planned = predicted.of(rounds.actions), predicted.of(rounds.planned)
    return estimators.Influence(phi - estimators.doubly_robust(weights, rounds.rewards, q_taken, q_planned).phi)


def _estimate(name: str, influence: estimators.Influence, level: float) -> OffPolicyEstimate:
    return OffPolicyEstimate(name, *(float(part) for part in estimators.limits(influence, None, level=level)))


def _said(name: str, one: OffPolicyEstimate, *, sign: str = "") -> str:
    return f"  {name:<26} {one.value:{sign}.4f}  [{one.low:{sign}.4f}, {one.high:{sign}.4f}]"
