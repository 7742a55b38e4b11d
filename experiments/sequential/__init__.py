"""When a trial may be looked at and stopped: planned looks, looks at any time, and effects after an early stop."""

from evenhand.experiments.sequential.after_stopping import Stopped, after_stopping
from evenhand.experiments.sequential.always_valid import always_valid_bound, always_valid_p_value
from evenhand.experiments.sequential.boundaries import (
    Boundaries,
    Crossing,
    crossing,
    even_looks,
    inflation,
    spending_boundaries,
)
from evenhand.experiments.sequential.looks import AlwaysValid, Monitoring, bounds, critical_value, looks_inflation
from evenhand.experiments.sequential.spending import Family, Spending

__all__ = [
    "AlwaysValid",
    "Boundaries",
    "Crossing",
    "Family",
    "Monitoring",
    "Spending",
    "Stopped",
    "after_stopping",
    "always_valid_bound",
    "always_valid_p_value",
    "bounds",
    "critical_value",
    "crossing",
    "even_looks",
    "inflation",
    "looks_inflation",
    "spending_boundaries",
]
