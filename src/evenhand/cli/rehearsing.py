"""`evenhand ab rehearse`: run a planned experiment many times on simulated customers before running it on real ones."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from evenhand.cli.progress import Bars
from evenhand.cli.saying import lines, out
from evenhand.errors import DataError

if TYPE_CHECKING:
    from evenhand.experiments.trial.plan import ExperimentPlan
    from evenhand.experiments.trial.register import RegisteredPlan

__all__ = ["add_to"]


def add_to(ab: typer.Typer) -> None:
    """Add the command `rehearse`."""
    ab.command(
        short_help="Rehearse a planned experiment on simulated customers.",
        epilog="\b\nExamples:\n  evenhand ab rehearse study --plan spring.toml\n"
        "  evenhand ab rehearse study --plan plan.json --populations 400 --size 20000 --json",
    )(rehearse)


def rehearse(
    study: Annotated[Path, typer.Argument(help="A study's folder with customers and a calibrated simulator.")],
    plan: Annotated[Path, typer.Option(help="The plan: TOML, or JSON once registered.")],
    arm: Annotated[
        list[str] | None,
        typer.Option(help="NAME=SEGMENTATION for an arm that is not found by its hash in the study or by the plan."),
    ] = None,
    populations: Annotated[int, typer.Option(min=2, help="How often to rehearse, each time in other customers.")] = 100,
    size: Annotated[
        int | None, typer.Option(min=1, help="Customers in each.", show_default="as many as the study has")
    ] = None,
    exploration: Annotated[float, typer.Option(help="Share of each segment that is drawn at random.")] = 0.10,
    without_aa: Annotated[bool, typer.Option("--without-aa", help="Leave the A/A tests out.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same result.")] = 0,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes side by side.", show_default="2, or 1 on one core")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print every number as JSON, and nothing else.")] = False,
) -> None:
    """Say how often an experiment would ship, stop, hold or be invalid, what it finds and how long it takes.

    Each rehearsal runs the whole trial as it would run live on simulated customers whose true effect is known: arms by
    hash, campaign plan, results, the analysis at every look, the gate. A/A tests beside them tell how often it would
    ship a challenger that changes nothing.
    """
    from evenhand.experiments.exploration import Exploration
    from evenhand.experiments.folder import StudyFolder
    from evenhand.experiments.rehearsal import find_arms
    from evenhand.experiments.rehearsal import rehearse as rehearsed

    folder, planned = StudyFolder(study), _plan(plan)
    draft = planned if not hasattr(planned, "plan") else planned.plan
    arms = find_arms(draft, folder, beside=plan.parent, named=_named(arm or []))
    totals = {"trials": populations, "A/A trials": populations}
    with Bars(out, totals) as bars:
        found = rehearsed(
            planned, arms, folder.customers(), folder.simulator(), today=folder.today(), populations=populations,
            size=size, seed=seed, aa=not without_aa, exploration=Exploration(exploration),
            workers=workers or min(2, os.cpu_count() or 1), on_progress=bars.tell,
        )  # fmt: skip
    if as_json:
        typer.echo(json.dumps(found.to_dict(), indent=1, allow_nan=False))
        return
    head, *rest = found.lines()
    lines([head], indent=0)
    lines(rest)


def _plan(file: Path) -> RegisteredPlan | ExperimentPlan:
    from evenhand.experiments.trial.plan import ExperimentPlan
    from evenhand.experiments.trial.register import load_registered

    return load_registered(file) if file.suffix == ".json" else ExperimentPlan.load(file)


def _named(given: list[str]) -> dict[str, Path]:
    named = {}
    for text in given:
        name, equals, file = text.partition("=")
        if not (name and equals and file) or name in named:
            raise DataError(f"--arm {text}", rule="NAME=SEGMENTATION, each name once", mend="such as new=learned.json")
        named[name] = Path(file)
    return named
