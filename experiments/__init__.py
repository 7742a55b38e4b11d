"""Proof and report: paired comparisons on unseen populations, and the page that shows them."""

from evenhand.experiments.paired import (
    MeanInterval,
    PairedComparison,
    bootstrap_interval,
    compare,
    mean_interval,
)
from evenhand.experiments.report import Report

__all__ = ["MeanInterval", "PairedComparison", "Report", "bootstrap_interval", "compare", "mean_interval"]
