"""Scenarios on the command line: which there are, a page on each, and customers drawn from one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evenhand.cli.saying import lines, out
from evenhand.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from evenhand.customers import Customers

__all__ = ["customers_of", "say_scenario", "say_scenarios", "table_or_scenario"]


def say_scenarios() -> None:
    """List all scenarios with one line each."""
    from evenhand.simulator.scenarios import describe, names

    wide = max(len(name) for name in names())
    for kind, heading in (("world", "Worlds, without any data"), ("twist", "Twists of any simulator")):
        out.print(heading)
        lines(f"{name.ljust(wide)}  {describe(name).line}" for name in names(kind))  # type: ignore[arg-type]  # both kinds
    lines(["A page on one: evenhand scenarios NAME"], indent=0)


def say_scenario(name: str) -> None:
    """Say what one scenario is."""
    from evenhand.simulator.scenarios import describe

    out.print(describe(name).page)


def customers_of(name: str, *, seed: int) -> Customers:
    """Return the customers of a world after a year of business as usual."""
    from evenhand.simulator.scenarios import draw_customers, world

    simulator = world(name)
    return draw_customers(simulator, simulator.content.customers, seed=seed)


def table_or_scenario(table: Path | None, scenario: str | None, schema: Path | None) -> None:
    """Raise DataError unless customers come from exactly one place."""
    if table is None and scenario is None:
        raise DataError("no customers are given", mend="name a table, or a world with --scenario")
    if scenario is not None and (table is not None or schema is not None):
        given = table if table is not None else schema
        raise DataError(
            f"both {given} and --scenario {scenario} are given",
            rule="a scenario brings its own customers and schema",
            mend="leave one of them out",
        )
