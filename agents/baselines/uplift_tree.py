"""An uplift tree: splits where campaigns work differently, not where customers are different.

Split criterion: the squared t statistic of the interaction between side and treatment (Su, Tsai, Wang, Nickerson and
Li, "Subgroup analysis via recursive partitioning", JMLR 10, 2009, eq. 3), without pooling the variances and added up
over the campaigns, each against no contact. The leaf with the strongest split is split first.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evenhand.agents.baselines.case import Case
from evenhand.agents.baselines.leaves import Leaf, boxes_of_leaves, halves
from evenhand.agents.baselines.static import uniform
from evenhand.agents.baselines.trial import Trial, run_trial
from evenhand.envs.boxes import Boxes

__all__ = ["Cut", "best_cut", "grow", "uplift", "uplift_starts"]

SIGNIFICANT = 3.84  # squared t: no split that chance explains at 5 %, before the search over cuts


def uplift_starts(case: Case) -> list[Boxes]:
    """Return small and large trees, each with its own campaigns and with one for everyone."""
    trial, setup = run_trial(case.simulator, case.setup, n_customers=case.n_customers), case.setup
    boxes = [boxes_of_leaves(grow(trial, setup.n_bins, leaves=k), setup) for k in (2, 4, 6, setup.max_segments)]
    return [start for one in boxes for start in (one, *uniform(one, case.layout.n_campaigns))]


class Cut(NamedTuple):
    """A split of a leaf and its strength, the sum of squared t statistics."""

    feature: int
    at: int
    strength: float


def grow(trial: Trial, n_bins: NDArray[np.uint8], *, leaves: int, min_arm: int = 200) -> list[Leaf]:
    """Return at most `leaves` leaves, each with the campaign of highest estimated uplift, no contact at 0.

    A side needs `min_arm` rows of every campaign.
    """
    n_campaigns = int(trial.campaign.max()) + 1
    grown = [(Leaf(np.zeros_like(n_bins), n_bins.copy()), np.arange(len(trial.outcome)))]
    cuts = [best_cut(trial, grown[0][1], n_bins, n_campaigns, min_arm)]
    while len(grown) < leaves:
        k = max(range(len(grown)), key=lambda i: cuts[i].strength)
        f, at, strength = cuts[k]
        if strength < SIGNIFICANT:
            break
        leaf, rows = grown[k]
        below = trial.bins[rows, f] < at
        parts = list(zip(halves(leaf, f, at), (rows[below], rows[~below]), strict=True))
        grown[k : k + 1] = parts
        cuts[k : k + 1] = [best_cut(trial, part, n_bins, n_campaigns, min_arm) for _, part in parts]
    return [leaf._replace(campaign=int(np.argmax(uplift(trial, rows, n_campaigns)))) for leaf, rows in grown]


def uplift(trial: Trial, rows: NDArray[np.int64], n_campaigns: int) -> NDArray[np.float64]:
    """Return what each campaign brings beyond no contact among `rows`, money per period, (C,)."""
    c = trial.campaign[rows]
    means = np.bincount(c, trial.outcome[rows], n_campaigns) / np.maximum(np.bincount(c, minlength=n_campaigns), 1)
    return np.asarray(means - means[0])


def best_cut(trial: Trial, rows: NDArray[np.int64], n_bins: NDArray[np.uint8], n_campaigns: int, min_arm: int) -> Cut:
    """Return the strongest cut of `rows` on any feature; strength 0 where none leaves enough on both sides."""
    best, y = Cut(0, 1, 0.0), trial.outcome[rows]
    for f, bins in enumerate(n_bins):
        cells = trial.bins[rows, f].astype(np.int64) * n_campaigns + trial.campaign[rows]
        shape, weights = (int(bins), n_campaigns), (np.ones_like(y), y, y * y)
        moments: NDArray[np.float64] = np.stack(
            [np.bincount(cells, w, int(bins) * n_campaigns).reshape(shape) for w in weights]
        )
        below = np.cumsum(moments, axis=1, dtype=np.float64)[:, :-1]
        above = moments.sum(axis=1)[:, None] - below
        enough = (np.minimum(below[0], above[0]) >= min_arm).all(axis=1)
        if not enough.any():
            continue
        strength = np.where(enough, _strength(below, above), 0.0)
        at = int(strength.argmax())
        if strength[at] > best.strength:
            best = Cut(f, at + 1, float(strength[at]))
    return best


def _strength(below: NDArray[np.float64], above: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return sum_c t_c^2 of each cut from the moments (n, sum, sum of squares; cut; campaign) of both sides."""
    effect, variance = [], []
    for n, total, squares in (below, above):
        n = np.maximum(n, 2.0)
        mean = total / n
        error = np.maximum(squares / n - mean**2, 1e-12) / (n - 1)
        effect.append(mean[:, 1:] - mean[:, :1])
        variance.append(error[:, 1:] + error[:, :1])
    return np.asarray(((effect[0] - effect[1]) ** 2 / (variance[0] + variance[1])).sum(axis=1))
