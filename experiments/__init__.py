"""Proof and report: paired comparisons on unseen populations, and the page that shows them.

Names are loaded when they are first used: a server needs some rooms of this one, and not the report with its pictures.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evenhand.experiments.paired import (
        MeanInterval,
        PairedComparison,
        bootstrap_interval,
        compare,
        mean_interval,
    )
    from evenhand.experiments.report import Report

__all__ = ["MeanInterval", "PairedComparison", "Report", "bootstrap_interval", "compare", "mean_interval"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{'report' if name == 'Report' else 'paired'}"), name)
