"""Part of `report.json` on how fine a segmentation is cut, and where."""

from __future__ import annotations

from evenhand.experiments.report.base import Part
from evenhand.experiments.report.intervals import Mean

__all__ = ["Granularity"]


class Granularity(Part):
    """Segments per 1,000 customers of the least, middle and most engaged third, at the end of the episodes.

    `correlation` is Spearman's, over segments, of size with mean engagement: below 0, engaged segments are smaller.
    """

    segments: Mean
    low: Mean
    middle: Mean
    high: Mean
    correlation: Mean | None  # null where there are hardly ever three segments to rank
