"""Feature by feature: how far simulated half years are from real ones, alone and in pairs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.realism.parts import FeatureGap, Moments, Pair

__all__ = ["LEVELS", "feature_gaps", "moments_of"]

Floats = NDArray[np.float64]

LEVELS: tuple[float, ...] = (0.0, 0.01, *(round(0.025 * k, 3) for k in range(1, 40)), 0.99, 1.0)
HALVES = 8  # splits of the real customers into two halves, for the yardsticks
LARGEST = 12  # pairs named


def feature_gaps(
    names: tuple[str, ...], past: Floats, real: Floats, runs: list[Floats], *, seed: int
) -> tuple[FeatureGap, ...]:
    """Compare each column of `real` (N, F) with that of the simulated `runs`, each (N, F)."""
    halves = _halves(len(real), seed)
    return tuple(
        _gap(name, past[:, j], real[:, j], [run[:, j] for run in runs], halves) for j, name in enumerate(names)
    )


def _gap(name: str, past: Floats, real: Floats, runs: list[Floats], halves: list[NDArray[np.intp]]) -> FeatureGap:
    from scipy.stats import ks_2samp, wasserstein_distance  # slow to load; only where it is asked for
    from sklearn.metrics import roc_auc_score

    label = np.r_[np.zeros(len(real)), np.ones(len(real))]
    tests = [ks_2samp(real, run, method="asymp") for run in runs]
    unit = float(real.std()) or 1.0
    rest = [np.setdiff1d(np.arange(len(real)), half) for half in halves]
    apart = [wasserstein_distance(real[half], real[other]) for half, other in zip(halves, rest, strict=True)]
    return FeatureGap(
        name=name,
        auc=float(np.mean([roc_auc_score(label, np.r_[real, run]) for run in runs])),
        real_mean=float(real.mean()),
        simulated_mean=float(np.mean([run.mean() for run in runs])),
        real_link=_link(past, real),
        simulated_link=float(np.mean([_link(past, run) for run in runs])),
        real_sd=float(real.std()),
        simulated_sd=float(np.mean([run.std() for run in runs])),
        wasserstein=float(np.mean([wasserstein_distance(real, run) for run in runs])) / unit,
        wasserstein_halves=float(np.mean(apart)) / unit,
        ks=float(np.mean([test.statistic for test in tests])),
        # Twice the median of p-values is one again under any dependence (Rueschendorf 1982).
        ks_p=min(1.0, 2 * float(np.median([test.pvalue for test in tests]))),
        real_quantiles=tuple(np.quantile(real, LEVELS).tolist()),
        simulated_quantiles=tuple(np.quantile(np.concatenate(runs), LEVELS).tolist()),
    )


def moments_of(names: tuple[str, ...], real: Floats, runs: list[Floats], *, seed: int) -> Moments:
    """Compare the correlations between the columns of `real` (N, F) with those of the simulated `runs`."""
    ours, theirs = _correlations(real), np.mean([_correlations(run) for run in runs], axis=0)
    one, other = np.triu_indices(len(names), 1)
    gap = np.abs(theirs - ours)[one, other]
    halves = _halves(len(real), seed)
    noise = [_rms(_correlations(real[half]), _correlations(np.delete(real, half, axis=0))) for half in halves]
    order = np.argsort(-gap, kind="stable")[:LARGEST]
    return Moments(
        names=names,
        real=_rows(ours),
        simulated=_rows(theirs),
        rms=_rms(ours, theirs),
        rms_halves=float(np.mean(noise)),
        largest=tuple(
            Pair(names[one[k]], names[other[k]], float(ours[one[k], other[k]]), float(theirs[one[k], other[k]]))
            for k in order
        ),
    )


def _halves(n: int, seed: int) -> list[NDArray[np.intp]]:
    rng = np.random.default_rng([seed, 0x4A15])
    return [rng.permutation(n)[: n // 2] for _ in range(HALVES)]


def _correlations(x: Floats) -> Floats:
    """Return correlations (F, F); a column that does not vary goes with nothing."""
    sd = x.std(0)
    z = (x - x.mean(0)) / np.where(sd > 0, sd, 1.0)
    return np.asarray(z.T @ z / len(x))


def _link(one: Floats, other: Floats) -> float:
    return float(_correlations(np.column_stack([one, other]))[0, 1])


def _rms(one: Floats, other: Floats) -> float:
    upper = np.triu_indices(len(one), 1)
    return float(np.sqrt(np.mean((one - other)[upper] ** 2))) if len(one) > 1 else 0.0


def _rows(matrix: Floats) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in matrix.tolist())
