"""Learning and its opponents: policies behind one two-method protocol, on the same footing."""

from evenhand.agents.baselines.greedy import Greedy, GreedyTuning
from evenhand.agents.baselines.hold import Hold
from evenhand.agents.baselines.kmeans import kmeans_boxes
from evenhand.agents.baselines.random_valid import RandomValid
from evenhand.agents.baselines.static import StaticPlan, best_campaigns
from evenhand.agents.baselines.tuning import ONE_STEP, SHADOW_PRICED, Tuned, tune_greedy
from evenhand.agents.feasible import FEASIBLE_SHARE, best_of, feasible_share, gaps_of, rank
from evenhand.agents.learning.learned import LearnedPolicy, NetSettings
from evenhand.agents.learning.train import Budget, CurvePoint, Hyperparameters, Training, train
from evenhand.agents.policy import Insider, Layout, Policy
from evenhand.agents.rollout import Outcomes, PopulationPool, no_contact_profit, roll_out

__all__ = [
    "FEASIBLE_SHARE",
    "ONE_STEP",
    "SHADOW_PRICED",
    "Budget",
    "CurvePoint",
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
    "best_campaigns",
    "best_of",
    "feasible_share",
    "gaps_of",
    "kmeans_boxes",
    "no_contact_profit",
    "rank",
    "roll_out",
    "train",
    "tune_greedy",
]
