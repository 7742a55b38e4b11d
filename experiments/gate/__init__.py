"""The promotion gate: nothing is promoted but by a decision that can be replayed."""

from evenhand.experiments.gate.decision import Decision, Level, Test, Verdict
from evenhand.experiments.gate.evidence import (
    EstimateRecord,
    Evidence,
    FairnessCounts,
    GroupTally,
    MetricResult,
    Origin,
)
from evenhand.experiments.gate.record import DecisionRecord, gate, load_record, replay, save_record
from evenhand.experiments.gate.rules import decide

__all__ = [
    "Decision",
    "DecisionRecord",
    "EstimateRecord",
    "Evidence",
    "FairnessCounts",
    "GroupTally",
    "Level",
    "MetricResult",
    "Origin",
    "Test",
    "Verdict",
    "decide",
    "gate",
    "load_record",
    "replay",
    "save_record",
]
