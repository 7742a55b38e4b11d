"""An experiment from its plan to its analysis: planned, registered, assigned, checked."""

from evenhand.experiments.trial.integrity import Check
from evenhand.experiments.trial.needs import Needs, needs
from evenhand.experiments.trial.plan import ExperimentPlan
from evenhand.experiments.trial.power_check import SimulatedPower, simulated_power
from evenhand.experiments.trial.register import RegisteredPlan, load_registered, register

__all__ = [
    "Check",
    "ExperimentPlan",
    "Needs",
    "RegisteredPlan",
    "SimulatedPower",
    "load_registered",
    "needs",
    "register",
    "simulated_power",
]
