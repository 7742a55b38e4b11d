"""A simulator on its own, outside a study: calibrated on customers, written to a file."""

from __future__ import annotations

from pathlib import Path

from evenhand.cli.judging import customers_at
from evenhand.cli.progress import Bars
from evenhand.cli.saying import lines, out, say_notices
from evenhand.errors import ArtefactError, DataError

__all__ = ["calibrate_to"]


def calibrate_to(file: Path, data: str, *, seed: int, replicates: int, everyone: bool, scenario: str) -> None:
    """Calibrate on the fitted 70 % of the customers, or on `everyone`, and write the simulator to `file`."""
    from evenhand.simulator import calibrate
    from evenhand.simulator.scenarios import twist

    _room_for(file)
    customers = customers_at(data)
    table = customers if everyone else customers.fit
    with Bars(out, {"calibrate": replicates + 1}) as bars:
        simulator = calibrate(
            table, seed=seed, replicates=replicates, progress=lambda done, _: bars.tell("calibrate", done)
        )
    if scenario:
        simulator = twist(scenario, simulator)
    simulator.save(file)
    say_notices(customers)
    out.print(repr(simulator))
    left = "nobody is left to judge it on" if everyone else f"{customers.n - table.n:,} others are left to judge it on"
    lines([f"Written: {file} · {left}"], indent=0)
    if not everyone:
        lines([f"Next: evenhand realism {file} {data}"], indent=0)


def _room_for(file: Path) -> None:
    """Raise DataError where something other than a simulator would be lost."""
    from evenhand.simulator import Simulator

    if file.is_dir():
        raise DataError(
            "is a folder", where=str(file), rule="--out names a file", mend=f"try {file / 'simulator.json'}"
        )
    if file.exists():
        try:
            Simulator.load(file)
        except ArtefactError as error:
            raise DataError(
                "is there already, and no simulator that could be replaced", where=str(file), mend="give another name"
            ) from error
    elif not file.parent.is_dir():
        raise DataError("there is no such folder", where=str(file.parent), mend="make it first")
