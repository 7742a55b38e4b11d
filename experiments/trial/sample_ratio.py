"""Do the arms have as many units as were assigned to them? If not, something loses units, and seldom at random.

Fixed: Pearson's chi-square against the planned shares; exact where a cell expects under 5 units (binomial for two
arms, else 100,000 simulated tables ordered by probability). One look only.

Sequential (Lindon & Malek 2022, "Anytime-valid inference for multinomial count data", NeurIPS 35:2817-2831): with
planned shares theta and counts n_i, n in all, the Bayes factor of a Dirichlet(c theta) against the plan,

    B = Gamma(c) / Gamma(c + n)  prod_i Gamma(c theta_i + n_i) / (Gamma(c theta_i) theta_i^n_i),

is a martingale with mean 1 under the plan, so that P(B >= 1 / p at any look) <= p (Ville). A small c finds gross
faults in few units, a large one slight faults in many; the mean over several c is a martingale just as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from evenhand.errors import DataError
from evenhand.experiments.trial.check import FAILS_AT, SAMPLE_RATIO, SEQUENTIAL_SAMPLE_RATIO, Check

__all__ = ["sample_ratio", "sequential_sample_ratio"]

FloatArray = NDArray[np.float64]

CONCENTRATIONS = (10.0, 100.0, 1000.0, 10_000.0)
SMALL = 5  # expected units under which chi-square is not trusted
TABLES = 100_000
MEND = "find what drops or doubles units (redirects, filters, failed sends, bots) and start anew"


def sample_ratio(counts: Mapping[str, int], shares: Mapping[str, float], *, seed: int = 0) -> Check:
    """Test the units of each arm against the planned shares, once; DataError where arms do not match."""
    from scipy.stats import binomtest, chi2  # slow to load; only where it is asked for

    n, theta = _checked(counts, shares)
    if not n.sum():
        return Check(name=SAMPLE_RATIO, status="not enough data", what="No units have arrived.")
    expected = theta * n.sum()
    if expected.min() >= SMALL:
        p = float(chi2.sf(((n - expected) ** 2 / expected).sum(), n.size - 1))
    elif n.size == 2:
        p = float(binomtest(int(n[0]), int(n.sum()), float(theta[0])).pvalue)
    else:
        p = _simulated(n, theta, seed)
    return _said(SAMPLE_RATIO, counts, expected, p)


def sequential_sample_ratio(looks: Sequence[Mapping[str, int]], shares: Mapping[str, float]) -> Check:
    """Test cumulative counts at all looks so far against the planned shares; valid whenever one looks."""
    if not looks:
        return Check(name=SEQUENTIAL_SAMPLE_RATIO, status="not enough data", what="No units have arrived.")
    found = [_checked(counts, shares) for counts in looks]
    for (before, _), (after, _) in pairwise(found):
        if (after < before).any():
            raise DataError("an arm has fewer units than at the look before", rule="counts are cumulative")
    evidence = max(log_bayes_factor(n, theta) for n, theta in found)
    p = math.exp(-max(evidence, 0.0))
    n, theta = found[-1]
    return _said(SEQUENTIAL_SAMPLE_RATIO, looks[-1], theta * n.sum(), p)


def log_bayes_factor(n: FloatArray, theta: FloatArray) -> float:
    """Return the log of the mean Bayes factor over `CONCENTRATIONS` of counts `n` (k,) against shares `theta` (k,)."""
    c = np.array(CONCENTRATIONS)
    prior = c[:, None] * theta
    each = gammaln(c) - gammaln(c + n.sum()) + (gammaln(prior + n) - gammaln(prior)).sum(axis=1) - n @ np.log(theta)
    return float(np.logaddexp.reduce(each) - math.log(c.size))


def _simulated(n: FloatArray, theta: FloatArray, seed: int) -> float:
    tables = np.random.default_rng(seed).multinomial(int(n.sum()), theta, TABLES).astype(np.float64)

    def log_probability(table: FloatArray) -> FloatArray:
        return np.asarray((table * np.log(theta) - gammaln(table + 1.0)).sum(axis=-1), dtype=np.float64)

    as_rare = int((log_probability(tables) <= log_probability(n) + 1e-9).sum())
    return (1 + as_rare) / (1 + TABLES)


def _checked(counts: Mapping[str, int], shares: Mapping[str, float]) -> tuple[FloatArray, FloatArray]:
    if set(counts) != set(shares) or len(shares) < 2:
        raise DataError(
            f"units came in arms {', '.join(sorted(counts)) or 'none'}",
            rule=f"the plan has {', '.join(sorted(shares))}",
            mend="is the arm's column the right one?",
        )
    n = np.array([counts[arm] for arm in shares], dtype=np.float64)
    theta = np.array([shares[arm] for arm in shares], dtype=np.float64)
    if not (np.isfinite(n) & (n >= 0)).all() or not (theta > 0).all() or abs(theta.sum() - 1) > 1e-9:
        raise DataError("counts or shares that cannot be", rule="counts from 0 on; shares above 0 that add up to 1")
    return n, theta / theta.sum()


def _said(name: str, counts: Mapping[str, int], expected: FloatArray, p: float) -> Check:
    seen = ", ".join(f"{arm} {int(n):,}" for arm, n in counts.items())
    planned = " : ".join(f"{e:,.0f}" for e in expected)
    if p < FAILS_AT:
        return Check(
            name=name, status="failed", p_value=p, mend=MEND,
            what=f"Units are not split as planned: {seen}, where the plan expects {planned} (p = {p:.1g}).",
        )  # fmt: skip
    return Check(name=name, status="ok", p_value=p, what=f"Units are split as planned: {seen} (p = {p:.2g}).")
