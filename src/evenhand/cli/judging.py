"""How a simulator is judged on a customer table, and what is said of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from evenhand.cli.progress import Bars
from evenhand.cli.saying import lines, out, say_notices
from evenhand.errors import DataError

if TYPE_CHECKING:
    from evenhand.customers import Customers
    from evenhand.experiments.realism import RealismReport

__all__ = ["customers_at", "judge"]


def judge(file: Path, data: str, out_folder: Path | None, *, seed: int, everyone: bool, as_json: bool) -> None:
    """Measure, write where asked to, and say the verdict first."""
    from evenhand.experiments.realism import realism_report, room_for_realism, save_realism
    from evenhand.simulator import Simulator
    from evenhand.simulator.realism import FULL

    simulator, customers = Simulator.load(file), customers_at(data)
    if out_folder is not None:
        room_for_realism(out_folder)
    with Bars(out, FULL.work) as bars:
        report = realism_report(simulator, customers, everyone=everyone, seed=seed, tell=bars.tell)
    if out_folder is not None:
        save_realism(report, out_folder)
    if as_json:
        typer.echo(report.to_json(), nl=False)
        return
    _say(report)
    say_notices(customers)
    if out_folder is not None:
        out.print(f"Report: {out_folder / 'realism.html'}")


def _say(report: RealismReport) -> None:
    """Say the verdict, the figures behind it, and on whom it was judged."""
    lines([report.verdict, *repr(report.found).splitlines()[1:]] if report.found.enough else [report.verdict], indent=0)
    lines([report.remark], indent=0)


def customers_at(data: str) -> Customers:
    """Return the customers of a study's folder, of a saved table, or the demo's; DataError names what was expected."""
    from evenhand.customers import Customers, demo_customers

    if data == "demo":
        return demo_customers()
    path = Path(data)
    for folder in (path / "customers", path):
        if (folder / "manifest.json").is_file():
            return Customers.load(folder)
    what = "is a file" if path.is_file() else "holds no customers" if path.is_dir() else "there is no such folder"
    raise DataError(
        what,
        where=data,
        rule="DATA is a study's folder, a folder that `customers.save` wrote, or the word demo",
        mend="make a study with `evenhand ingest ... --out`",
    )
