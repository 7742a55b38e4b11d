"""Was a campaign log randomised? A balance check and an overlap check, and what may be claimed in consequence.

Balance: had the arms been drawn at random, features would differ between them by chance alone. Without logged
propensities the joint test is the score test of a multinomial logistic regression of the arm on the features (n - 1
times Pillai's trace), by its chi-square limit or, in small logs, by permutation. With logged propensities, which may
differ between customers, each arm weighted by their inverse must look like everyone; tests are joined by Holm.
Overlap: the chance of each customer to be in each arm must not vanish.

Sources: Hansen and Bowers, "Covariate balance in simple, stratified and clustered comparative studies", Statistical
Science 23 (2008), for one joint test beside many differences; Holm (1979); Kish (1965) for the effective sample size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["ALPHA", "LogAudit", "Verdict", "audit_log", "holm"]

Floats = NDArray[np.float64]
Verdict = Literal["randomised", "not randomised", "cannot tell"]

ALPHA = 0.01  # of the joint test: so often a randomised log is taken for one that is not
DETECTABLE = 0.3  # standard deviations: a log that could hide a larger difference cannot be judged
POWER = 0.8
SMALL = 2_000  # customers, below which the joint test permutes
PERMUTATIONS = 1_999
SUPPORT = 0.01  # a chance below is no support
LEAST_ARM = 20


@dataclass(frozen=True)
class LogAudit:
    """What was found about how a log's arms came about, and what may be claimed from it."""

    verdict: Verdict
    claim: str  # one sentence for people
    arms: tuple[str, ...]
    sizes: tuple[int, ...]  # customers of each arm
    p_value: float | None  # of the joint balance test, None where there was none
    features: tuple[str, ...]
    differences: tuple[float, ...]  # largest standardised mean difference of each feature between two arms
    adjusted: tuple[float, ...]  # Holm-adjusted p-value of each feature
    detectable: float | None  # sd between no contact and contact that would be found with 80 % power
    logged: bool  # whether propensities were logged or are fitted
    lowest: float | None  # smallest chance of an arm
    highest: float | None
    effective: tuple[float, ...]  # of each arm: effective share of its size after inverse-propensity weighting
    unsupported: float | None  # share of customers with a chance below SUPPORT of some arm

    @property
    def randomised(self) -> bool:
        """Whether effects may be calibrated."""
        return self.verdict == "randomised"


def holm(p_values: Floats) -> Floats:
    """Return Holm-adjusted p-values, in the order given."""
    m = len(p_values)
    order = np.argsort(p_values)
    raised = np.maximum.accumulate(p_values[order] * (m - np.arange(m)))
    adjusted = np.empty(m)
    adjusted[order] = np.minimum(raised, 1.0)
    return adjusted


def audit_log(
    arm: NDArray[np.intp],
    features: Floats,
    *,
    arms: Sequence[str],
    names: Sequence[str],
    untreated: int | None,
    propensity: Floats | None = None,
    seed: int = 0,
) -> LogAudit:
    """Judge a log of one contact per customer: `arm` (N,) positions in `arms`, `features` (N, D) of `names`.

    `untreated` is the position of the arm without contact, None where the log has none. `propensity` (N,) is the
    logged chance of the arm that the customer got; NaN anywhere means that it was not logged. Columns that do not vary
    are left out. Arms of fewer than `LEAST_ARM` customers are left out too; two must remain.
    """
    sizes = np.bincount(arm, minlength=len(arms))
    large = np.flatnonzero(sizes >= LEAST_ARM)
    use = np.isin(arm, large)
    x = features[use]
    varies = x.std(0) > 1e-9 if len(x) else np.zeros(features.shape[1], np.bool_)
    x, seen = x[:, varies], tuple(name for name, there in zip(names, varies, strict=True) if there)
    position = np.searchsorted(large, arm[use])
    logged = propensity is not None and not bool(np.isnan(propensity[use]).any())
    kept = tuple(arms[a] for a in large.tolist())
    if len(large) < 2 or not seen:
        return _untold(kept, sizes[large], why=_why(arms, untreated, large, seen), logged=logged)
    own = propensity[use] if logged and propensity is not None else None
    p_value = _logged_p(position, x, own, len(large)) if own is not None else _joint_p(position, x, len(large), seed)
    differences, single = _differences(position, x, len(large), own)
    one = int(sizes[untreated]) if untreated is not None and untreated in large else int(sizes.max())
    detectable = _detectable(one, len(x) - one, x.shape[1] * (len(large) - 1))
    lowest, highest, effective, unsupported = _overlap(position, x, own, len(large))
    verdict = _verdict(p_value, detectable, unsupported, untreated is not None and untreated in large)
    return LogAudit(
        verdict=verdict,
        claim=_claim(verdict, p_value, detectable, unsupported, _why(arms, untreated, large, seen), logged=logged),
        arms=kept,
        sizes=tuple(sizes[large].tolist()),
        p_value=p_value,
        features=seen,
        differences=tuple(differences.tolist()),
        adjusted=tuple(holm(single).tolist()),
        detectable=detectable,
        logged=logged,
        lowest=lowest,
        highest=highest,
        effective=effective,
        unsupported=unsupported,
    )


def _joint_p(arm: NDArray[np.intp], x: Floats, arms: int, seed: int) -> float:
    """Return the p-value of the score test of a multinomial logistic regression against its intercepts."""
    from scipy import stats  # slow to load; only where it is asked for

    z, rank = _whitened(x)
    found = _pillai(arm, z, arms)
    if len(x) >= SMALL:
        return float(stats.chi2.sf(found, rank * (arms - 1)))
    rng = np.random.default_rng([seed, 0xBA1])
    permuted = np.array([_pillai(rng.permutation(arm), z, arms) for _ in range(PERMUTATIONS)])
    return float((1 + (permuted >= found - 1e-9).sum()) / (1 + PERMUTATIONS))


def _whitened(x: Floats) -> tuple[Floats, int]:
    """Return uncorrelated columns of unit variance that span `x`, and how many there are."""
    u, singular, _ = np.linalg.svd(x - x.mean(0), full_matrices=False)
    rank = int((singular > 1e-8 * singular[0]).sum())
    return u[:, :rank] * np.sqrt(len(x) - 1), rank


def _pillai(arm: NDArray[np.intp], z: Floats, arms: int) -> float:
    sizes = np.bincount(arm, minlength=arms)
    total = np.eye(arms)[arm].T @ z
    return float((total**2 / sizes[:, None]).sum())


def _logged_p(arm: NDArray[np.intp], x: Floats, propensity: Floats, arms: int) -> float:
    """Return the p-value that each arm, weighted by inverse propensity, is everyone: size and features at once.

    The variance of a weighted total is a sum over everyone of (1 - p) / p. A log tells the chance of the arm that a
    customer got; the others are taken to share the rest alike. From an arm's own members it could not be told: of those
    who had a small chance hardly one is there.
    """
    from scipy import stats  # slow to load; only where it is asked for

    whole = np.column_stack([np.ones(len(x)), _whitened(x)[0]])
    p_values = []
    for a in range(arms):
        mine, p = whole[arm == a], propensity[arm == a]
        gap = mine.T @ (1 / p) - whole.sum(0)
        chance = np.where(arm == a, propensity, np.maximum((1 - propensity) / (arms - 1), 1e-6))
        variance = (whole.T * ((1 - chance) / chance)) @ whole
        if np.linalg.matrix_rank(variance) < len(gap):
            p_values.append(1.0 if np.abs(gap).max() < 1e-6 * len(x) else 0.0)
            continue
        p_values.append(float(stats.chi2.sf(gap @ np.linalg.solve(variance, gap), len(gap))))
    return float(holm(np.array(p_values)).min())


def _differences(arm: NDArray[np.intp], x: Floats, arms: int, propensity: Floats | None) -> tuple[Floats, Floats]:
    """Return each feature's largest standardised difference between two arms, and the p-value of its own test."""
    from scipy import stats  # slow to load; only where it is asked for

    weight = np.ones(len(x)) if propensity is None else 1 / propensity
    z = (x - x.mean(0)) / x.std(0)
    hot = np.eye(arms)[arm] * weight[:, None]
    mean = (hot.T @ z) / hot.sum(0)[:, None]
    size = hot.sum(0) ** 2 / (hot**2).sum(0)
    statistic = (size[:, None] * (mean - (size @ mean) / size.sum()) ** 2).sum(0)
    return mean.max(0) - mean.min(0), np.asarray(stats.chi2.sf(statistic, arms - 1))


def _detectable(one: int, others: int, freedom: int) -> float:
    """Return the difference of one feature between so many customers and the others that the joint test finds with
    `POWER`.
    """
    from scipy import stats  # slow to load; only where it is asked for

    critical = stats.chi2.isf(ALPHA, freedom)
    low, high = 0.0, 1e4
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if stats.ncx2.sf(critical, freedom, middle) >= POWER else (middle, high)
    return float(np.sqrt(high * (1 / one + 1 / others)))


def _overlap(
    arm: NDArray[np.intp], x: Floats, propensity: Floats | None, arms: int
) -> tuple[float, float, tuple[float, ...], float]:
    from sklearn.linear_model import LogisticRegression  # slow to load; only where it is asked for

    if propensity is None:
        chances = LogisticRegression(C=1.0, max_iter=200).fit(x, arm).predict_proba(x)
        own, unsupported = chances[np.arange(len(arm)), arm], float((chances < SUPPORT).any(1).mean())
        low, high = float(chances.min()), float(chances.max())
    else:
        # Whom an arm hardly ever reached is hardly ever seen in it: each who is stands for 1 / chance customers.
        rare = [((propensity < SUPPORT) & (arm == a)) @ (1 / propensity) / len(arm) for a in range(arms)]
        own, unsupported = propensity, float(max(*rare, (propensity > 1 - SUPPORT).mean()))
        low, high = float(own.min()), float(own.max())
    weight = np.eye(arms)[arm] / own[:, None]
    share = weight.sum(0) ** 2 / (weight**2).sum(0) / np.bincount(arm, minlength=arms)
    return low, high, tuple(share.tolist()), unsupported


def _verdict(p_value: float, detectable: float, unsupported: float, has_untreated: bool) -> Verdict:
    if p_value < ALPHA or unsupported > 0.05:
        return "not randomised"
    return "randomised" if has_untreated and detectable <= DETECTABLE else "cannot tell"


def _why(arms: Sequence[str], untreated: int | None, large: NDArray[np.intp], seen: tuple[str, ...]) -> str:
    if untreated is None or untreated not in large:
        return f"the log has fewer than {LEAST_ARM} customers without contact to compare with"
    if len(large) < 2:
        return f"no campaign of the log has at least {LEAST_ARM} customers"
    return "no feature varies" if not seen else "the arms are too small to judge"


def _claim(verdict: Verdict, p_value: float, detectable: float, unsupported: float, why: str, *, logged: bool) -> str:
    prior = "responses are described only, and what contact causes comes from stated priors"
    if verdict == "cannot tell":
        return f"Whether contacts were randomised cannot be told: {why}; {prior}."
    if verdict == "not randomised":
        if p_value < ALPHA:
            shown = f"p = {p_value:.2g}" if p_value >= 1e-4 else "p < 0.0001"
            found = "do not fit the logged propensities" if logged else "differ between arms by more than chance"
            return f"Contacts were not randomised: features {found} ({shown}); {prior}."
        return f"Contacts were not randomised: {unsupported:.0%} of customers had hardly a chance of some arm; {prior}."
    kind = "with the logged propensities" if logged else "as far as the features tell"
    return (
        f"Contacts were randomised {kind} (balance p = {p_value:.2g}; differences from {detectable:.2f} standard "
        "deviations on would show): effects of contact are calibrated on this log."
    )


def _untold(arms: tuple[str, ...], sizes: NDArray[np.intp], *, why: str, logged: bool) -> LogAudit:
    claim = _claim("cannot tell", 1.0, 0.0, 0.0, why, logged=logged)
    counts = tuple(sizes.tolist())
    return LogAudit("cannot tell", claim, arms, counts, None, (), (), (), None, logged, None, None, (), None)
