"""The analysis of a trial: a registered plan and its data in, every estimate, check and the gate's evidence out."""

from evenhand.experiments.trial.analysis.effects import Effect
from evenhand.experiments.trial.analysis.from_log import LogData, data_of
from evenhand.experiments.trial.analysis.layout import Layout
from evenhand.experiments.trial.analysis.look import Look
from evenhand.experiments.trial.analysis.pipeline import analyze
from evenhand.experiments.trial.analysis.repeated import assignment_check
from evenhand.experiments.trial.analysis.result import Analysis

__all__ = ["Analysis", "Effect", "Layout", "LogData", "Look", "analyze", "assignment_check", "data_of"]
