"""How real the simulator is: held-out customers simulated forward from their first half year, and told apart.

A classifier is asked to tell what customers did from what the simulator says they might have done: their
second half year alone, and jointly with the first, which both share. Beside it stand the answers for copying
the past, which passes on the future alone and fails jointly, and for two real halves, which shows the noise
of the measure itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from evenhand.simulator.artefact import Simulator
from evenhand.simulator.comparison import half_year, half_year_names, told_apart
from evenhand.simulator.forward import Forward, redeemed_weeks, simulate_forward
from evenhand.simulator.observed import contact_log
from evenhand.simulator.panel import Panel, panel_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from evenhand.customers import Customers

__all__ = ["FeatureGap", "Realism", "realism"]

Floats = NDArray[np.float64]

LEAST_WEEKS, LEAST_CUSTOMERS = 26, 100
DRAWS = 10  # simulated futures (and splits, and classifiers) averaged over


@dataclass(frozen=True)
class FeatureGap:
    """How well one feature of the simulated half year alone tells it from the real one."""

    name: str
    auc: float  # 0.5 is perfect; below 0.5 the simulated values are smaller
    real_mean: float
    simulated_mean: float
    real_link: float  # correlation with the same feature of the first half year
    simulated_link: float


@dataclass(frozen=True)
class Realism:
    """AUCs of telling simulated from real customers (0.5 is perfect); NaN with `reason` when there is no
    answer.
    """

    n: int  # held-out customers with a trip in the first half year
    weeks: int  # simulated forward
    joint: float  # (past, future) against (past, simulated future)
    marginal: float  # future against simulated future
    joint_sd: float  # over draws of the simulated future, fold splits and classifiers
    marginal_sd: float
    copy_joint: float  # (past, future) against (past, past)
    copy_marginal: float  # future against past
    halves: float  # (past, future) of one half of the customers against that of the other half
    halves_marginal: float  # the same, future alone
    features: tuple[FeatureGap, ...]
    reason: str = ""  # why there are no figures

    @property
    def enough(self) -> bool:
        """Whether the data sufficed for figures."""
        return not self.reason

    def to_dict(self) -> dict[str, object]:
        """Return plain numbers; what is not known is None."""
        plain = asdict(self)
        return {key: None if isinstance(v, float) and np.isnan(v) else v for key, v in plain.items()}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Realism:
        """Read what `to_dict` gave."""
        known: dict[str, Any] = {key: np.nan if value is None else value for key, value in plain.items()}
        known["features"] = tuple(FeatureGap(**feature) for feature in plain["features"])
        return cls(**known)

    def __repr__(self) -> str:
        if not self.enough:
            return f"Realism: not enough data ({self.reason})"
        worst = sorted(self.features, key=lambda f: -abs(f.auc - 0.5))[:3]
        return "\n".join(
            [
                f"Realism: {self.n} held-out customers, {self.weeks} weeks forward (AUC; 0.50 is perfect)",
                f"  past and future jointly  {self.joint:.3f}   copying the past {self.copy_joint:.3f}"
                f"   two real halves {self.halves:.3f}",
                f"  future alone             {self.marginal:.3f}   copying the past {self.copy_marginal:.3f}",
                "  furthest off alone: " + ", ".join(f"{f.name} {f.auc:.3f}" for f in worst),
            ]
        )

    def plot(self) -> Figure:
        """Return a figure: the AUCs beside their yardsticks, and each feature's own."""
        from evenhand.simulator.pictures import realism_figure

        return realism_figure(self)


def realism(simulator: Simulator, holdout: Customers, *, fit: Customers | None = None, seed: int = 0) -> Realism:
    """Simulate `holdout` forward from the first half of its history and compare with what it did.

    `simulator` must have been calibrated on other customers; `fit`, those other customers, lend the weeks
    that compositions are drawn from (without it, held-out customers lend each other weeks of the first half).
    Too short a history or too few customers are a result with a `reason`, not an exception.
    """
    holdout, whole = _with_past(holdout)
    reason = _missing(holdout, whole)
    if whole is None or reason:
        return _no_answer(holdout.n, reason)
    start = whole.periods // 2
    pool = panel_of(fit) if fit is not None else None
    past = half_year(whole.weeks(0, start), _redeemed(holdout, 0, start))
    real = half_year(whole.weeks(start, whole.periods), _redeemed(holdout, start, whole.periods))
    runs = [
        _described(simulate_forward(simulator, holdout, whole, start=start, seed=seed * DRAWS + k, pool=pool))
        for k in range(DRAWS)
    ]
    pairs = np.hstack([past, real])
    marginal = [told_apart(real, run, seed=seed * DRAWS + k) for k, run in enumerate(runs)]
    joint = [told_apart(pairs, np.hstack([past, run]), seed=seed * DRAWS + k) for k, run in enumerate(runs)]
    return Realism(
        n=holdout.n,
        weeks=whole.periods - start,
        joint=float(np.mean(joint)),
        marginal=float(np.mean(marginal)),
        joint_sd=float(np.std(joint)),
        marginal_sd=float(np.std(marginal)),
        copy_joint=told_apart(pairs, np.hstack([past, past]), seed=seed),
        copy_marginal=float(np.mean([told_apart(real, past, seed=seed * DRAWS + k) for k in range(2)])),
        halves=float(np.mean([_two_halves(pairs, seed * DRAWS + k) for k in range(4)])),
        halves_marginal=float(np.mean([_two_halves(real, seed * DRAWS + k) for k in range(4)])),
        features=_features(half_year_names(whole), past, real, runs),
    )


def _with_past(customers: Customers) -> tuple[Customers, Panel | None]:
    """Leave out customers without a trip in the first half: they have no past to start from."""
    whole = panel_of(customers)
    if whole is None:
        return customers, None
    known = np.nonzero(whole.trips[:, : whole.periods // 2].sum(1))[0]
    return customers.only(customers.frame.index[known]), whole.rows(known)


def _missing(customers: Customers, whole: Panel | None) -> str:
    if whole is None:
        return "the customers have no weekly purchase history"
    if whole.periods < 2 * LEAST_WEEKS - 2:
        return f"{whole.periods} weeks of history; two half years are needed"
    if customers.n < LEAST_CUSTOMERS:
        return f"{customers.n} held-out customers; at least {LEAST_CUSTOMERS} are needed"
    return ""


def _no_answer(n: int, reason: str) -> Realism:
    nan = float("nan")
    return Realism(n, 0, *(nan,) * 8, features=(), reason=reason)


def _described(forward: Forward) -> Floats:
    return half_year(forward.panel, forward.redeemed.sum(1))


def _redeemed(customers: Customers, start: int, stop: int) -> Floats:
    """Return weeks with a redemption of campaigns that began in the weeks `start` to `stop` - 1."""
    campaigns = [campaign.id for campaign in customers.catalogue.campaigns[1:]]
    log = contact_log(customers, campaigns, begun=(start, stop))
    return np.zeros(customers.n) if log is None else redeemed_weeks(log, customers.n)


def _two_halves(pairs: Floats, seed: int) -> float:
    order = np.random.default_rng([seed, 0x4A1F]).permutation(len(pairs))
    half = len(pairs) // 2
    return told_apart(pairs[order[:half]], pairs[order[half : 2 * half]], seed=seed)


def _features(names: tuple[str, ...], past: Floats, real: Floats, runs: list[Floats]) -> tuple[FeatureGap, ...]:
    label = np.r_[np.zeros(len(real)), np.ones(len(real))]
    return tuple(
        FeatureGap(
            name=name,
            auc=float(np.mean([roc_auc_score(label, np.r_[real[:, j], run[:, j]]) for run in runs])),
            real_mean=float(real[:, j].mean()),
            simulated_mean=float(np.mean([run[:, j].mean() for run in runs])),
            real_link=_link(past[:, j], real[:, j]),
            simulated_link=float(np.mean([_link(past[:, j], run[:, j]) for run in runs])),
        )
        for j, name in enumerate(names)
    )


def _link(one: Floats, other: Floats) -> float:
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])
