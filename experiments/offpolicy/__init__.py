"""What another segmentation would have brought, told from a log that was drawn with known chances."""

from evenhand.experiments.offpolicy.evaluate import Answer, OffPolicyEstimate, evaluate_rounds
from evenhand.experiments.offpolicy.from_log import evaluate_segmentation, rounds_of
from evenhand.experiments.offpolicy.rounds import Rounds

__all__ = ["Answer", "OffPolicyEstimate", "Rounds", "evaluate_rounds", "evaluate_segmentation", "rounds_of"]
