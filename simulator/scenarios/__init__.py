"""Scenarios: named worlds that need no data, and twists of any simulator, each documented number by number."""

from evenhand.simulator.scenarios.business import draw_customers
from evenhand.simulator.scenarios.named import Description, describe, names, scenario, twist, world
from evenhand.simulator.scenarios.proxy import with_proxy, without_proxy

__all__ = [
    "Description",
    "describe",
    "draw_customers",
    "names",
    "scenario",
    "twist",
    "with_proxy",
    "without_proxy",
    "world",
]
