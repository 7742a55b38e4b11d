"""A doubly robust policy tree: the tree whose leaves' campaigns have the highest doubly robust value.

econml's `DRPolicyTree` (extra `causal`): doubly robust scores of every campaign (Dudik, Erhan, Langford and Li, "Doubly
robust policy evaluation and optimization", Statistical Science 29, 2014), a tree grown on them as in Athey and Wager,
"Policy learning with observational data", Econometrica 89 (2021).
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import RidgeCV

from evenhand.agents.baselines.case import Case
from evenhand.agents.baselines.leaves import Leaf, boxes_of_leaves, leaves_of
from evenhand.agents.baselines.static import uniform
from evenhand.agents.baselines.trial import Trial, run_trial
from evenhand.envs.boxes import Boxes
from evenhand.errors import EvenhandError

__all__ = ["policy_tree", "policy_tree_starts"]


def policy_tree_starts(case: Case) -> list[Boxes]:
    """Return trees of one to three levels, each with its own campaigns and with one for everyone."""
    trial, setup = run_trial(case.simulator, case.setup, n_customers=case.n_customers), case.setup
    trees = [policy_tree(trial, setup.n_bins, depth=depth, seed=case.seed) for depth in (1, 2, 3)]
    boxes = [boxes_of_leaves(tree, setup) for tree in trees if len(tree) <= setup.max_segments]
    return [start for one in boxes for start in (one, *uniform(one, case.layout.n_campaigns))]


def policy_tree(trial: Trial, n_bins: NDArray[np.uint8], *, depth: int, seed: int = 0) -> list[Leaf]:
    """Return the leaves of a policy tree of `depth`, each with its campaign; EvenhandError without econml.

    The propensities are known (every campaign alike), so the model of them is their mean.
    """
    try:
        from econml.policy import DRPolicyTree
    except ImportError:
        raise EvenhandError(
            "the doubly robust policy tree needs the package econml",
            mend="pip install 'evenhand[causal]', or leave policy-tree out of the opponents",
        ) from None
    model = DRPolicyTree(
        model_regression=RidgeCV(), model_propensity=DummyClassifier(strategy="prior"), max_depth=depth,
        min_samples_leaf=500, cv=2, random_state=seed,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # econml still calls scikit-learn by old names
        model.fit(trial.outcome, trial.campaign, X=trial.bins.astype(np.float64))
    tree = model.policy_model_.tree_
    arms = np.sort(np.unique(trial.campaign))
    return [
        leaf._replace(campaign=int(arms[np.argmax(tree.value[node].ravel())])) for leaf, node in leaves_of(tree, n_bins)
    ]
