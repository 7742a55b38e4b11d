"""Advice for fresh segment statistics: what a server answers within a few milliseconds, without torch or simulation.

Names are loaded when they are first used: what is asked can be read without what simulates.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evenhand.experiments.advising.advise import Advice, Advised, Adviser
    from evenhand.experiments.advising.standing import Standing, standing_of
    from evenhand.experiments.advising.statistics import CampaignCounts, SegmentCounts, Statistics

__all__ = ["Advice", "Advised", "Adviser", "CampaignCounts", "SegmentCounts", "Standing", "Statistics", "standing_of"]

PLACES = {
    "advise": ("Advice", "Advised", "Adviser"),
    "standing": ("Standing", "standing_of"),
    "statistics": ("CampaignCounts", "SegmentCounts", "Statistics"),
}


def __getattr__(name: str) -> Any:
    for place, names in PLACES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{place}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
