"""A/A test on the business's own data: does the test reject as often as it says when there is nothing to find?

The business's units are split into two arms at random, many times, and each split is tested as a trial would be
(Welch). Given the data, splits are independent, so the number of rejections is binomial. Far too many mean that units
are not independent (clusters) or that a few of them hold most of the total; far too few, that values are so skewed
that the normal approximation fails.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from evenhand.errors import DataError
from evenhand.experiments.trial.check import FAILS_AT, Check

__all__ = ["aa_p_values", "aa_test"]

FloatArray = NDArray[np.float64]

BATCH = 2**22  # coins tossed at a time


def aa_test(
    values: ArrayLike, *, seed: int, splits: int = 1000, share: float = 0.5, alpha: float = 0.05,
    clusters: ArrayLike | None = None,
) -> Check:  # fmt: skip
    """Say whether a test of `values` (n,) keeps its error rate `alpha` on random splits; the same for the same seed.

    `clusters` (n,) name what is randomised together: the test goes on as if units were independent, and shows whether
    that does harm. Raises DataError on fewer than 10 units, values without spread, or any that is not finite.
    """
    from scipy.stats import binomtest  # slow to load; only where it is asked for

    p = aa_p_values(values, seed=seed, splits=splits, share=share, clusters=clusters)
    rejected = int((p < alpha).sum())
    found = float(binomtest(rejected, splits, alpha).pvalue)
    rate = f"{rejected / splits:.1%} of {splits:,} random splits were called different, where {alpha:.0%} should be"
    if found >= FAILS_AT:
        return Check(name="A/A on own data", status="ok", p_value=found, what=f"{rate}.")
    many = rejected > alpha * splits
    return Check(
        name="A/A on own data", status="failed", p_value=found, what=f"{rate} (p = {found:.1g}).",
        mend="take errors by cluster, or randomise single units" if many and clusters is not None
        else "cap extreme values in the plan, or take the bootstrap",
    )  # fmt: skip


def aa_p_values(
    values: ArrayLike, *, seed: int, splits: int, share: float = 0.5, clusters: ArrayLike | None = None
) -> FloatArray:
    """Return the two-sided p-value of Welch's test of each random split (splits,)."""
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or x.size < 10 or not np.isfinite(x).all() or not np.ptp(x):
        raise DataError("values cannot be split and compared", rule="10 finite values or more that are not all alike")
    if not 0 < share < 1:
        raise DataError(f"a share of {share}", rule="0 < share < 1", mend="use 0.5")
    x = x - x.mean()  # so that squares lose no digits
    codes = np.unique(np.asarray(clusters), return_inverse=True)[1] if clusters is not None else np.arange(x.size)
    if codes.shape != x.shape:
        raise DataError(f"{codes.size} clusters for {x.size} values", rule="each value has its cluster")
    # Sums by cluster: a split then tosses one coin each.
    n, total, squares = (np.bincount(codes, weights=w) for w in (np.ones(x.size), x, x * x))
    rng = np.random.default_rng(seed)
    sums = []
    step = max(1, BATCH // n.size)
    for start in range(0, splits, step):
        coins = (rng.random((min(step, splits - start), n.size)) < share).astype(np.float64)
        sums.append(coins @ np.column_stack([n, total, squares]))
    return _welch(np.concatenate(sums), np.array([n.sum(), total.sum(), squares.sum()]))


def _welch(treatment: FloatArray, whole: FloatArray) -> FloatArray:
    """Return p-values from sums (splits, 3) of count, value and square, and those of everyone (3,)."""
    means, errors, sizes = [], [], []
    for n, total, squares in (treatment.T, (whole - treatment).T):
        safe = np.maximum(n, 2)
        mean = total / safe
        means.append(mean)
        errors.append(np.maximum(squares - n * mean**2, 1e-300) / (safe - 1) / safe)
        sizes.append(safe)
    se2 = errors[0] + errors[1]
    df = se2**2 / sum(e**2 / (n - 1) for e, n in zip(errors, sizes, strict=True))
    p = 2 * stdtr(df, -np.abs(means[0] - means[1]) / np.sqrt(se2))
    enough = np.minimum(treatment[:, 0], whole[0] - treatment[:, 0]) >= 2
    return np.where(enough, p, 1.0)  # an arm of one unit rejects nothing
