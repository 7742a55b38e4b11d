"""Advice for fresh segment statistics: what a server answers within a few milliseconds, without torch or simulation."""

from evenhand.experiments.advising.advise import Advice, Advised, Adviser
from evenhand.experiments.advising.standing import Standing, standing_of
from evenhand.experiments.advising.statistics import CampaignCounts, SegmentCounts, Statistics

__all__ = ["Advice", "Advised", "Adviser", "CampaignCounts", "SegmentCounts", "Standing", "Statistics", "standing_of"]
