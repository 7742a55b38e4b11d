"""The report of a run: its model, one self-contained page, and what the terminal shows."""

from evenhand.experiments.report.evidence import (
    AffectedGroup,
    Comparison,
    Elsewhere,
    Expected,
    FairnessChange,
    Gap,
    Interval,
    Mean,
    OverSeeds,
    PolicyEvidence,
    Recommendation,
    RecommendedPlan,
    Reviewable,
)
from evenhand.experiments.report.granularity import Granularity
from evenhand.experiments.report.html import render_html, save_html
from evenhand.experiments.report.mitigation import Mitigated, Mitigation
from evenhand.experiments.report.mitigation_table import mitigation_table
from evenhand.experiments.report.model import Report
from evenhand.experiments.report.parts import (
    AuditedAttribute,
    AuditedGroup,
    CurvePoint,
    Learning,
    SeedCurve,
    SegmentationPart,
    SegmentPart,
    Settings,
)
from evenhand.experiments.report.sources import (
    Auc,
    Data,
    Parameter,
    QualityCheck,
    Realism,
    SimulatorPart,
    Source,
)
from evenhand.experiments.report.terminal import contest_table, policies_table, tweak_lines, verdict_line
from evenhand.experiments.report.verdict import verdict_sentence
from evenhand.experiments.report.welfare import AttributeWelfare, GroupWelfare, Levels

__all__ = [
    "AffectedGroup",
    "AttributeWelfare",
    "Auc",
    "AuditedAttribute",
    "AuditedGroup",
    "Comparison",
    "CurvePoint",
    "Data",
    "Elsewhere",
    "Expected",
    "FairnessChange",
    "Gap",
    "Granularity",
    "GroupWelfare",
    "Interval",
    "Learning",
    "Levels",
    "Mean",
    "Mitigated",
    "Mitigation",
    "OverSeeds",
    "Parameter",
    "PolicyEvidence",
    "QualityCheck",
    "Realism",
    "Recommendation",
    "RecommendedPlan",
    "Report",
    "Reviewable",
    "SeedCurve",
    "SegmentPart",
    "SegmentationPart",
    "Settings",
    "SimulatorPart",
    "Source",
    "contest_table",
    "mitigation_table",
    "policies_table",
    "render_html",
    "save_html",
    "tweak_lines",
    "verdict_line",
    "verdict_sentence",
]
