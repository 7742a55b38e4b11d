"""Trials rehearsed on the calibrated simulator before they run on customers."""

from evenhand.experiments.rehearsal.arms import find_arms
from evenhand.experiments.rehearsal.found import Rehearsal
from evenhand.experiments.rehearsal.rehearse import rehearse

__all__ = ["Rehearsal", "find_arms", "rehearse"]
