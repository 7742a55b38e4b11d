"""`evenhand demo`: the main job, end to end, on customers that come with the package."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli import saying, scenes
from evenhand.cli.asking import Seed, Steps, Tiny, Workers, World, examples, settings_of
from evenhand.cli.stepping import calibrated, evaluated, recommended, reported, trained
from evenhand.errors import DataError

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the command `demo`."""
    app.command(
        short_help="The main job, end to end, on packaged households.",
        epilog=examples(
            "evenhand demo",
            "evenhand demo --seed 2 --out results",
            "evenhand demo --scenario coffee_tea       (a world without any data)",
            "evenhand demo --tiny                      (about a minute, proves nothing)",
        ),
    )(demo)


def demo(
    root: Annotated[Path, typer.Option("--out", help="Folder that keeps the runs.")] = Path("runs"),
    seed: Seed = 1,
    steps: Steps = None,
    workers: Workers = None,
    scenario: World = None,
    tiny: Tiny = False,
) -> None:
    """The main job, end to end, on 2,469 packaged grocery households, or on the customers of a scenario.

    Reads them, calibrates a simulator, learns under a fairness constraint (income; of a scenario its first attribute),
    compares with every opponent and recommends tweaks. Each run has its own folder; RUNS/demo leads to the latest, with
    report.html and report.json.
    """
    from evenhand.customers import demo_customers
    from evenhand.experiments import steps as step

    settings = settings_of(tiny, seed=seed, attribute=None if scenario else "income", steps=steps)
    customers = scenes.customers_of(scenario, seed=seed) if scenario else demo_customers()
    if root.exists() and not root.is_dir():
        raise DataError("is a file", where=str(root), rule="--out names a folder", mend="give another name")
    folder = step.fresh_run(root, now=datetime.now().strftime("%Y-%m-%dT%H-%M-%S"))
    saying.say_notices(customers)
    today = step.ingest_step(folder, customers)
    saying.say_customers(customers)
    saying.say_today(today)
    calibrated(folder, settings)
    trained(folder, settings, workers)
    evaluated(folder, workers)
    recommended(folder)
    reported(folder, step.link_latest(folder, "demo"))
