"""One pass over data: counts, means and centred co-moments per arm, segment and group."""

from evenhand.experiments.moments.cells import Moments
from evenhand.experiments.moments.scan import scan
from evenhand.experiments.moments.sources import Query
from evenhand.experiments.moments.totals import ROWS, totals
from evenhand.experiments.moments.values import values_by_arm

__all__ = ["ROWS", "Moments", "Query", "scan", "totals", "values_by_arm"]
