"""Learning and its opponents: policies behind one two-method protocol, on the same footing.

What stands on torch is loaded when it is first used, so that a server of exported policies never loads it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from evenhand.agents.baselines.greedy import Greedy, GreedyTuning
from evenhand.agents.baselines.hold import Hold
from evenhand.agents.baselines.kmeans import kmeans_boxes
from evenhand.agents.baselines.random_valid import RandomValid
from evenhand.agents.baselines.static import StaticPlan, best_campaigns
from evenhand.agents.baselines.tuning import ONE_STEP, SHADOW_PRICED, Tuned, tune_greedy
from evenhand.agents.feasible import FEASIBLE_SHARE, best_of, feasible_share, gaps_of, held_in, rank
from evenhand.agents.policy import Insider, Layout, Policy
from evenhand.agents.rollout import Outcomes, PopulationPool, Watcher, no_contact_profit, roll_out

if TYPE_CHECKING:
    from evenhand.agents.learning.algorithms import ALGORITHMS, AlgorithmName
    from evenhand.agents.learning.checkpoints import CurvePoint
    from evenhand.agents.learning.learned import LearnedPolicy, NetSettings
    from evenhand.agents.learning.settings import Budget, DualSettings, Hyperparameters
    from evenhand.agents.learning.train import Training, train

__all__ = [
    "ALGORITHMS",
    "FEASIBLE_SHARE",
    "ONE_STEP",
    "SHADOW_PRICED",
    "AlgorithmName",
    "Budget",
    "CurvePoint",
    "DualSettings",
    "Greedy",
    "GreedyTuning",
    "Hold",
    "Hyperparameters",
    "Insider",
    "Layout",
    "LearnedPolicy",
    "NetSettings",
    "Outcomes",
    "Policy",
    "PopulationPool",
    "RandomValid",
    "StaticPlan",
    "Training",
    "Tuned",
    "Watcher",
    "best_campaigns",
    "best_of",
    "feasible_share",
    "gaps_of",
    "held_in",
    "kmeans_boxes",
    "no_contact_profit",
    "rank",
    "roll_out",
    "train",
    "tune_greedy",
]

_LEARNING = {
    "ALGORITHMS": "algorithms",
    "AlgorithmName": "algorithms",
    "Budget": "settings",
    "CurvePoint": "checkpoints",
    "DualSettings": "settings",
    "Hyperparameters": "settings",
    "LearnedPolicy": "learned",
    "NetSettings": "learned",
    "Training": "train",
    "train": "train",
}


if not TYPE_CHECKING:  # type checkers would believe that it has any name

    def __getattr__(name: str) -> Any:
        if name in _LEARNING:
            return getattr(import_module(f"evenhand.agents.learning.{_LEARNING[name]}"), name)
        raise AttributeError(f"module 'evenhand.agents' has no attribute {name!r}")
