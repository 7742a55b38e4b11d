"""Scenarios: named worlds that need no data, and twists of any simulator, each documented number by number."""

from evenhand.simulator.scenarios.business import draw_customers
from evenhand.simulator.scenarios.named import Description, Twist, describe, known_twist, names, scenario, twist, world
from evenhand.simulator.scenarios.proxy import with_proxy, without_proxy

__all__ = [
    "Description",
    "Twist",
    "describe",
    "draw_customers",
    "known_twist",
    "names",
    "scenario",
    "twist",
    "with_proxy",
    "without_proxy",
    "world",
]
