"""What comes before learning: customers are read, a simulator is calibrated and judged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evenhand.cli import saying, scenes
from evenhand.cli.arriving import (
    confirmed,
    nobody_contacted,
    nothing_left,
    read_running,
    room_for_study,
    write_draft,
)
from evenhand.cli.asking import MOST_SEED, Seed, Tiny, Twist, World, examples, settings_of, study_at
from evenhand.cli.stepping import calibrated
from evenhand.errors import DataError

__all__ = ["add_to"]


def add_to(app: typer.Typer) -> None:
    """Add the commands `ingest`, `calibrate`, `realism` and `scenarios`."""
    app.command(
        short_help="Read and check a customer table.",
        epilog=examples(
            "evenhand ingest customers.csv --out study",
            "evenhand ingest customers.csv --schema schema.toml --out study",
            "evenhand ingest customers.csv --schema schema.toml --today today.json --out study",
            "evenhand ingest --scenario coffee_tea --out study",
        ),
    )(ingest)
    app.command(
        short_help="Calibrate a simulator, say how real it is.",
        epilog=examples(
            "evenhand calibrate study",
            "evenhand calibrate study --scenario no_delayed_effects",
            "evenhand calibrate demo --out simulator.json        (the simulator alone)",
        ),
    )(calibrate)
    app.command(
        short_help="Judge a simulator on customers it has not seen.",
        epilog=examples(
            "evenhand realism study/simulator.json study --out realism",
            "evenhand realism simulator.json demo --json",
            "evenhand realism simulator.json newcomers --all     (customers that the simulator never saw)",
        ),
    )(realism)
    app.command(
        short_help="List the scenarios, or say what one is.",
        epilog=examples("evenhand scenarios coffee_tea"),
    )(scenarios)


def ingest(
    out_folder: Annotated[Path, typer.Option("--out", help="Folder to make; the later steps work in it.")],
    table: Annotated[Path | None, typer.Argument(help="Customers, one row each: CSV or Parquet.")] = None,
    schema: Annotated[
        Path | None, typer.Option(help="What each column is for (TOML). Without it a draft is written for you.")
    ] = None,
    today: Annotated[
        Path | None, typer.Option(help="The segmentation that runs now (JSON). Without it: RFM segments.")
    ] = None,
    scenario: World = None,
    seed: Seed = 1,
) -> None:
    """Read a customer table, check it, and say what it holds.

    The schema names the id, the features, the protected attributes, the consent flag, the campaigns, and the files of
    a campaign log and a purchase history if there are any. Without it one is guessed and written beside the table as
    a draft, and you are asked to confirm what is protected. With --scenario and no table, customers of a world are
    simulated instead (--seed picks which).
    """
    from evenhand.customers import read_customers
    from evenhand.experiments.folder import StudyFolder
    from evenhand.experiments.steps import ingest_step

    scenes.table_or_scenario(table, scenario, schema)
    room_for_study(out_folder)
    customers = read_customers(table, schema=schema) if table else scenes.customers_of(scenario or "", seed=seed)
    running = read_running(today, customers) if today else None
    saying.say_customers(customers)
    saying.say_quality(customers)
    draft = None
    if table and schema is None:
        found = confirmed(customers.schema)
        draft = write_draft(found, table)
        customers = read_customers(table, schema=found)
    if running is None and not customers.schema.campaigns and schema is None:
        running = nobody_contacted(customers)
    with nothing_left(out_folder):
        segmentation = ingest_step(StudyFolder(out_folder), customers, today=running)
    saying.say_today(segmentation)
    if draft:
        saying.lines([f"The draft is {draft}: declare your campaigns in it, then"])
        saying.lines([f"evenhand ingest {table} --schema {draft} --out {out_folder}"], indent=4)
    elif customers.enough:
        saying.lines([f"Next: evenhand calibrate {out_folder}"])
    if not customers.enough:
        saying.lines([f"{customers.enough.why}."])


def calibrate(
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="A study's folder; with --out also a saved table, or demo.")
    ],
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Only write a simulator to this file, and leave the study as it is.")
    ] = None,
    everyone: Annotated[
        bool, typer.Option("--all", help="With --out: use everyone; else 30 % are left to judge realism on.")
    ] = False,
    seed: Seed = 1,
    scenario: Twist = "",
    tiny: Tiny = False,
) -> None:
    """Calibrate a simulator on the customers and say how real it is on held-out ones; a scenario then twists it.

    In a study the later steps go on with it. With --out the simulator alone is written: one readable file with version,
    hash and no personal data.
    """
    settings = settings_of(tiny, seed=seed)
    if out_file is not None:
        from evenhand.cli.calibrating import calibrate_to

        calibrate_to(out_file, data, seed=seed, replicates=settings.replicates, everyone=everyone, scenario=scenario)
        return
    if everyone:
        raise DataError("--all is given without --out", mend="name the file to write, or leave --all out")
    calibrated(study_at(Path(data)), settings, scenario=scenario)


def realism(
    file: Annotated[Path, typer.Argument(metavar="SIMULATOR", help="A simulator, as calibration saved it.")],
    data: Annotated[str, typer.Argument(metavar="DATA", help="A study's folder, a saved customer table, or demo.")],
    out_folder: Annotated[
        Path | None, typer.Option("--out", help="Folder for realism.json, realism.html and pictures (PNG).")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=MOST_SEED, help="Same seed, same report.")] = 0,
    everyone: Annotated[
        bool, typer.Option("--all", help="Judge on all customers, of whom the simulator has seen nobody.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every number as JSON, and nothing else.")] = False,
) -> None:
    """Simulate held-out customers forward from their first half year and compare with what they did.

    The 30 % of customers that `customers.fit` leaves out are judged on; whatever falls short of its target is said to
    fall short, and the status is 0 all the same. Takes about a minute on the packaged households.
    """
    from evenhand.cli.judging import judge

    judge(file, data, out_folder, seed=seed, everyone=everyone, as_json=as_json)


def scenarios(name: Annotated[str | None, typer.Argument(help="The scenario to say more about.")] = None) -> None:
    """List worlds that need no data and twists of any simulator, or say who and what one of them is about."""
    scenes.say_scenario(name) if name else scenes.say_scenarios()
