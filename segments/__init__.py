"""Rules, segmentations and tweaks: what a business sends to whom, as data that explains itself."""

from evenhand.segments.arrays import mask
from evenhand.segments.canonical import canonical_json, content_hash
from evenhand.segments.catalogue import NO_CONTACT, Campaign, Catalogue, Feature
from evenhand.segments.contact import CHANNELS, WEEKDAYS, Channel, Context, Device, Hour, Taste, Weather, Weekday
from evenhand.segments.rules import EVERYONE, Condition, RuleGroup
from evenhand.segments.segmentation import Segment, Segmentation
from evenhand.segments.sql import DIALECTS, Dialect
from evenhand.segments.tweaks import (
    Applied,
    AssignCampaign,
    Hold,
    Merge,
    MoveThreshold,
    Split,
    Tweak,
    tweak_from_json,
)
from evenhand.segments.values import Operator

__all__ = [
    "CHANNELS",
    "DIALECTS",
    "EVERYONE",
    "NO_CONTACT",
    "WEEKDAYS",
    "Applied",
    "AssignCampaign",
    "Campaign",
    "Catalogue",
    "Channel",
    "Condition",
    "Context",
    "Device",
    "Dialect",
    "Feature",
    "Hold",
    "Hour",
    "Merge",
    "MoveThreshold",
    "Operator",
    "RuleGroup",
    "Segment",
    "Segmentation",
    "Split",
    "Taste",
    "Tweak",
    "Weather",
    "Weekday",
    "canonical_json",
    "content_hash",
    "mask",
    "tweak_from_json",
]
