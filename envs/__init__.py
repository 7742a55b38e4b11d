"""The Gymnasium environments: what is seen, what can be done, what is rewarded, what is charged."""

from gymnasium.envs.registration import register, registry

from evenhand.envs.boxes import Boxes
from evenhand.envs.constraints import Cap, Constraint, Floor, Parity, RewardTerm
from evenhand.envs.env import SegmentationEnv, SegmentationVectorEnv
from evenhand.envs.grid import Cut, Grid
from evenhand.envs.period import Gauge, Period
from evenhand.envs.reviewing import REVIEWERS, Reviewer
from evenhand.envs.rewards import Charges
from evenhand.envs.setup import Setup, build_setup
from evenhand.envs.totals import Totals
from evenhand.envs.world import World

__all__ = [
    "REVIEWERS",
    "Boxes",
    "Cap",
    "Charges",
    "Constraint",
    "Cut",
    "Floor",
    "Gauge",
    "Grid",
    "Parity",
    "Period",
    "Reviewer",
    "RewardTerm",
    "SegmentationEnv",
    "SegmentationVectorEnv",
    "Setup",
    "Totals",
    "World",
    "build_setup",
]

if "Segmentation-v0" not in registry:  # the package's face registers it too, so that make("evenhand:...") finds it
    register(
        id="Segmentation-v0",
        entry_point="evenhand.envs.env:SegmentationEnv",
        vector_entry_point="evenhand.envs.env:SegmentationVectorEnv",
    )
