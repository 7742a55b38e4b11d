"""How real the simulator is: held-out customers simulated forward from their first half year, and compared with
what they did.
"""

from evenhand.simulator.realism.measure import FULL, SHORT, Budget, realism
from evenhand.simulator.realism.parts import (
    Bin,
    Cell,
    Copies,
    Coverage,
    FeatureGap,
    Moments,
    Pair,
    Trajectory,
)
from evenhand.simulator.realism.result import Realism
from evenhand.simulator.realism.targets import Target, first_lines, targets_of

__all__ = [
    "FULL",
    "SHORT",
    "Bin",
    "Budget",
    "Cell",
    "Copies",
    "Coverage",
    "FeatureGap",
    "Moments",
    "Pair",
    "Realism",
    "Target",
    "Trajectory",
    "first_lines",
    "realism",
    "targets_of",
]
