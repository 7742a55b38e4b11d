"""The report of one experiment: a self-contained page, the decision first."""

from evenhand.experiments.report.ab.page import render_ab, save_ab
from evenhand.experiments.report.ab.told import Told, told

__all__ = ["Told", "render_ab", "save_ab", "told"]
