"""One pass over data: counts, means and centred co-moments per arm, segment and group."""

from evenhand.experiments.moments.cells import Moments
from evenhand.experiments.moments.scan import scan
from evenhand.experiments.moments.sources import Query

__all__ = ["Moments", "Query", "scan"]
