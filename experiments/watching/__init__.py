"""Watching a roll-out: what came of the new version beside the old one, and whether it must stop. Pure."""

from evenhand.experiments.watching.rule import Margins, look
from evenhand.experiments.watching.seen import Alarm, Effect, Look
from evenhand.experiments.watching.units import COMING, CURRENT, settled, units_of

__all__ = ["COMING", "CURRENT", "Alarm", "Effect", "Look", "Margins", "look", "settled", "units_of"]
