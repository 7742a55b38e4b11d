"""A simulator of customers, calibrated on a business's own with uncertainty, and how real it is."""

from evenhand.simulator.artefact import Simulator
from evenhand.simulator.calibration import calibrate
from evenhand.simulator.content import Attribute, Group, Parameter
from evenhand.simulator.population import Population, Simulation, stack
from evenhand.simulator.realism import FeatureGap, Realism, realism
from evenhand.simulator.types import CampaignEffects, Outcome, State, Traits, fresh_state

__all__ = [
    "Attribute",
    "CampaignEffects",
    "FeatureGap",
    "Group",
    "Outcome",
    "Parameter",
    "Population",
    "Realism",
    "Simulation",
    "Simulator",
    "State",
    "Traits",
    "calibrate",
    "fresh_state",
    "realism",
    "stack",
]
