"""Charts as SVG: pure functions from numbers and words to markup that both themes and all readers can use."""

from evenhand.server.pages.charts.calibration import Pair, calibration
from evenhand.server.pages.charts.effects import Effect, effects
from evenhand.server.pages.charts.groups import Rate, Ratio, rates, ratios
from evenhand.server.pages.charts.lines import Curve, Limit, lines
from evenhand.server.pages.charts.panels import Panel, panels
from evenhand.server.pages.charts.patterns import swatch, tone_of
from evenhand.server.pages.charts.sequential import Step, sequential
from evenhand.server.pages.charts.tiles import Tile, tiles
from evenhand.server.pages.charts.timeline import Moment, timeline
from evenhand.server.pages.charts.tree import Branch, tree

__all__ = [
    "Branch",
    "Curve",
    "Effect",
    "Limit",
    "Moment",
    "Pair",
    "Panel",
    "Rate",
    "Ratio",
    "Step",
    "Tile",
    "calibration",
    "effects",
    "lines",
    "panels",
    "rates",
    "ratios",
    "sequential",
    "swatch",
    "tiles",
    "timeline",
    "tone_of",
    "tree",
]
