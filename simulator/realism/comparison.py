"""What a half year looks like, and how well a classifier tells two kinds of half years apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evenhand.simulator.habits.panel import Panel

__all__ = ["half_year", "half_year_names", "told_apart"]

Floats = NDArray[np.float64]

FOLDS = 5


def half_year_names(panel: Panel) -> tuple[str, ...]:
    """Return the names of the columns of `half_year`."""
    return (
        "trips (log)",
        "active weeks",
        "spend (log)",
        "spend per trip (log)",
        "weeks since last trip",
        "longest gap",
        "busiest week",
        "largest week's spend (log)",
        "redemption weeks",
        "categories per active week",
        *(f"{name} share" for name in panel.names),
    )


def half_year(panel: Panel, redeemed: Floats) -> Floats:
    """Describe each customer's half year: visits, gaps, spend, breadth, shares and redemptions, shape (N, F).

    Chosen before any forward model was fitted: the quantities that segments are cut by, and the ones that
    simulators are known to get wrong (exact zeros of rare categories, gaps, extremes). Customers without a
    trip have zeros.
    """
    trips, weeks = panel.trips.sum(1), panel.periods
    active = panel.trips > 0
    spend = panel.spend.sum(1)
    last = np.where(active.any(1), active[:, ::-1].argmax(1), weeks)
    breadth = ((panel.categories > 0).sum(2) * active).sum(1) / np.maximum(active.sum(1), 1)
    total = np.maximum(panel.categories.sum(1), 0)
    shares = total / np.maximum(total.sum(1, keepdims=True), 1e-9)
    return np.column_stack(
        [
            np.log1p(trips),
            active.sum(1),
            np.log1p(spend),
            np.log1p(spend / np.maximum(trips, 1)),
            last,
            _longest_gap(active),
            panel.trips.max(1),
            np.log1p(panel.spend.max(1)),
            redeemed,
            breadth,
            shares,
        ]
    )


def _longest_gap(active: NDArray[np.bool_]) -> Floats:
    gap, longest = np.zeros(len(active)), np.zeros(len(active))
    for week in range(active.shape[1]):
        gap = np.where(active[:, week], 0, gap + 1)
        longest = np.maximum(longest, gap)
    return longest


def told_apart(one: Floats, other: Floats, *, seed: int) -> float:
    """Return the cross-validated AUC of a boosted classifier of rows of `one` against rows of `other`.

    Row i of both belongs to the same customer, who is in one fold only. 0.5 means indistinguishable.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier  # slow to load; only where it is asked for
    from sklearn.metrics import roc_auc_score

    n = len(one)
    fold = np.random.default_rng([seed, 0xF07D]).permutation(n) % FOLDS
    x, y = np.vstack([one, other]), np.r_[np.zeros(n), np.ones(n)]
    group, score = np.r_[fold, fold], np.zeros(2 * n)
    for k in range(FOLDS):
        train = group != k
        model = HistGradientBoostingClassifier(
            max_iter=80, learning_rate=0.08, max_leaf_nodes=15, min_samples_leaf=15, early_stopping=False,
            random_state=seed,
        )  # fmt: skip
        score[~train] = model.fit(x[train], y[train]).predict_proba(x[~train])[:, 1]
    return float(np.mean([roc_auc_score(y[group == k], score[group == k]) for k in range(FOLDS)]))
